//! The `tokenturn` program.

mod args;
mod client;
mod demo;
mod input;
mod patience;
mod report;
mod rescue;
mod rotate;
mod serve;

use std::process::ExitCode;

use clap::Parser;

use args::Command;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match args::Arguments::parse().command {
        Command::Demo => finish(demo::run().await),
        Command::Sandbox { port, fault } => finish(serve::run(port, fault).await),
        Command::Rotate { target } => rotate::rotate(target).await,
        Command::Recover { target } => rotate::recover(target).await,
        Command::Check { target } => rotate::check(target).await,
    }
}

fn finish(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
