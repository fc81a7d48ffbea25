//! `tokenturn vault get`

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, Result, ensure};
use tokenturn_vault::State;

use super::open::{Access, open};
use super::shown::no_token;
use crate::args::VaultPlace;
use crate::exit::Exit;
use crate::token_file;

pub(super) async fn run(place: &VaultPlace, id: &str, json: bool, to_terminal: bool) -> Result<()> {
    may_show(to_terminal)?;
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
    let tokens = &entry.tokens;
    let token = tokens.token.as_ref().with_context(|| not_known(id))?;
    let line = match json {
        true => token_file::line(token, tokens)?,
        false => token_file::word(token),
    };
    print(&line)
}

/// Refuses to show a token where it can be seen, unless that is asked for.
pub(crate) fn may_show(to_terminal: bool) -> Result<()> {
    ensure!(
        to_terminal || !io::stdout().is_terminal(),
        "this would show the token; send it to a program or a file, or add --to-terminal"
    );
    Ok(())
}

/// Prints a token, which nobody has without a reader.
pub(crate) fn print(line: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(line).and_then(|()| out.flush());
    written.context("cannot write to standard output")
}

/// What is said of a row without a token.
pub(crate) fn not_known(id: &str) -> String {
    format!("the admin token of {id:?} is not known yet; tokenturn rotate --all issues one")
}
