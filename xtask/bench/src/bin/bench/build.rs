//! What each library costs to build, and what a minimal program with it weighs.

use std::collections::BTreeSet;
use std::fs;
use std::panic::resume_unwind;
use std::process::Command;
use std::thread;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::peers::{RUST, build, package, path, target, title, workspace};
use crate::run::Run;
use crate::table::{ratio, table};

/// They alone would take as long as the rest of a whole run.
const HEAVY: [&str; 2] = ["octorust", "openapi-github"];

/// What was measured; kept as `build`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// CPU seconds of a debug build from nothing.
    pub(crate) debug: f64,
    /// CPU seconds of a release build from nothing.
    pub(crate) release: f64,
    /// Crates in the lock file, for all platforms.
    crates: usize,
    /// Bytes of the stripped release program.
    size: u64,
}

/// Builds the programs from nothing, prints, and keeps. Without the `heavy` ones, what was measured of
/// them last is kept.
pub(crate) fn measure(run: &Run, heavy: bool) -> Result<()> {
    fetch(run)?;
    let folder = target(run);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let is_left_out = |name: &str| !heavy && HEAVY.contains(&name);
    let names = RUST.into_iter().filter(|name| !is_left_out(name));
    let names: Vec<&str> = names.collect();
    // A build often waits for one crate: the other one then has the core.
    let (debug, release) = thread::scope(|scope| {
        let debug = scope.spawn(|| build(run, "dev", &names));
        let release = build(run, "release", &names);
        (debug.join(), release)
    });
    let debug = debug.unwrap_or_else(|panic| resume_unwind(panic));
    let (debug, release) = (debug?, release?);
    let mut rows = Vec::new();
    for ((name, debug), release) in names.into_iter().zip(debug).zip(release) {
        rows.push(Row {
            name: name.to_owned(),
            debug,
            release,
            crates: crates(run, name)?,
            size: fs::metadata(path(run, name))?.len(),
        });
    }
    let last: Vec<Row> = run.read("build").unwrap_or_default();
    rows.extend(last.into_iter().filter(|row| is_left_out(&row.name)));
    run.keep("build", &rows)?;
    print!("{}", costs_table(&rows));
    Ok(())
}

pub(crate) fn costs_table(rows: &[Row]) -> String {
    let head = [
        "a program with one reset",
        "debug / bare",
        "release / bare",
        "debug / octocrab",
        "CPU s, debug",
        "CPU s, release",
        "crates",
        "MiB",
    ];
    let find = |name: &str| rows.iter().find(|row| row.name == name);
    let (bare, octocrab) = (find("bare"), find("octocrab"));
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                title(&row.name).to_owned(),
                ratio(bare.map(|bare| row.debug / bare.debug)),
                ratio(bare.map(|bare| row.release / bare.release)),
                ratio(octocrab.map(|octocrab| row.debug / octocrab.debug)),
                format!("{:.0}", row.debug),
                format!("{:.0}", row.release),
                row.crates.to_string(),
                format!("{:.1}", row.size as f64 / 1024.0 / 1024.0),
            ]
        })
        .collect();
    let missing = HEAVY.into_iter().filter(|name| find(name).is_none());
    let missing = missing.map(|name| {
        let name = title(name);
        format!("\n{name} was not measured here: `cargo xtask bench build` does it.\n")
    });
    table(&head, &cells) + &missing.collect::<String>()
}

/// Downloads everything, which is not measured.
fn fetch(run: &Run) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(["fetch", "--quiet", "--locked"])
        .current_dir(workspace(run))
        .status()?;
    ensure!(status.success(), "the crates cannot be fetched");
    Ok(())
}

/// The packages that a lock file of this program alone has, but for its own two.
fn crates(run: &Run, name: &str) -> Result<usize> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "--target=all",
            "--prefix=none",
        ])
        .args(["--edges=normal,build", "--no-dedupe", "--format={p}"])
        .args(["--package", &package(name)])
        .current_dir(workspace(run))
        .output()?;
    ensure!(output.status.success(), "cargo tree failed");
    let text = String::from_utf8_lossy(&output.stdout);
    let packages: BTreeSet<&str> = text.lines().collect();
    Ok(packages.len().saturating_sub(2))
}
