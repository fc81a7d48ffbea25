//! What refuses descriptions, by rank.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::Row;
use super::measure::Error;

/// Where the errors of the last run are: rule, place and message.
const KEPT: &str = "errors.txt";

#[derive(Default)]
struct Count {
    documents: usize,
    alone: usize,
    errors: usize,
}

/// Prints how many descriptions each rule refuses, and keeps where.
pub(crate) fn print(folder: &Path, rows: &[Row]) -> Result<()> {
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let mut kept = String::new();
    for row in rows {
        let mut rules: BTreeMap<&str, Vec<&Error>> = BTreeMap::new();
        for error in &row.ours.errors {
            rules.entry(&error.rule).or_default().push(error);
        }
        let is_alone = rules.len() == 1;
        for (rule, errors) in rules {
            let count = counts.entry(rule).or_default();
            count.documents += 1;
            count.alone += usize::from(is_alone);
            count.errors += errors.len();
            let alone = if is_alone { ", no other rule" } else { "" };
            let Error { place, message, .. } = errors[0];
            writeln!(
                kept,
                "{rule}\t{}: {message}, at {place} ({} such{alone})",
                row.file.path.display(),
                errors.len()
            )?;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(rule, count)| (usize::MAX - count.documents, *rule));
    println!("\n| rule | descriptions | of them refused by no other | errors |\n|---|---|---|---|");
    for (rule, count) in counts {
        let Count {
            documents,
            alone,
            errors,
        } = count;
        println!("| `{rule}` | {documents} | {alone} | {errors} |");
    }
    fs::write(folder.join(KEPT), kept).context("cannot write the errors")
}

/// Prints where the last run has found an error.
pub(crate) fn show(folder: &Path, rule: &str) -> Result<()> {
    let kept = fs::read_to_string(folder.join(KEPT))
        .context("there is no last run: begin with `cargo xtask corpus`")?;
    let found = kept
        .lines()
        .filter_map(|line| line.strip_prefix(rule)?.strip_prefix('\t'));
    let found: Vec<_> = found.collect();
    ensure!(!found.is_empty(), "the last run has no error `{rule}`");
    for place in found {
        println!("{place}");
    }
    Ok(())
}
