//! What it costs to ask for a token that lives.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::fleet;
use crate::peers::octokit;
use crate::run::Run;

/// How often octokit is asked.
const CALLS: &str = "100000";

/// Prints it for a vault, and for octokit, which has its one token in memory and saves none.
pub(crate) fn measure(run: &Run) -> Result<()> {
    let status = fleet::program(run).arg("--token").status();
    let status = status.context("cannot run cargo")?;
    ensure!(status.success(), "the measurement failed");
    let Some(words) = octokit(run, "token.js")? else {
        return Ok(());
    };
    let [node, script] = &words[..] else {
        return Ok(());
    };
    let output = Command::new(node).args([script, CALLS]).output();
    let output = output.context("cannot run Node")?;
    ensure!(output.status.success(), "octokit failed");
    let micros: f64 = String::from_utf8_lossy(&output.stdout).trim().parse()?;
    println!("\n@octokit/auth-oauth-user, from memory: {micros:.3} µs");
    Ok(())
}
