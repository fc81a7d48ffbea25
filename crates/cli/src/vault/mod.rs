//! `tokenturn vault` and `tokenturn history`

mod damage;
mod export;
mod get;
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
mod status;
mod table;
mod verify;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::{Error, Result};

use crate::args::{History, VaultTarget};
use crate::exit::Exit;

pub(crate) use open::{Access, open_with};
pub(crate) use place::file;
pub(crate) use rows::line;
pub(crate) use table::visible;

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
            init,
        } => import::run(&file, format, &place, defaults, replace, init).await,
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
        VaultTarget::Get {
            id,
            json,
            to_terminal,
            place,
        } => get::run(&place, &id, json, to_terminal).await,
        VaultTarget::Status { json, place } => status::run(&place, json).await,
        VaultTarget::Verify { json, place } => verify::run(&place, json).await,
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
    ExitCode::from(Exit::of(error).code())
}
