//! What each library costs to build, and what a minimal program with it weighs.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::peers::{RUST, build, package, program, target, title, workspace};
use crate::run::Run;
use crate::table::{ratio, table};

/// What the process calls itself with, to count the CPU time of one build and of no other.
pub(crate) const ONE: &str = "build-one";

/// Whose release builds alone would take as long as the rest of a whole run.
const HEAVY: [&str; 2] = ["octorust", "openapi-github"];

/// What was measured; kept as `build`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// CPU seconds of a debug build from nothing.
    pub(crate) debug: f64,
    pub(crate) release: Option<Release>,
    /// Crates in the lock file, for all platforms.
    crates: usize,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Release {
    /// CPU seconds of a release build from nothing.
    pub(crate) seconds: f64,
    /// Bytes of the stripped release program.
    size: u64,
}

impl Row {
    pub(crate) fn release_seconds(&self) -> Option<f64> {
        self.release.as_ref().map(|release| release.seconds)
    }

    fn mib(&self) -> Option<f64> {
        let release = self.release.as_ref()?;
        Some(release.size as f64 / 1024.0 / 1024.0)
    }
}

/// Builds every program from nothing, two at a time, prints, and keeps. Without the `heavy` releases,
/// what was measured of them last is kept.
pub(crate) fn measure(run: &Run, heavy: bool) -> Result<()> {
    fetch(run)?;
    let mut last: Vec<Row> = run.read("build").unwrap_or_default();
    let next = AtomicUsize::new(0);
    let rows = Mutex::new(Vec::new());
    let worker = || -> Result<()> {
        // The largest first, so that both end at about the same time.
        while let Some(name) = RUST.iter().rev().nth(next.fetch_add(1, Relaxed)) {
            let row = row(run, name, heavy || !HEAVY.contains(name))?;
            rows.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(row);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        workers
            .into_iter()
            .try_for_each(|worker| match worker.join() {
                Ok(result) => result,
                Err(_) => bail!("a worker panicked"),
            })
    })?;
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.sort_by_key(|row| RUST.iter().position(|name| *name == row.name));
    for row in &mut rows {
        let same = last.iter_mut().find(|last| last.name == row.name);
        row.release = row
            .release
            .take()
            .or(same.and_then(|last| last.release.take()));
    }
    run.keep("build", &rows)?;
    print!("{}", costs_table(&rows));
    Ok(())
}

fn row(run: &Run, name: &str, with_release: bool) -> Result<Row> {
    let folder = target(run, name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let debug = apart(run, name, "dev")?;
    eprintln!("{name}: a debug build took {debug:.0} CPU s");
    let release = match with_release {
        true => {
            let seconds = apart(run, name, "release")?;
            eprintln!("{name}: a release build took {seconds:.0} CPU s");
            let size = fs::metadata(program(run, name)?)?.len();
            Some(Release { seconds, size })
        }
        false => None,
    };
    Ok(Row {
        name: name.to_owned(),
        debug,
        release,
        crates: crates(run, name)?,
    })
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
    let debug = |name: &str| find(name).map(|row| row.debug);
    let bare = find("bare").and_then(Row::release_seconds);
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".into());
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                title(&row.name).to_owned(),
                ratio(debug("bare").map(|bare| row.debug / bare)),
                ratio(
                    row.release_seconds()
                        .zip(bare)
                        .map(|(own, bare)| own / bare),
                ),
                ratio(debug("octocrab").map(|octocrab| row.debug / octocrab)),
                format!("{:.0}", row.debug),
                or_none(row.release_seconds().map(|own| format!("{own:.0}"))),
                row.crates.to_string(),
                or_none(row.mib().map(|mib| format!("{mib:.1}"))),
            ]
        })
        .collect();
    table(&head, &rows)
}

/// One build in a process of its own, whose children are that build's.
fn apart(run: &Run, name: &str, profile: &str) -> Result<f64> {
    let output = Command::new(std::env::current_exe()?)
        .args([ONE, name, profile])
        .current_dir(run.root())
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "{name} cannot be built");
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
}

/// Builds once, and prints the CPU seconds.
pub(crate) fn one(what: &[&str]) -> Result<()> {
    let [name, profile] = what else {
        bail!("give a program and a profile");
    };
    build(
        &Run::full(),
        name,
        &["--jobs=1", "--offline", "--profile", profile],
    )?;
    println!("{}", children_cpu_seconds()?);
    Ok(())
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

/// The CPU time of all children that have ended, from `/proc`.
fn children_cpu_seconds() -> Result<f64> {
    /// The unit of `/proc` on Linux.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").context("CPU time is read on Linux only")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after_name
        .split_whitespace()
        // cutime and cstime are the fields 16 and 17, and the name was field 2.
        .skip(13)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Ok(ticks as f64 / TICKS_PER_SECOND)
}
