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

use std::io::Write;
use std::path::PathBuf;
use std::sync::Once;

/// The folder with what is installed, if `cargo xtask conformance` runs the tests.
fn folder() -> Option<PathBuf> {
    static SAID: Once = Once::new();
    let folder = std::env::var_os("TOKENTURN_CONFORMANCE");
    if folder.is_none() {
        // Not by a macro, whose output the tests' harness would keep for itself.
        let line = b"skipped: these tests are run by `cargo xtask conformance`\n";
        SAID.call_once(|| std::io::stderr().write_all(line).unwrap());
    }
    folder.map(PathBuf::from)
}
