//! The fault matrix and the answers that lie, with their results.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Runs `tests/faults`, which prints what it does.
pub(crate) fn run(root: &Path) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args([
            "test",
            "--quiet",
            // All packages, so that nothing is built with other features than for all tests.
            "--workspace",
            "--test=faults",
        ])
        .args(["--", "--nocapture"])
        .current_dir(root)
        .status()
        .context("cannot run cargo")?;
    ensure!(
        status.success(),
        "a fault has another outcome than in tests/faults/matrix.txt, or a lie than in lies.txt"
    );
    Ok(())
}
