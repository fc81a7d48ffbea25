//! `cargo xtask bench`: the package `tokenturn-bench` measures, apart from one run of the generator and
//! from builds, which are here.

mod synthetic;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};
use tokenturn_codegen::{Generated, Paths, Report, Spec};

use crate::guard::costs;

/// What that package calls this program with, once for each size: a peak of memory belongs to a whole
/// process.
pub(crate) const ONE: &str = "bench-codegen-one";
/// And what for builds of its peers.
pub(crate) const BUILDS: &str = "bench-builds";

/// Runs the package's program, which builds what it measures.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--locked", "--package=tokenturn-bench"])
        .args(["--no-default-features", "--"])
        .args(arguments)
        .current_dir(root)
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "the measurement failed");
    Ok(())
}

/// Builds the packages, and prints the CPU seconds of each.
pub(crate) fn builds(root: &Path, folder: &str, profile: &str, packages: &[&str]) -> Result<()> {
    for seconds in costs(root, Path::new(folder), profile, packages)? {
        println!("{seconds}");
    }
    Ok(())
}

/// Generates once and prints what it took: operations, lines of spec and of code, seconds and, where
/// it can be known, the peak of memory in MiB. What was found goes to standard error, by rule.
pub(crate) fn one(input: &str) -> Result<()> {
    let (name, text) = match input.parse() {
        Ok(operations) => ("synthetic.yaml".into(), synthetic::spec(operations)),
        Err(_) => {
            let text = fs::read_to_string(input).with_context(|| format!("cannot read {input}"))?;
            (input.to_owned(), text)
        }
    };
    let lines = |text: &str| text.lines().count();
    let spec_lines = lines(&text);
    let start = (Instant::now(), cpu_seconds());
    let result = generate(&Spec::new(name, text));
    let seconds = match (start.1, cpu_seconds()) {
        (Some(start), Some(end)) => end - start,
        _ => start.0.elapsed().as_secs_f64(),
    };
    let (Ok(Generated { report, .. }) | Err(report)) = &result;
    let mut rules = BTreeMap::new();
    for finding in report.findings() {
        *rules
            .entry((finding.severity(), finding.code()))
            .or_insert(0) += 1;
    }
    for ((severity, code), count) in rules {
        eprintln!("{count:6} {severity:?} {code}");
    }
    let client = result
        .map_err(|_| anyhow!("no client: see the errors above"))?
        .client;
    let operations = client.matches("::tokenturn_client::Operation {").count();
    println!("{operations} {spec_lines} {} {seconds}", lines(&client));
    if let Some(mib) = peak_mib() {
        println!("{mib}");
    }
    Ok(())
}

/// The one call that is measured.
fn generate(spec: &Spec) -> Result<Generated, Report> {
    tokenturn_codegen::generate(spec, &Paths::new("tokenturn_client::bench"))
}

/// The time for which this process was on a CPU: it does not grow while the process waits for one.
pub(crate) fn cpu_seconds() -> Option<f64> {
    let statistics = fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanoseconds: f64 = statistics.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}

/// The most memory that this process has had.
pub(crate) fn peak_mib() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synthetic_specs_have_as_many_operations_as_wanted() {
        let small = synthetic::spec(7);
        assert_eq!(small.matches("operationId").count(), 7);
        let source = generate(&Spec::new("small.yaml", small)).unwrap().client;
        for n in 0..7 {
            assert!(source.contains(&format!("pub fn update_thing_{n}(")), "{n}");
        }
    }

    #[test]
    fn a_process_has_a_peak() {
        let readable = Path::new("/proc/self/status").exists();
        assert_eq!(peak_mib().is_some_and(|mib| mib > 0.1), readable);
    }
}
