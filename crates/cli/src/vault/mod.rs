//! `tokenturn vault` and `tokenturn history`

mod export;
mod history;
mod import;
mod init;
mod key;
mod list;
mod open;
mod place;
mod rekey;
mod remove;
mod rows;
mod show;
mod shown;
mod table;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::{Error, Result};
use tokenturn_vault::StoreError;

use crate::args::{History, VaultTarget};

pub(crate) use open::{Missing, open_with};
pub(crate) use place::file;
pub(crate) use rows::line;
pub(crate) use table::visible;

/// Bad input, and nothing has changed.
const BAD_INPUT: u8 = 2;
/// The vault is not there just now; again later.
const UNAVAILABLE: u8 = 4;

/// `tokenturn vault`
pub(crate) async fn run(target: VaultTarget) -> ExitCode {
    finish(match target {
        VaultTarget::Init { place } => init::run(&place).await,
        VaultTarget::Import {
            file,
            format,
            place,
            defaults,
            replace,
        } => import::run(&file, format, &place, defaults, replace).await,
        VaultTarget::Export {
            file,
            format,
            place,
            filters,
        } => export::run(&file, format, &place, &filters).await,
        VaultTarget::List {
            json,
            place,
            filters,
        } => list::run(&place, &filters, json).await,
        VaultTarget::Show { id, json, place } => show::run(&place, &id, json).await,
        VaultTarget::Rekey { place } => rekey::run(&place).await,
        VaultTarget::Remove { id, place } => remove::run(&place, &id).await,
    })
}

/// `tokenturn history`
pub(crate) async fn history(args: History) -> ExitCode {
    finish(history::run(&args).await)
}

fn finish(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// Says what is wrong.
pub(crate) fn failed(error: &Error) -> ExitCode {
    // Whoever read the output has seen enough of it, as `head` does.
    let io = error.downcast_ref::<io::Error>();
    if io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    let _ = writeln!(io::stderr(), "error: {error:#}");
    let store = error.downcast_ref::<StoreError>();
    ExitCode::from(match store.is_some_and(StoreError::is_unavailable) {
        true => UNAVAILABLE,
        false => BAD_INPUT,
    })
}
