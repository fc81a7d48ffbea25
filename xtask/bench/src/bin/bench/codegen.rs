//! The generator: whether its time and memory grow no faster than a spec, and what it makes of a
//! given one.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::run::Run;
use crate::table::{grouped, ratio, table};

/// Times are compared with those of this size.
const BASE: usize = 100;

/// What was measured; kept as `codegen`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) operations: usize,
    spec_lines: usize,
    code_lines: usize,
    seconds: f64,
    peak_mib: Option<f64>,
}

/// Measures every size, prints, and keeps.
pub(crate) fn measure(run: &Run) -> Result<()> {
    let sizes: &[usize] = match run.quick {
        true => &[10, BASE],
        false => &[10, BASE, 1_000, 5_000],
    };
    let rows: Vec<Row> = sizes
        .iter()
        .map(|size| least(run, &size.to_string()))
        .collect::<Result<_>>()?;
    run.keep("codegen", &rows)?;
    print!("{}", sizes_table(&rows));
    Ok(())
}

/// Measures one spec and prints.
pub(crate) fn measure_file(run: &Run, file: &str) -> Result<()> {
    print!("{}", sizes_table(&[least(run, file)?]));
    Ok(())
}

impl Row {
    pub(crate) fn milliseconds_each(&self) -> f64 {
        self.seconds * 1e3 / self.operations as f64
    }
}

pub(crate) fn sizes_table(rows: &[Row]) -> String {
    let head = [
        "operations",
        "time of one / that at 100",
        "ms for one",
        "seconds",
        "peak MiB",
        "lines of spec",
        "lines of code",
    ];
    let base = rows.iter().find(|row| row.operations == BASE);
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let each = row.milliseconds_each();
            vec![
                grouped(row.operations as f64),
                ratio(base.map(|base| each / base.milliseconds_each())),
                format!("{each:.2}"),
                format!("{:.2}", row.seconds),
                row.peak_mib.map_or_else(|| "-".into(), grouped),
                grouped(row.spec_lines as f64),
                grouped(row.code_lines as f64),
            ]
        })
        .collect();
    table(&head, &rows)
}

/// The least of three times counts, for what else the machine does only adds to it. A long one is
/// steady by itself.
fn least(run: &Run, input: &str) -> Result<Row> {
    eprintln!("generating code for {input}");
    let mut best = once(run, input)?;
    let repeats = if best.seconds < 2.0 { 2 } else { 0 };
    for _ in 0..repeats {
        best.seconds = best.seconds.min(once(run, input)?.seconds);
    }
    Ok(best)
}

/// One run in a process of its own: a peak of memory belongs to a whole process.
fn once(run: &Run, input: &str) -> Result<Row> {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--release", "--locked", "--package=xtask"])
        .args(["--", "bench-codegen-one", input])
        .current_dir(run.root())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "there is no code for {input}");
    let printed = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = printed.split_whitespace().flat_map(str::parse).collect();
    let [operations, spec_lines, code_lines, seconds, ref peak @ ..] = numbers[..] else {
        bail!("the measuring process printed {printed:?}");
    };
    Ok(Row {
        operations: operations as usize,
        spec_lines: spec_lines as usize,
        code_lines: code_lines as usize,
        seconds,
        peak_mib: peak.first().copied(),
    })
}
