//! `cargo xtask bench codegen`: whether the generator's time and memory grow no faster than a spec.

mod synthetic;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

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

/// Measures every size and prints a table.
pub(crate) fn codegen(root: &Path) -> Result<()> {
    let mut rows = Vec::new();
    for operations in SIZES {
        eprintln!("{operations} operations ...");
        let mut row = measure(root, operations)?;
        for _ in 1..ROUNDS {
            row.seconds = row.seconds.min(measure(root, operations)?.seconds);
        }
        rows.push(row);
    }
    println!("operations   spec lines   seconds   per operation   peak MiB   code lines");
    let base = rows.iter().find(|row| row.operations == BASE);
    let base = base.map_or(f64::NAN, Row::seconds_each);
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
fn measure(root: &Path, operations: usize) -> Result<Row> {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--release", "--locked", "--package=xtask"])
        .args(["--", ONE, &operations.to_string()])
        .current_dir(root)
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(
        output.status.success(),
        "no code for {operations} operations"
    );
    let printed = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = printed
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [spec_lines, code_lines, seconds, ref peak @ ..] = numbers[..] else {
        anyhow::bail!("the measuring process printed {printed:?}");
    };
    Ok(Row {
        operations,
        spec_lines: spec_lines as usize,
        seconds,
        peak_mib: peak.first().copied(),
        code_lines: code_lines as usize,
    })
}

/// Generates once and prints what it took: lines of spec and of code, seconds and, where it can be
/// known, the peak of memory in MiB.
pub(crate) fn one(operations: &str) -> Result<()> {
    let spec = synthetic::spec(operations.parse().context("not a number of operations")?);
    let start = (Instant::now(), cpu_seconds());
    let source = generate(&spec)?;
    let seconds = match (start.1, cpu_seconds()) {
        (Some(start), Some(end)) => end - start,
        _ => start.0.elapsed().as_secs_f64(),
    };
    let lines = |text: &str| text.lines().count();
    println!("{} {} {seconds}", lines(&spec), lines(&source));
    if let Some(mib) = peak_mib() {
        println!("{mib}");
    }
    Ok(())
}

/// The one call that is measured.
fn generate(spec: &str) -> Result<String> {
    Ok(tokenturn_codegen::generate(spec)?)
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
        let source = generate(&small).unwrap();
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
