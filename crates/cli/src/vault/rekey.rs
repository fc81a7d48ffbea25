//! `tokenturn vault rekey`

use std::io::{self, Write};

use anyhow::Result;
use tokenturn_vault::KEY_VARIABLE;

use super::key::{KeyPlace, NEW_KEY_VARIABLE};
use super::open::{self, Missing};
use super::shown::tokens;
use crate::args::VaultPlace;
use crate::patience;

pub(super) async fn run(args: &VaultPlace) -> Result<()> {
    let opened = open::opened(args, Missing::Refuse).await?;
    let next = opened.key.prepare_next()?;
    let rekeyed = patience::through("encrypting to the end first", opened.vault.rekey(&next));
    let count = rekeyed.await?;
    opened.key.adopt_next()?;
    let mut out = io::stdout().lock();
    writeln!(out, "{} encrypted with the new key", tokens(count))?;
    match &opened.key {
        KeyPlace::Variable => writeln!(
            out,
            "set {KEY_VARIABLE} to what is in {NEW_KEY_VARIABLE} from now on"
        )?,
        key => writeln!(out, "it is in {key}: back it up, apart from the vault")?,
    }
    Ok(())
}
