//! `tokenturn vault get`

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, Result, bail};
use tokenturn_vault::State;

use super::open::{Access, open};
use super::shown::no_token;
use crate::args::VaultPlace;
use crate::exit::Exit;
use crate::token_file;

pub(super) async fn run(place: &VaultPlace, id: &str, json: bool, to_terminal: bool) -> Result<()> {
    if io::stdout().is_terminal() && !to_terminal {
        bail!("this would show the token; send it to a program or a file, or add --to-terminal");
    }
    let vault = open(place, Access::Read).await?;
    let entry = vault.get(id).await?.ok_or_else(|| no_token(id))?;
    let state = entry.state();
    match state {
        State::Lost | State::Revoked => {
            let why = format!(
                "the token {id:?} is {state}: its user has to authorize the app again, unless \
                 tokenturn check --all finds that it lives"
            );
            return Err(Exit::Dead.because(why));
        }
        State::Rotating | State::Unknown => {
            let note = format!(
                "note: the token {id:?} is {state}: it is being replaced, or may have been; \
                 tokenturn recover finds out"
            );
            // Not `eprintln!`, which panics when nobody reads it.
            let _ = writeln!(io::stderr(), "{note}");
        }
        _ => {}
    }
    let token = entry.tokens.token.as_ref();
    let token = token.with_context(|| {
        format!("the admin token of {id:?} is not known yet; tokenturn rotate --all issues one")
    })?;
    let mut out = io::stdout().lock();
    // Without a reader nobody has the token.
    let written = match json {
        true => out.write_all(&token_file::line(token, &entry.tokens)?),
        false => writeln!(out, "{}", token.expose()),
    };
    let written = written.and_then(|()| out.flush());
    written.context("cannot write to standard output")
}
