//! Processes that are killed while they replace tokens, and what stands in the vault then.

mod clock;
#[cfg(target_os = "linux")]
mod disk;
mod fleet;
mod outage;

use std::path::Path;

/// What a fleet says when it cannot use its vault.
const AWAY: &str = "the vault is away";

/// The process that is killed.
fn worker() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_worker"))
}
