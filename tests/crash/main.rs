//! Processes that are killed while they replace tokens, and what stands in the vault then.

#![cfg(unix)]

mod fleet;

use std::path::Path;

/// The process that is killed.
fn worker() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_worker"))
}
