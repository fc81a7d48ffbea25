//! Tests that cannot run for want of something that a machine may do without.

use std::fs::{self, File};
use std::io::{self, Write};

/// Says that the running test is skipped, and notes it for the line that the suite ends with
/// (`xtask/tests/what_was_skipped.rs`). In CI, nothing is skipped.
///
/// # Panics
///
/// Where `TOKENTURN_CI` is set.
pub fn skip(missing: &str) {
    assert!(std::env::var_os("TOKENTURN_CI").is_none(), "{missing}");
    // The harness names a test's thread after the test.
    let thread = std::thread::current();
    let test = thread.name().unwrap_or_default();
    // Not by a macro, whose output the harness would keep for itself.
    let line = format!("skipped: {test}: {missing}\n");
    io::stderr().write_all(line.as_bytes()).unwrap();
    note(test, missing).expect("target/ can be written");
}

/// Adds a line to what is skipped by the programs that this cargo starts.
fn note(test: &str, missing: &str) -> io::Result<()> {
    let program = std::env::current_exe()?;
    let name = program
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let (name, _hash) = name.rsplit_once('-').unwrap_or((&name, ""));
    // It is `target/debug/deps/NAME-HASH`.
    let target = program.ancestors().nth(3).unwrap_or(&program);
    let folder = target.join("skipped");
    fs::create_dir_all(&folder)?;
    #[cfg(unix)]
    let run = std::os::unix::process::parent_id().to_string();
    #[cfg(not(unix))]
    let run = "run";
    let mut file = File::options()
        .create(true)
        .append(true)
        .open(folder.join(run))?;
    file.write_all(format!("{name}\t{test}\t{missing}\n").as_bytes())
}
