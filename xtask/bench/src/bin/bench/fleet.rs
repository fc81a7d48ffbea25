//! The program `fleet` measures one; this runs it.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::peers::target;
use crate::run::Run;

/// The program `fleet`, which is built when it is run.
pub(crate) fn program(run: &Run) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["run", "--quiet", "--release", "--locked"])
        .args(["--package=tokenturn-bench", "--bin=fleet", "--"])
        .current_dir(run.root())
        // Where the peers were built with the same profile, much of it is built already.
        .env("CARGO_TARGET_DIR", target(run))
        .env("CARGO_PROFILE_RELEASE_STRIP", "true");
    command
}

/// Measures and keeps.
pub(crate) fn measure(run: &Run) -> Result<()> {
    let mut command = program(run);
    command.arg("--json").arg(run.kept("fleet"));
    if run.quick {
        command.arg("--quick");
    }
    eprintln!("building the fleet");
    let status = command.status().context("cannot run cargo")?;
    ensure!(status.success(), "the fleet failed");
    Ok(())
}
