//! `tokenturn vault copy`

use std::io::{self, Write};

use anyhow::{Context, Result};
use serde_json::json;
use tokenturn_vault::Copied;

use super::init;
use super::open::{self, Access, open};
use super::shown::tokens;
use crate::args::{CopyTo, VaultPlace};
use crate::exit::Exit;
use crate::output::output;
use crate::progress::{Counter, watch};

pub(super) async fn run(args: &VaultPlace, to: &CopyTo, json: bool) -> Result<()> {
    let vault = open(args, Access::Read).await?;
    let to_place = to.place();
    let opened = match to.init && init::is_missing(&to_place).await? {
        true => init::make_and_tell(&to_place).await,
        false => open::opened(&to_place, Access::Write).await,
    };
    let target = opened.context(
        "the vault to copy to (--init makes one; a URL with a password stands in a file for \
         --to-vault-file)",
    )?;
    let copied = vault.copy_to(&target.vault);
    let copied = watch("copying", &Counter::default(), None, copied).await?;
    let (mut out, place, key) = (output(), &target.place, &target.key);
    if json {
        let line = json!({
            "tokens": copied.rows,
            "to": place.to_string(),
            "key": key.to_string(),
            "rotating": copied.rotating,
            "damaged": copied.damaged,
        });
        writeln!(out, "{line}")?;
        return damage(&copied);
    }
    writeln!(out, "{} copied to {place}", tokens(copied.rows))?;
    writeln!(
        out,
        "the key of that vault is in {key}: back it up, apart from the vault"
    )?;
    being_replaced(&mut out, &copied)?;
    writeln!(
        out,
        "use one of the two from now on: a token that is replaced in one is dead in the other"
    )?;
    damage(&copied)
}

/// Says what the copy may not have.
pub(super) fn being_replaced(out: &mut impl Write, copied: &Copied) -> io::Result<()> {
    match copied.rotating {
        0 => Ok(()),
        count => writeln!(
            out,
            "{} being replaced just now: in the copy what comes of that is in doubt, and the new token is \
             lost; copy again when nobody replaces tokens",
            tokens(count)
        ),
    }
}

/// Names what could not be copied.
fn damage(copied: &Copied) -> Result<()> {
    for id in &copied.damaged {
        // Not `eprintln!`, which panics when nobody reads it.
        let _ = writeln!(
            io::stderr(),
            "damaged: {id:?} cannot be read, and was not copied"
        );
    }
    match copied.damaged.len() as u64 {
        0 => Ok(()),
        count => Err(Exit::Damaged.because(format!(
            "{} of the vault cannot be read: changed by something else, or of another vault. The others \
             are copied",
            tokens(count)
        ))),
    }
}
