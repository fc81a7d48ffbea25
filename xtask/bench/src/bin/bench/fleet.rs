//! The program `fleet` measures one; this runs it.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::run::Run;

/// Measures and keeps.
pub(crate) fn measure(run: &Run) -> Result<()> {
    let program = std::env::current_exe()?.with_file_name("fleet");
    let mut command = Command::new(&program);
    if run.quick {
        command.arg("--quick");
    }
    let path = run.kept("fleet");
    let status = command.arg("--json").arg(path).status();
    let status = status.with_context(|| format!("cannot run {}", program.display()))?;
    ensure!(status.success(), "the fleet failed");
    Ok(())
}
