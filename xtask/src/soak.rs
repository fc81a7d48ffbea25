//! `cargo xtask soak`: whether a test depends on how fast the machine is, or on what else it does.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, available_parallelism};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

/// What this program calls itself with to be busy.
pub(crate) const BUSY: &str = "soak-busy";

const BUSY_PER_CORE: usize = 4;
const ROUNDS: usize = 3;

/// Runs all tests so many times beside busy processes. What they need is built before.
pub(crate) fn run(root: &Path) -> Result<()> {
    // Asked now: the build may put another file in its place.
    let program = std::env::current_exe()?;
    tests(root, &["--no-run", "--quiet"])?;
    let cores = available_parallelism()?.get();
    let count = cores * BUSY_PER_CORE;
    let busy = (0..count).map(|_| Busy::start(&program));
    let busy = busy.collect::<Result<Vec<_>>>()?;
    println!("{count} busy processes on {cores} cores");
    for round in 1..=ROUNDS {
        let began = Instant::now();
        tests(root, &["--no-fail-fast"]).with_context(|| format!("round {round}"))?;
        let seconds = began.elapsed().as_secs();
        println!("round {round} of {ROUNDS}: {seconds} s, beside {count} busy processes");
    }
    drop(busy);
    Ok(())
}

fn tests(root: &Path, more: &[&str]) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(["test", "--workspace", "--locked"])
        .args(more)
        .current_dir(root)
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "a test failed: see above");
    Ok(())
}

/// A process that takes all the time that it gets, until this is dropped.
struct Busy(Child);

impl Busy {
    fn start(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        let child = command.arg(BUSY).stdin(Stdio::piped()).spawn();
        child.map(Self).context("cannot start a busy process")
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Is busy until its standard input ends, and so no longer than whoever has started it.
pub(crate) fn busy() -> Result<()> {
    let input = thread::spawn(|| std::io::stdin().read_to_end(&mut Vec::new()));
    while !input.is_finished() {
        std::hint::spin_loop();
    }
    Ok(())
}
