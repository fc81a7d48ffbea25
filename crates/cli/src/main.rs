//! The `tokenturn` program.

mod args;
mod check;
mod client;
mod config;
mod demo;
mod exit;
mod fleet;
mod git_credential;
mod input;
mod log;
mod login;
mod manual;
mod meanwhile;
mod output;
mod patience;
mod progress;
mod refresh;
mod report;
mod rescue;
mod revoke;
mod rotate;
mod scope;
mod serve;
mod token;
mod token_file;
mod vault;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use tokio::runtime;

use args::{Arguments, Command, VaultTarget};
use exit::Exit;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    // Also for words that are no arguments of ours.
    let json = words.iter().any(|word| word == "--json");
    let ended = begin(&words).unwrap_or_else(|error| exit::failed(&error, json));
    ended.into()
}

fn begin(words: &[OsString]) -> Result<Exit> {
    let arguments = config::arguments(words)?;
    log::start(arguments.verbose)?;
    let runtime = match &arguments.command {
        // Many calls at a time, and with --sandbox the provider besides.
        Command::Rotate { target: None, .. }
        | Command::Refresh { target: None, .. }
        | Command::Recover { target: None, .. }
        | Command::Check { target: None, .. }
        | Command::Revoke { target: None, .. }
        | Command::Deliver(_)
        | Command::Vault {
            target: VaultTarget::Keep(_),
        } => runtime::Builder::new_multi_thread().enable_all().build(),
        _ => runtime::Builder::new_current_thread().enable_all().build(),
    };
    runtime?.block_on(run(arguments))
}

async fn run(arguments: Arguments) -> Result<Exit> {
    let json = arguments.json;
    let done = match arguments.command {
        Command::Demo => demo::run(json).await,
        Command::Sandbox(options) => serve::run(&options, json).await,
        Command::Login { target } => return Ok(login::run(target).await),
        Command::Rotate { all, target } => {
            return match target {
                Some(target) => Ok(rotate::rotate(target).await),
                None => fleet::rotate(&all).await,
            };
        }
        Command::Refresh { all, target } => {
            return match target {
                Some(target) => Ok(refresh::run(target).await),
                None => fleet::refresh(&all).await,
            };
        }
        Command::Recover { all, target } => {
            return match target {
                Some(target) => Ok(rotate::recover(target).await),
                None => fleet::recover(&all).await,
            };
        }
        Command::Check { all, target } => {
            return match target {
                Some(target) => Ok(check::run(target).await),
                None => fleet::check(&all).await,
            };
        }
        Command::Scope { target } => return Ok(scope::run(target).await),
        Command::Revoke { all, target } => {
            return match target {
                Some(target) => Ok(revoke::run(target).await),
                None => fleet::revoke(&all).await,
            };
        }
        Command::Deliver(args) => return fleet::deliver(&args).await,
        Command::Token(args) => token::run(&args, json).await,
        Command::Vault { target } => vault::run(target, json).await,
        Command::GitCredential(args) => return Ok(git_credential::run(&args).await),
        Command::History(args) => vault::history(&args, json).await,
        Command::Config => config::run(arguments.config.as_deref(), json),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { folder } => manual::man(folder.as_deref()),
    };
    done.map(|()| Exit::Done)
}
