//! rustdoc, with its unstable options. Only it may use them: were the variable set for cargo, the
//! build scripts of dependencies would see it, and choose unstable code.

use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let status = Command::new("rustdoc")
        .args(std::env::args_os().skip(1))
        .env("RUSTC_BOOTSTRAP", "1")
        .status();
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cannot run rustdoc: {error}");
            ExitCode::FAILURE
        }
    }
}
