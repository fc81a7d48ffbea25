//! `cargo xtask fresh`: what a newcomer waits for, next to another revision.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::guard::children_cpu_seconds;

/// The README's two commands. The second goes on after a failure, so that a revision with one can be
/// measured.
const COMMANDS: [&str; 2] = ["cargo run -- demo", "cargo test --workspace --no-fail-fast"];
const CI: [&str; 1] = ["bash .ci/run"];

/// What commands took together.
struct Cost {
    wall: f64,
    cpu: f64,
}

/// Runs what is committed, and then a revision if one is named, each in a clone of its own with an empty
/// cargo home: the two commands, or all of CI.
pub(crate) fn run(root: &Path, words: &[&str]) -> Result<()> {
    let (commands, revisions) = match words {
        ["--ci", revisions @ ..] => (&CI[..], revisions),
        revisions => (&COMMANDS[..], revisions),
    };
    ensure!(revisions.len() <= 1, "more than one revision");
    let ours = measure(root, "HEAD", commands)?;
    for revision in revisions {
        let theirs = measure(root, revision, commands)?;
        for (command, (ours, theirs)) in commands.iter().zip(ours.iter().zip(&theirs)) {
            print_ratio(command, ours, theirs);
        }
        print_ratio("together", &total(&ours), &total(&theirs));
    }
    Ok(())
}

fn measure(root: &Path, revision: &str, commands: &[&str]) -> Result<Vec<Cost>> {
    let folder = tempfile::tempdir()?;
    let clone = folder.path().join("tokenturn");
    for arguments in [
        &[
            "clone",
            "--quiet",
            &root.display().to_string(),
            &clone.display().to_string(),
        ][..],
        &[
            "-C",
            &clone.display().to_string(),
            "checkout",
            "--quiet",
            revision,
        ],
    ] {
        let status = Command::new("git").args(arguments).status();
        ensure!(status.context("cannot run git")?.success(), "see above");
    }
    let mut costs = Vec::new();
    for command in commands {
        println!("{revision}: {command}");
        let (began, before) = (Instant::now(), children_cpu_seconds()?);
        let status = Command::new("sh")
            .args(["-c", command])
            .current_dir(&clone)
            .env("CARGO_HOME", folder.path().join("cargo"))
            .env_remove("CARGO_TARGET_DIR")
            // Each revision has its own.
            .env_remove("RUST_TEST_THREADS")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        let cost = Cost {
            wall: began.elapsed().as_secs_f64(),
            cpu: children_cpu_seconds()? - before,
        };
        println!(
            "  {:.0} s, {:.0} s of CPU time, {status}",
            cost.wall, cost.cpu
        );
        costs.push(cost);
    }
    Ok(costs)
}

fn total(costs: &[Cost]) -> Cost {
    Cost {
        wall: costs.iter().map(|cost| cost.wall).sum(),
        cpu: costs.iter().map(|cost| cost.cpu).sum(),
    }
}

fn print_ratio(what: &str, ours: &Cost, theirs: &Cost) {
    let (wall, cpu) = (ours.wall / theirs.wall, ours.cpu / theirs.cpu);
    println!("{what}: {wall:.2} of the time, {cpu:.2} of the CPU time");
}
