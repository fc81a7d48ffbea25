//! `cargo xtask spec diff`: what a change of the specs means.
//!
//! Each operation becomes a flat list of facts, with everything in its place that a reference points
//! to; the lists are compared. So words, examples, comments, order and the names of components make
//! no difference, nor does what the document says of itself.

mod compare;
mod facts;
mod judge;
mod place;
mod report;
mod revision;
mod schema;
mod security;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::codegen::{SPECS, read};

/// Compares `specs/` with what it was in `revision`.
pub(crate) fn run(root: &Path, revision: &str) -> Result<()> {
    let old = revision::specs(root, revision)?;
    let new = read(&root.join(SPECS), ".yaml")?;
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let (mut breaking, mut others, mut same) = (0, 0, true);
    for name in names {
        let (before, after) = (old.get(name), new.get(name));
        if before == after {
            continue;
        }
        same = false;
        let file = match (before, after) {
            (None, _) => " (new)",
            (_, None) => " (removed)",
            _ => "",
        };
        println!("{SPECS}/{name}{file}");
        let before = parse(before).with_context(|| format!("{SPECS}/{name} in {revision}"))?;
        let after = parse(after).with_context(|| format!("{SPECS}/{name}"))?;
        let report = report::lines(compare::compare(&before, &after));
        if report.lines.is_empty() {
            println!("  no change of meaning");
        }
        for line in &report.lines {
            println!("{line}");
        }
        breaking += report.breaking;
        others += report.lines.len() - report.breaking;
    }
    if same {
        println!("the specs are as in {revision}");
    } else {
        let [s, t] = [breaking, others].map(|count| if count == 1 { "" } else { "s" });
        println!("{breaking} breaking change{s}, {others} other{t}");
    }
    Ok(())
}

/// A spec that is not there has no operations.
fn parse(yaml: Option<&String>) -> Result<Value> {
    match yaml {
        Some(yaml) => serde_norway::from_str(yaml).context("not valid YAML"),
        None => Ok(json!({})),
    }
}
