//! Programs of others, at pinned versions.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// A subcommand of cargo's, which is installed below `target/` unless it is there.
pub(crate) fn subcommand(root: &Path, name: &str, version: &str) -> Result<Command> {
    let folder = root.join("target/tools");
    let status = Command::new(env!("CARGO"))
        .args(["install", &format!("cargo-{name}@{version}"), "--locked"])
        // It runs for seconds, and would take minutes to optimize.
        .args(["--debug", "--no-default-features", "--quiet", "--root"])
        .arg(&folder)
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "cannot install cargo-{name} {version}");
    let mut command = Command::new(folder.join(format!("bin/cargo-{name}")));
    command
        .arg(name)
        .current_dir(root)
        .env("CARGO", env!("CARGO"));
    Ok(command)
}

/// Whether it ends well.
pub(crate) fn succeed(mut command: Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
