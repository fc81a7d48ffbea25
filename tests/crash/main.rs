//! Processes that are killed while they replace tokens, and what stands in the vault then.

#![cfg(unix)]

mod clock;
mod disk;
mod fleet;
mod outage;

use std::io::{self, Write};
use std::path::Path;

/// What a fleet says when it cannot use its vault.
const AWAY: &str = "the vault is away";

/// The process that is killed.
fn worker() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_worker"))
}

/// Says that a test is skipped for want of something, which has to be there in CI.
fn skipped(why: &str) {
    assert!(std::env::var_os("TOKENTURN_CI").is_none(), "{why}");
    // Not by a macro, whose output the tests' harness would keep for itself.
    let line = format!("skipped: {why}\n");
    io::stderr().write_all(line.as_bytes()).unwrap();
}
