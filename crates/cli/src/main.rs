//! The `tokenturn` program.

mod args;
mod demo;
mod input;
mod out;
mod patience;
mod report;
mod rotate;
mod serve;

use std::process::ExitCode;

use clap::Parser;

use args::{Command, Target};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match args::Arguments::parse().command {
        Command::Demo => finish(demo::run().await),
        Command::Sandbox { port } => finish(serve::run(port).await),
        Command::Rotate { target } => match target {
            Target::Github(github) => rotate::github(github).await,
            Target::Ohmygpt(ohmygpt) => rotate::ohmygpt(ohmygpt).await,
        },
        Command::Check { target } => {
            let args::CheckTarget::Github(github) = target;
            rotate::check(github).await
        }
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
