//! `cargo xtask spec lint`: what the generator cannot handle, and what the public linter finds.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use tokenturn_codegen::Spec;

use super::{show, specs};
use crate::conformance::{self, Strictness};

/// Checks one file, of which the warnings are its author's business, or our specs, where anything
/// counts.
pub(crate) fn run(root: &Path, file: Option<&str>, options: &[&str]) -> Result<()> {
    let mut good = true;
    let mut files = Vec::new();
    for (path, spec) in specs(root, file)? {
        let report = overlaid(spec, options)?.lint();
        files.push(path);
        show(&report);
        good &= match file {
            Some(_) => !report.has_errors(),
            None => report.is_empty(),
        };
    }
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

fn overlaid(mut spec: Spec, options: &[&str]) -> Result<Spec> {
    for option in options.chunks(2) {
        let ["--overlay", file] = option else {
            bail!(
                "what follows FILE is `--overlay FILE`, not `{}`",
                option.join(" ")
            );
        };
        let overlay = Spec::read(file).with_context(|| format!("cannot read {file}"))?;
        spec = spec.overlay(overlay);
    }
    Ok(spec)
}
