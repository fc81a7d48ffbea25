//! Every gate that a change has to pass, beside the tests themselves.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{codegen, guard, release, spec};

pub(crate) fn run(root: &Path) -> Result<()> {
    step("format", || {
        for workspace in [root, &root.join(guard::PEERS)] {
            cargo(workspace, &["fmt", "--all", "--check"])?;
        }
        Ok(())
    })?;
    step("specs", || spec::lint::run(root, &[]))?;
    step("examples in specs", || spec::examples::run(root, None))?;
    step("codegen", || codegen::check(root))?;
    // The one feature that is not on in the workspace. Docs have it, and reuse what is checked here.
    let keyring = "--features=tokenturn-vault/keyring";
    step("clippy", || {
        clippy(root, &["--workspace", "--all-targets", keyring])
    })?;
    step("features", || release::features::each(root))?;
    step("docs", || {
        let arguments = ["doc", "--workspace", "--no-deps", "--locked", "--quiet"];
        cargo(root, &[&arguments[..], &[keyring]].concat()).map(drop)
    })?;
    step("public API", || {
        let test = ["test", "--workspace", "--locked", "--quiet"];
        cargo(root, &[&test[..], &["--test=public_api"]].concat()).map(drop)
    })?;
    step("dependencies", || release::deny::run(root))?;
    step("minimum Rust version", || release::msrv::run(root))?;
    step("speed and size", || guard::check(root))
}

pub(crate) fn step(name: &str, gate: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("== {name}");
    gate().with_context(|| format!("the gate `{name}` is shut"))
}

fn clippy(root: &Path, what: &[&str]) -> Result<()> {
    let arguments = [
        &["clippy", "--locked", "--quiet"],
        what,
        &["--", "-Dwarnings"],
    ]
    .concat();
    cargo(root, &arguments).map(drop)
}

/// Runs cargo, lets it complain, and returns what it printed.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root)
        .env("RUSTDOCFLAGS", "-Dwarnings")
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        print!("{text}");
    }
    ensure!(
        output.status.success(),
        "`cargo {}` failed",
        arguments.join(" ")
    );
    Ok(text)
}
