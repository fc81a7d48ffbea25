//! `tokenturn git-credential`: a credential helper of git's (gitcredentials(7), git-credential(1)).
//!
//! git looks at what is on standard output, shows its user what is on standard error, and does not look at
//! the exit code.

mod erase;
mod get;
mod host;
mod request;
mod row;
mod store;
mod trouble;

use std::io::{self, IsTerminal};

use anyhow::{Result, bail};

use crate::args::GitCredential;
use crate::exit::{self, Exit};
use request::Request;

/// `tokenturn git-credential`
pub(crate) async fn run(args: &GitCredential) -> Exit {
    match operation(args).await {
        Ok(()) => Exit::Done,
        // Never as JSON, which git would read.
        Err(error) => exit::failed(&error, false),
    }
}

async fn operation(args: &GitCredential) -> Result<()> {
    match args.operation.as_str() {
        "get" => {
            if io::stdout().is_terminal() {
                bail!(
                    "this would show the token: it is for git; `tokenturn vault get` is for people"
                );
            }
            get::run(args, &read()?).await
        }
        "store" => store::run(args, &read()?).await,
        "erase" => erase::run(args, &read()?).await,
        // git may have others one day, which a helper is to ignore.
        _ => Ok(()),
    }
}

/// What git says. It comes before anything else that may be read from standard input.
fn read() -> Result<Request> {
    request::read(io::stdin().lock())
}
