//! The programs that are compared: each makes the same reset through another library.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::run::Run;

/// Whose programs are written in Rust, as packages of `xtask/bench/peers`.
pub(crate) const RUST: [&str; 7] = [
    "bare",
    "client",
    "tokenturn",
    "vault",
    "octocrab",
    "octorust",
    "openapi-github",
];

/// The program that answers all of them.
pub(crate) const SERVER: &str = "server";

/// As a table calls them.
pub(crate) fn title(name: &str) -> &str {
    match name {
        "bare" => "bare reqwest",
        "bare-apart" => "bare, in a task each",
        "client" => "tokenturn-client",
        "vault" => "tokenturn + vault",
        "octokit" => "@octokit/oauth-methods",
        name => name,
    }
}

/// The workspace of the programs in Rust.
pub(crate) fn workspace(run: &Run) -> PathBuf {
    run.root().join("xtask/bench/peers")
}

/// Where they are built.
pub(crate) fn target(run: &Run) -> PathBuf {
    run.folder().join("peers")
}

/// The program in a release build.
pub(crate) fn program(run: &Run, name: &str) -> Result<PathBuf> {
    build(run, name)?;
    Ok(target(run).join("release").join(package(name)))
}

/// The package, and its program: those that make calls must not be named as what they call.
pub(crate) fn package(name: &str) -> String {
    match name {
        SERVER => name.to_owned(),
        name => format!("{name}-caller"),
    }
}

/// Builds it, or what is missing of it.
fn build(run: &Run, name: &str) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--release", "--package"])
        .arg(package(name))
        .current_dir(workspace(run))
        .env("CARGO_TARGET_DIR", target(run))
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "{name} cannot be built");
    Ok(())
}

/// The program in Node, or `None` where Node is missing.
pub(crate) fn octokit(run: &Run) -> Result<Option<Vec<String>>> {
    let quiet = |command: &mut Command| {
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    if !quiet(Command::new("npm").arg("--version")) {
        eprintln!("octokit is skipped: there is no Node.js with npm");
        return Ok(None);
    }
    let (from, to) = (workspace(run).join("octokit"), run.folder().join("octokit"));
    std::fs::create_dir_all(&to)?;
    for file in [".npmrc", "package.json", "package-lock.json", "caller.js"] {
        std::fs::copy(from.join(file), to.join(file))?;
    }
    let installed = quiet(Command::new("npm").arg("ci").current_dir(&to));
    ensure!(installed, "`npm ci` failed in {}", to.display());
    let caller = to.join("caller.js").display().to_string();
    Ok(Some(vec!["node".into(), caller]))
}
