//! The line that the suite ends with: how many tests were skipped, and for want of what. Cargo runs the
//! programs of packages in the order of their names, and so this one last, before the doc tests.
//!
//! `tests/support/skip.rs` notes them, in a file for each cargo that starts test programs. What this
//! reads, it leaves for `cargo xtask skipped`.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;

fn main() {
    // Another harness asks for the names of tests first: this is none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let program = std::env::current_exe().expect("a program has a path");
    // It is `target/debug/deps/NAME-HASH`.
    let target = program.ancestors().nth(3).expect("cargo runs this");
    let folder = target.join("skipped");
    #[cfg(unix)]
    let run = std::os::unix::process::parent_id().to_string();
    #[cfg(not(unix))]
    let run = "run";
    let noted = match fs::read_to_string(folder.join(&run)) {
        Ok(noted) => noted,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => panic!("{}: {error}", folder.join(&run).display()),
    };
    // What runs of single programs have left is of no use any more.
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("target/ can be written");
    }
    fs::create_dir_all(&folder).expect("target/ can be written");
    fs::write(folder.join("last"), &noted).expect("target/ can be written");

    let mut missing = BTreeMap::new();
    for line in noted.lines() {
        let what = line.rsplit('\t').next().unwrap_or_default();
        *missing.entry(what).or_insert(0) += 1;
    }
    let count: usize = missing.values().sum();
    let reasons = missing
        .iter()
        .map(|(what, count)| format!("{count} because {what}"));
    let reasons: Vec<_> = reasons.collect();
    let colon = if count == 0 { "" } else { ": " };
    println!("\nskipped tests: {count}{colon}{}", reasons.join(", "));
}
