//! Tools for those who write specs.

pub(crate) mod diff;
pub(crate) mod examples;
pub(crate) mod lint;

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokenturn_codegen::{Report, Spec};

use crate::codegen::SPECS;

/// The file that was named, or every spec of the workspace, each with its path.
fn specs(root: &Path, file: Option<&str>) -> Result<Vec<(PathBuf, Spec)>> {
    if let Some(file) = file {
        return Ok(vec![(file.into(), Spec::read(file)?)]);
    }
    let folder = root.join(SPECS);
    let unreadable = || format!("cannot read {}", folder.display());
    let mut specs = Vec::new();
    for entry in fs::read_dir(&folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            // Short in reports, and the same on every machine.
            let name = path.strip_prefix(root).unwrap_or(&path).display();
            specs.push((path.clone(), Spec::from_bytes(name.to_string(), bytes)));
        }
    }
    specs.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(specs)
}

/// Shows findings to a person.
fn show(report: &Report) {
    eprint!("{}", report.render(std::io::stderr().is_terminal()));
}
