//! `cargo xtask bench codegen`: whether the generator's time and memory grow no faster than a spec,
//! and what it makes of a given one.

mod fleet;
mod synthetic;

pub(crate) use fleet::fleet;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};
use tokenturn_codegen::{Generated, Paths, Report, Spec};

const SIZES: [usize; 4] = [10, 100, 1_000, 5_000];
/// Times are compared with those of this size.
const BASE: usize = 100;
/// What the verb calls itself with, in a release build, once for each size: a peak of memory belongs
/// to a whole process.
pub(crate) const ONE: &str = "bench-codegen-one";

/// The least of so many times counts: what else the machine does only adds to it.
const ROUNDS: usize = 3;

/// What one run took.
struct Row {
    operations: usize,
    spec_lines: usize,
    seconds: f64,
    peak_mib: Option<f64>,
    code_lines: usize,
}

/// Measures a file, or every size, and prints a table.
pub(crate) fn codegen(root: &Path, file: Option<&str>) -> Result<()> {
    let sizes = SIZES.iter().map(ToString::to_string);
    let inputs: Vec<String> = match file {
        Some(file) => vec![file.to_owned()],
        None => sizes.collect(),
    };
    let mut rows = Vec::new();
    for input in inputs {
        eprintln!("{input} ...");
        let mut row = measure(root, &input)?;
        for _ in 1..ROUNDS {
            row.seconds = row.seconds.min(measure(root, &input)?.seconds);
        }
        rows.push(row);
    }
    println!("operations   spec lines   seconds   per operation   peak MiB   code lines");
    let base = rows.iter().find(|row| row.operations == BASE);
    let base = base.or(rows.first()).map_or(f64::NAN, Row::seconds_each);
    for row in &rows {
        let Row {
            operations,
            spec_lines,
            seconds,
            code_lines,
            ..
        } = row;
        let ratio = row.seconds_each() / base;
        let peak = row
            .peak_mib
            .map_or_else(|| "-".into(), |mib| format!("{mib:.0}"));
        println!(
            "{operations:10}   {spec_lines:10}   {seconds:7.2}   {ratio:12.2}x   {peak:>8}   {code_lines:10}"
        );
    }
    if rows.iter().any(|row| row.peak_mib.is_none()) {
        println!("no peak of memory: it is read from /proc/self/status, which is on Linux only");
    }
    Ok(())
}

impl Row {
    fn seconds_each(&self) -> f64 {
        self.seconds / self.operations as f64
    }
}

/// Runs [`one()`] in a process of its own.
fn measure(root: &Path, input: &str) -> Result<Row> {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--release", "--locked", "--package=xtask"])
        .args(["--", ONE, input])
        .current_dir(root)
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "there is no code for {input}");
    let printed = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = printed
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [operations, spec_lines, code_lines, seconds, ref peak @ ..] = numbers[..] else {
        anyhow::bail!("the measuring process printed {printed:?}");
    };
    Ok(Row {
        operations: operations as usize,
        spec_lines: spec_lines as usize,
        seconds,
        peak_mib: peak.first().copied(),
        code_lines: code_lines as usize,
    })
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
fn cpu_seconds() -> Option<f64> {
    let statistics = fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanoseconds: f64 = statistics.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}

fn peak_mib() -> Option<f64> {
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
