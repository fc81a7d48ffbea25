//! `cargo xtask skipped`: tests that the last `cargo test --workspace` skipped, in earnest.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Runs each of them again, where a skip is a failure.
pub(crate) fn run(root: &Path) -> Result<()> {
    let program = std::env::current_exe()?;
    // It is `target/debug/xtask`.
    let target = program.ancestors().nth(2).context("it is not in target/")?;
    let noted = fs::read_to_string(target.join("skipped/last"))
        .context("there is no whole run yet: `cargo test --workspace` first")?;
    let mut programs = BTreeMap::new();
    for line in noted.lines() {
        let mut fields = line.split('\t');
        let (Some(program), Some(test)) = (fields.next(), fields.next()) else {
            continue;
        };
        programs.entry(program).or_insert_with(Vec::new).push(test);
    }
    for (program, tests) in &programs {
        println!("{program}: {} tests", tests.len());
        let status = Command::new(env!("CARGO"))
            // All packages, so that nothing is built with other features.
            .args(["test", "--workspace", "--locked", "--test", program, "--"])
            .arg("--exact")
            .args(tests)
            .env("TOKENTURN_CI", "1")
            .current_dir(root)
            .status()
            .context("cannot run cargo")?;
        ensure!(
            status.success(),
            "skipped before, and failed now: see above"
        );
    }
    Ok(())
}
