//! What a user pays to build tokenturn, next to what they would pay for the HTTP stack alone.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// CPU time of a clean build, as a multiple of the bare one's.
const CPU_LIMIT: f64 = 1.3;
/// Crates in the lock file beyond the bare one's.
const CRATES_LIMIT: usize = 40;

/// What someone would use who wrote the calls by hand.
const BARE: &str = r#"
reqwest = { version = "0.13", default-features = false, features = ["json", "rustls-no-provider"] }
rustls = { version = "0.23", default-features = false, features = ["ring", "std", "tls12"] }
serde_json = "1"
"#;

struct Cost {
    cpu_seconds: f64,
    crates: usize,
}

impl Cost {
    fn least(self, other: Self) -> Self {
        if other.cpu_seconds < self.cpu_seconds {
            other
        } else {
            self
        }
    }
}

/// The two are built in turn, and the least of each counts: what else the machine does only adds to
/// the time.
const ROUNDS: usize = 2;
/// A ratio above the limit gets as many rounds before it counts.
const MOST_ROUNDS: usize = 6;

/// Builds both from nothing and compares.
pub(crate) fn run(root: &Path) -> Result<()> {
    let tokenturn = format!(
        "tokenturn = {{ path = {:?} }}\n",
        root.join("crates/tokenturn")
    );
    let mut bare = build(root, "bare", BARE)?;
    let mut ours = build(root, "ours", &tokenturn)?;
    let mut ratio = ours.cpu_seconds / bare.cpu_seconds;
    let mut rounds = 1;
    while rounds < ROUNDS || (ratio > CPU_LIMIT && rounds < MOST_ROUNDS) {
        bare = bare.least(build(root, "bare", BARE)?);
        ours = ours.least(build(root, "ours", &tokenturn)?);
        ratio = ours.cpu_seconds / bare.cpu_seconds;
        rounds += 1;
    }
    let more = ours.crates.saturating_sub(bare.crates);
    println!("debug build from nothing     CPU s   ratio   crates");
    println!(
        "reqwest, ring, serde_json  {:7.1}    1.00   {:6}",
        bare.cpu_seconds, bare.crates
    );
    println!(
        "tokenturn                  {:7.1}  {ratio:6.2}   {:6} (+{more})",
        ours.cpu_seconds, ours.crates
    );
    ensure!(
        ratio <= CPU_LIMIT,
        "tokenturn takes more than {CPU_LIMIT} times the CPU time"
    );
    ensure!(
        more <= CRATES_LIMIT,
        "tokenturn needs more than {CRATES_LIMIT} further crates"
    );
    Ok(())
}

fn build(root: &Path, name: &str, dependencies: &str) -> Result<Cost> {
    let folder = tempfile::tempdir()?;
    let path = folder.path();
    fs::create_dir(path.join("src"))?;
    fs::write(path.join("src/lib.rs"), "")?;
    fs::write(
        path.join("Cargo.toml"),
        format!(
            "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [workspace]\n\n[dependencies]\n{dependencies}"
        ),
    )?;
    // The same versions as in the workspace; cargo drops what this package does not need.
    fs::copy(root.join("Cargo.lock"), path.join("Cargo.lock"))?;
    cargo(path, &["fetch"])?;
    let before = children_cpu_seconds()?;
    cargo(path, &["build", "--offline"])?;
    let cpu_seconds = children_cpu_seconds()? - before;
    let lock = fs::read_to_string(path.join("Cargo.lock"))?;
    // The package itself does not count.
    let crates = lock.matches("[[package]]").count() - 1;
    Ok(Cost {
        cpu_seconds,
        crates,
    })
}

fn cargo(folder: &Path, arguments: &[&str]) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--quiet")
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "cargo {} failed", arguments.join(" "));
    Ok(())
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
