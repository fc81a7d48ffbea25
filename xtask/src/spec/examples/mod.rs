//! `cargo xtask spec examples`: whether every example is valid against its schema.

mod check;
mod dialect;
mod walk;

use std::path::Path;

use anyhow::{Result, ensure};
use tokenturn_codegen::{Severity, Spec};

use super::{show, specs};
use check::Failure;

/// Checks one file or our specs.
pub(crate) fn run(root: &Path, file: Option<&str>) -> Result<()> {
    let mut good = true;
    for (path, spec) in specs(root, file)? {
        let Some(document) = spec.document() else {
            show(&spec.lint());
            anyhow::bail!("{} cannot be read", path.display());
        };
        let (checked, failures) = check::examples(document);
        good &= report(&spec, &failures);
        let name = path.strip_prefix(root).unwrap_or(&path).display();
        println!("{name}: {checked} examples checked");
    }
    ensure!(good, "an example is not what its schema says");
    Ok(())
}

/// Shows the wrong examples; false when there is one.
fn report(spec: &Spec, failures: &[Failure]) -> bool {
    let findings = failures.iter().map(|Failure { pointer, reason }| {
        let finding = spec.find(pointer, Severity::Error, "example-invalid", reason);
        finding.with_help("correct the example, or its schema")
    });
    let report = spec.report(findings);
    if !report.is_empty() {
        show(&report);
    }
    report.is_empty()
}
