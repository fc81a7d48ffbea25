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
    build(run, "release", &[name])?;
    Ok(path(run, name))
}

/// Where it is, once it is built.
pub(crate) fn path(run: &Run, name: &str) -> PathBuf {
    target(run).join("release").join(package(name))
}

/// The package, and its program: those that make calls must not be named as what they call.
pub(crate) fn package(name: &str) -> String {
    match name {
        SERVER => name.to_owned(),
        name => format!("{name}-caller"),
    }
}

/// Builds programs, or what is missing of them, and returns the CPU seconds of each, in their order.
/// `cargo xtask guard` does it in the same way.
pub(crate) fn build(run: &Run, profile: &str, names: &[&str]) -> Result<Vec<f64>> {
    eprintln!("building with the profile {profile}: {}", names.join(", "));
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--locked", "--package=xtask"])
        .args(["--", "bench-builds"])
        .arg(target(run))
        .arg(profile)
        .args(names.iter().map(|name| package(name)))
        .current_dir(run.root())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let seconds: Vec<f64> = printed.lines().flat_map(str::parse).collect();
    let is_whole = output.status.success() && seconds.len() == names.len();
    ensure!(is_whole, "the builds failed: {printed:?}");
    Ok(seconds)
}

/// A program in Node, or `None` where Node is missing.
pub(crate) fn octokit(run: &Run, script: &str) -> Result<Option<Vec<String>>> {
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
    for file in [".npmrc", "package.json", "package-lock.json", script] {
        std::fs::copy(from.join(file), to.join(file))?;
    }
    let installed = quiet(Command::new("npm").arg("ci").current_dir(&to));
    ensure!(installed, "`npm ci` failed in {}", to.display());
    let caller = to.join(script).display().to_string();
    Ok(Some(vec!["node".into(), caller]))
}
