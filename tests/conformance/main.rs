//! The client against GitHub's own descriptions, the sandbox behind them, and the sandbox under a
//! fuzzer. `cargo xtask conformance` installs what this needs, runs it and reads what it prints.

mod calls;
mod descriptions;
mod fuzzer;
mod mock;
mod program;
mod proxy;
mod values;
mod whole;

use std::path::PathBuf;

/// The folder with what is installed.
fn folder() -> PathBuf {
    std::env::var_os("TOKENTURN_CONFORMANCE")
        .expect("`cargo xtask conformance` runs this")
        .into()
}
