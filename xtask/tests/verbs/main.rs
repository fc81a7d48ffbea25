//! The verbs, as a developer runs them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod build_script;
mod codegen;
mod copy;
mod five_steps;
mod generated_code;
mod help;
mod repository;
#[path = "../../../tests/support/skip.rs"]
#[allow(unreachable_pub, reason = "in a library it is public")]
mod skip;
mod spec_diff;
mod spec_examples;
mod spec_lint;

use std::path::Path;
use std::process::{Command, Output};

/// A verb, in the workspace at `root`.
fn xtask(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .args(arguments)
        .env("CARGO_MANIFEST_DIR", root.join("xtask"))
        .env("CARGO_NET_OFFLINE", "true");
    command
}

/// The workspace that is tested.
fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
