//! `cargo xtask bench fleet`: speed and memory of a fleet.
//!
//! The package `tokenturn-bench` does the work: xtask does without a vault.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

pub(crate) fn fleet(root: &Path) -> Result<()> {
    for program in ["throughput", "memory"] {
        let package = [
            "run",
            "--quiet",
            "--release",
            "--locked",
            "--package=tokenturn-bench",
        ];
        let status = Command::new(env!("CARGO"))
            .args(package)
            .args(["--bin", program])
            .current_dir(root)
            .status()
            .context("cargo cannot be run")?;
        ensure!(status.success(), "{program} failed");
    }
    Ok(())
}
