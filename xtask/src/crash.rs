//! `cargo xtask crash`: what is in a vault when its users were killed.
//!
//! The package `tokenturn-tests` does the work: it takes long to build, and no other verb needs it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

const PACKAGE: [&str; 4] = [
    "--quiet",
    "--release",
    "--locked",
    "--package=tokenturn-tests",
];

/// Builds the harness and the process that it kills, and runs it with these options.
pub(crate) fn run(root: &Path, options: &[&str]) -> Result<()> {
    cargo(
        root,
        &[&["build"], &PACKAGE[..], &["--bin=worker"]].concat(),
    )
    .context("the worker cannot be built")?;
    let harness = [&["run"], &PACKAGE[..], &["--bin=crash", "--"], options].concat();
    cargo(root, &harness).context("the proof does not hold")
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root)
        .status();
    ensure!(status.context("cannot run cargo")?.success(), "see above");
    Ok(())
}
