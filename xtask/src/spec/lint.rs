//! `cargo xtask spec lint`: what the generator cannot handle, and what the public linter finds.

use std::path::Path;

use anyhow::{Result, ensure};

use super::{show, specs};
use crate::conformance::{self, Strictness};

/// Checks one file, of which the warnings are its author's business, or our specs, where anything
/// counts.
pub(crate) fn run(root: &Path, file: Option<&str>) -> Result<()> {
    let specs = specs(root, file)?;
    let mut good = true;
    for (_, spec) in &specs {
        let report = spec.lint();
        show(&report);
        good &= match file {
            Some(_) => !report.has_errors(),
            None => report.is_empty(),
        };
    }
    let files: Vec<_> = specs.into_iter().map(|(path, _)| path).collect();
    let strictness = match file {
        Some(_) => Strictness::Errors,
        None => Strictness::Everything,
    };
    match conformance::installed(root) {
        Some(tools) => {
            let public = conformance::lint(root, &tools, &files, strictness);
            good &= public.is_ok();
            let printed = public.unwrap_or_else(|error| format!("{error:#}"));
            eprintln!("Spectral: {}", printed.trim());
        }
        None => {
            eprintln!("Spectral: skipped, it is not there; `cargo xtask conformance` installs it");
        }
    }
    ensure!(
        good,
        "the lint found something; every finding says what to write"
    );
    Ok(())
}
