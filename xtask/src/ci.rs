//! Every gate that a change has to pass, beside the tests themselves.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{codegen, guard, spec};

/// What must never reach a user of the wrapper: generators, YAML parsers, test tools.
const NOT_SHIPPED: [&str; 11] = [
    "progenitor",
    "typify",
    "openapiv3",
    "prettyplease",
    "yaml",
    "norway",
    "httpmock",
    "jsonschema",
    "insta",
    "tokenturn-codegen",
    "tokenturn-sandbox",
];

/// The ways in which the two library crates can be built, beside the default.
const FEATURES: [&str; 3] = ["", "tls-aws-lc", "tls-native"];

/// The ways in which the vault can be built, beside the one that the workspace is built in.
const VAULT_FEATURES: [&str; 3] = ["", "sqlite,keyring,tls-ring", "postgres,tls-ring"];

pub(crate) fn run(root: &Path) -> Result<()> {
    step("format", || {
        cargo(root, &["fmt", "--all", "--check"]).map(drop)
    })?;
    step("specs", || spec::lint::run(root, None))?;
    step("examples in specs", || spec::examples::run(root, None))?;
    step("codegen", || codegen::check(root))?;
    step("clippy", || clippy(root, &["--workspace", "--all-targets"]))?;
    for features in FEATURES {
        step(&format!("clippy with features {features:?}"), || {
            clippy(
                root,
                &[
                    "--package=tokenturn",
                    "--package=tokenturn-client",
                    "--no-default-features",
                    "--features",
                    features,
                ],
            )
        })?;
    }
    for features in VAULT_FEATURES {
        step(
            &format!("clippy of the vault with features {features:?}"),
            || {
                let package = [
                    "--package=tokenturn-vault",
                    "--no-default-features",
                    "--features",
                ];
                clippy(root, &[&package[..], &[features]].concat())
            },
        )?;
    }
    step("docs", || {
        let arguments = ["doc", "--workspace", "--no-deps", "--locked", "--quiet"];
        cargo(root, &arguments).map(drop)
    })?;
    step("doc tests", || {
        cargo(
            root,
            &["test", "--doc", "--workspace", "--locked", "--quiet"],
        )
        .map(drop)
    })?;
    step("shipped crates", || shipped(root))?;
    step("speed and size", || guard::check(root))
}

fn step(name: &str, gate: impl FnOnce() -> Result<()>) -> Result<()> {
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

fn shipped(root: &Path) -> Result<()> {
    let arguments = ["tree", "--package=tokenturn", "--locked", "--prefix=none"];
    let tree = cargo(root, &[&arguments[..], &["--edges=normal,build"]].concat())?;
    for name in NOT_SHIPPED {
        ensure!(!tree.contains(name), "tokenturn depends on {name}");
    }
    Ok(())
}

/// Runs cargo, lets it complain, and returns what it printed.
fn cargo(root: &Path, arguments: &[&str]) -> Result<String> {
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
