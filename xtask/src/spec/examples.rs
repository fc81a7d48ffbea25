//! `cargo xtask spec examples`: whether every example is valid against its schema.
//!
//! The package `spec-examples` does the work: it takes long to build, and no other verb needs it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokenturn_codegen::{Severity, Spec};

use super::{show, specs};

/// Checks one file or our specs.
pub(crate) fn run(root: &Path, file: Option<&str>) -> Result<()> {
    let specs = specs(root, file)?;
    let mut documents = Vec::new();
    for (path, spec) in &specs {
        let Some(document) = spec.document() else {
            show(&spec.lint());
            anyhow::bail!("{} cannot be read", path.display());
        };
        documents.push(document);
    }
    let results = check(root, &documents)?;
    ensure!(results.len() == specs.len(), "a spec was not checked");
    let mut good = true;
    for ((path, spec), result) in specs.iter().zip(&results) {
        good &= report(spec, result);
        let name = path.strip_prefix(root).unwrap_or(path).display();
        println!("{name}: {} examples checked", result["checked"]);
    }
    ensure!(good, "an example is not what its schema says");
    Ok(())
}

/// Shows the wrong examples; false when there is one.
fn report(spec: &Spec, result: &Value) -> bool {
    let failures = result["failures"].as_array();
    let findings = failures.into_iter().flatten().map(|failure| {
        let word = |key: &str| failure[key].as_str().unwrap_or_default();
        let severity = Severity::Error;
        let finding = spec.find(word("pointer"), severity, "example-invalid", word("reason"));
        finding.with_help("correct the example, or its schema")
    });
    let report = spec.report(findings);
    if !report.is_empty() {
        show(&report);
    }
    report.is_empty()
}

fn check(root: &Path, documents: &[&Value]) -> Result<Vec<Value>> {
    let mut child = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--locked", "--package=spec-examples"])
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let input = child.stdin.take().context("no standard input")?;
    // It reads everything before it prints, so nothing can block.
    let sent = serde_json::to_writer(&input, documents).map_err(std::io::Error::from);
    let sent = sent.and_then(|()| (&input).flush());
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the package spec-examples failed");
    sent.context("the specs did not reach the package spec-examples")?;
    serde_json::from_slice(&output.stdout).context("the package spec-examples printed no JSON")
}
