//! What programs cost to build, next to each other.
//!
//! All are built into one folder, so that what they share is compiled once and counts the same for
//! each: ratios are steadier than those of builds that are made apart, and sooner there.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};

use super::instructions::PEERS;

/// Where a compiler that is watched writes what it took.
pub(crate) const LOG: &str = "TOKENTURN_COMPILER_LOG";

/// What else the machine does adds to one of the two more than to the other: so often it is tried.
const ROUNDS: usize = 3;

/// The CPU time of a release build of tokenturn over that of a bare one: the least of some rounds, or
/// the first that is low `enough`.
pub(super) fn ratio(root: &Path, folder: &Path, enough: f64) -> Result<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..ROUNDS {
        // Empty, so that a build is one from nothing.
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        let packages = ["bare-caller", "tokenturn-caller"];
        let costs = costs(root, folder, "release", &packages)?;
        least = least.min(costs[1] / costs[0]);
        if least <= enough {
            break;
        }
    }
    Ok(least)
}

/// The CPU seconds of a build of each package of the peers from nothing, in an empty folder.
///
/// What scripts take is not known one by one: those of the first package count for all, and those that
/// a later one adds count for it alone.
pub(crate) fn costs(
    root: &Path,
    folder: &Path,
    profile: &str,
    packages: &[&str],
) -> Result<Vec<f64>> {
    let (mut compiled, mut scripts): (Vec<(String, f64)>, f64) = (Vec::new(), 0.0);
    let mut costs = Vec::new();
    for package in packages {
        let build = build(root, folder, profile, package)?;
        let before = compiled.iter();
        let before = before.filter(|(name, _)| build.artifacts.contains(name.as_str()));
        let before: f64 = before.map(|(_, seconds)| seconds).sum();
        costs.push(before + scripts + build.seconds);
        if scripts == 0.0 {
            let units: f64 = build.units.iter().map(|(_, seconds)| seconds).sum();
            scripts = build.seconds - units;
        }
        compiled.extend(build.units);
    }
    Ok(costs)
}

struct Build {
    /// CPU time of everything that this build ran.
    seconds: f64,
    /// CPU time of each crate that was compiled in it, by the end of its file's name.
    units: Vec<(String, f64)>,
    /// What cargo prints of all crates, also those that were compiled before.
    artifacts: String,
}

fn build(root: &Path, folder: &Path, profile: &str, package: &str) -> Result<Build> {
    fs::create_dir_all(folder)?;
    let log = folder.join(format!("{package}.{profile}.log"));
    // Where nothing is left to compile, nobody else writes it.
    fs::write(&log, "")?;
    let before = children_cpu_seconds()?;
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--message-format=json"])
        .args(["--profile", profile, "--package", package])
        .current_dir(root.join(PEERS))
        .env("CARGO_TARGET_DIR", folder)
        .env("RUSTC_WRAPPER", std::env::current_exe()?)
        .env(LOG, &log)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "{package} cannot be built");
    let seconds = children_cpu_seconds()? - before;
    let units = fs::read_to_string(&log)?;
    let units = units.lines().filter_map(|line| {
        let (name, seconds) = line.split_once(' ')?;
        Some((name.to_owned(), seconds.parse().ok()?))
    });
    Ok(Build {
        seconds,
        units: units.collect(),
        artifacts: String::from_utf8_lossy(&output.stdout).into_owned(),
    })
}

/// Runs the compiler that the arguments name, and adds a line to the log.
pub(crate) fn compile(log: &Path) -> Result<ExitCode> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let (rustc, arguments) = arguments.split_first().context("there is no compiler")?;
    let status = Command::new(rustc).args(arguments).status()?;
    let name = arguments
        .iter()
        .find_map(|argument| argument.to_str()?.strip_prefix("extra-filename="));
    if let Some(name) = name {
        let line = format!("{name} {}\n", children_cpu_seconds()?);
        let mut log = fs::File::options().create(true).append(true).open(log)?;
        std::io::Write::write_all(&mut log, line.as_bytes())?;
    }
    // A signal has no code, and is a failure.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}

/// The CPU time of all children that have ended, from `/proc`.
pub(crate) fn children_cpu_seconds() -> Result<f64> {
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
