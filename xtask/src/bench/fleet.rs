//! `cargo xtask bench fleet`: speed and memory of a fleet, and where the time goes.
//!
//! The package `tokenturn-bench` does the work: xtask does without a vault.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

pub(crate) fn fleet(root: &Path, options: &[&str]) -> Result<()> {
    let package = [
        "run",
        "--quiet",
        "--release",
        "--locked",
        "--package=tokenturn-bench",
        "--bin=fleet",
        "--",
    ];
    let status = Command::new(env!("CARGO"))
        .args(package)
        .args(options)
        .current_dir(root)
        .status()
        .context("cargo cannot be run")?;
    ensure!(status.success(), "the measurement failed");
    Ok(())
}
