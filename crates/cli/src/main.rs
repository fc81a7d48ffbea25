//! The `tokenturn` program.

mod args;
mod check;
mod client;
mod demo;
mod fleet;
mod input;
mod login;
mod meanwhile;
mod patience;
mod refresh;
mod report;
mod rescue;
mod revoke;
mod rotate;
mod scope;
mod serve;
mod token_file;
mod vault;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;
use tokio::runtime;

use args::Command;

fn main() -> ExitCode {
    let command = args::Arguments::parse().command;
    let runtime = match &command {
        // Many calls at a time, and with --sandbox the provider besides.
        Command::Rotate { target: None, .. }
        | Command::Recover { target: None, .. }
        | Command::Check { target: None, .. }
        | Command::Deliver(_) => runtime::Builder::new_multi_thread().enable_all().build(),
        _ => runtime::Builder::new_current_thread().enable_all().build(),
    };
    match runtime {
        Ok(runtime) => runtime.block_on(run(command)),
        Err(error) => finish(Err(error.into())),
    }
}

async fn run(command: Command) -> ExitCode {
    match command {
        Command::Demo => finish(demo::run().await),
        Command::Sandbox { port, fault } => finish(serve::run(port, fault).await),
        Command::Login { target } => login::run(target).await,
        Command::Rotate { all, target } => match target {
            Some(target) => rotate::rotate(target).await,
            None => fleet::rotate(&all).await,
        },
        Command::Refresh { target } => refresh::run(target).await,
        Command::Recover { all, target } => match target {
            Some(target) => rotate::recover(target).await,
            None => fleet::recover(&all).await,
        },
        Command::Check { all, target } => match target {
            Some(target) => check::run(target).await,
            None => fleet::check(&all).await,
        },
        Command::Scope { target } => scope::run(target).await,
        Command::Revoke { target } => revoke::run(target).await,
        Command::Deliver(args) => fleet::deliver(&args).await,
        Command::Vault { target } => vault::run(target).await,
        Command::History(args) => vault::history(args).await,
    }
}

fn finish(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    // Whoever read the output has seen enough of it, as `head` does.
    if error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    {
        return ExitCode::SUCCESS;
    }
    let _ = writeln!(io::stderr(), "error: {error:#}");
    ExitCode::FAILURE
}
