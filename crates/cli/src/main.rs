//! The `tokenturn` program.

mod args;
mod check;
mod client;
mod demo;
mod input;
mod login;
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

use args::Command;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match args::Arguments::parse().command {
        Command::Demo => finish(demo::run().await),
        Command::Sandbox { port, fault } => finish(serve::run(port, fault).await),
        Command::Login { target } => login::run(target).await,
        Command::Rotate { target } => rotate::rotate(target).await,
        Command::Refresh { target } => refresh::run(target).await,
        Command::Recover { target } => rotate::recover(target).await,
        Command::Check { target } => check::run(target).await,
        Command::Scope { target } => scope::run(target).await,
        Command::Revoke { target } => revoke::run(target).await,
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
