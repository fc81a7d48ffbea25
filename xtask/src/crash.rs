//! `cargo xtask crash`: what is in a vault when its users were killed.
//!
//! The package `tokenturn-tests` does the work: it takes long to build, and no other verb needs it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

const QUICK: [&str; 3] = ["--quiet", "--release", "--locked"];

/// Builds the program and the harness that kills it, and runs that with these options.
pub(crate) fn run(root: &Path, options: &[&str]) -> Result<()> {
    let program = ["--package=tokenturn-cli", "--bin=tokenturn"];
    cargo(root, &[&["build"], &QUICK[..], &program].concat())
        .context("the program cannot be built")?;
    let harness = ["--package=tokenturn-tests", "--bin=crash", "--"];
    cargo(root, &[&["run"], &QUICK[..], &harness, options].concat())
        .context("the proof does not hold")
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root)
        .status();
    ensure!(status.context("cannot run cargo")?.success(), "see above");
    Ok(())
}
