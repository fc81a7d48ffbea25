//! One reset, and many: instructions, CPU time, and calls per second.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::cores::{Core, run_on};
use crate::peers::{octokit, program, title};
use crate::run::Run;
use crate::server::{Server, ceiling};
use crate::table::{grouped, ratio, table};

/// Those whose programs make calls. octorust and openapi-github cannot authenticate this one.
const CALLERS: [&str; 4] = ["bare", "client", "tokenturn", "octocrab"];
/// The one that runs on Node.
const OCTOKIT: &str = "octokit";
/// How many calls are under way at a time.
pub(crate) const CONCURRENCY: [usize; 3] = [1, 16, 64];
/// Instructions are counted for so many calls, and those of so few are taken off: what is left is
/// not of the start.
const COUNTED: [u64; 2] = [600, 100];

/// What was measured; kept as `calls`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Calls {
    /// With the bare one first.
    pub(crate) rows: Vec<Row>,
    /// Resets per second of the server under a load generator, by concurrency.
    pub(crate) ceiling: Option<Vec<f64>>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// Of one reset, where callgrind can count them.
    pub(crate) instructions: Option<f64>,
    /// CPU microseconds of one reset.
    cpu: f64,
    /// Resets per second, by concurrency.
    pub(crate) per_second: Vec<f64>,
}

/// Measures all callers against one server, prints, and keeps.
pub(crate) fn measure(run: &Run) -> Result<()> {
    let mut callers = Vec::new();
    for name in CALLERS {
        // Building this one takes minutes, and a quick look does without.
        if run.quick && name == "octocrab" {
            eprintln!("octocrab is left to the full run");
            continue;
        }
        let program = program(run, name)?.display().to_string();
        callers.push((name, vec![program.clone()]));
        if name == "bare" {
            callers.push(("bare-apart", vec![program, "--apart".to_owned()]));
        }
    }
    if let Some(words) = octokit(run, "caller.js")? {
        callers.push((OCTOKIT, words));
    }
    let server = Server::start(run)?;
    let (calls, rounds) = if run.quick { (4_000, 3) } else { (6_000, 7) };
    let mut rows = Vec::new();
    for (name, words) in &callers {
        eprintln!("{name}: counting instructions");
        let instructions = match *name {
            // Node compiles as it runs, which callgrind would count as well.
            OCTOKIT => None,
            _ => instructions(words, &server.url)?,
        };
        rows.push(Row {
            name: (*name).to_owned(),
            instructions,
            cpu: f64::INFINITY,
            per_second: vec![0.0; CONCURRENCY.len()],
        });
    }
    for (place, concurrency) in CONCURRENCY.into_iter().enumerate() {
        eprintln!("calls per second, {concurrency} at a time");
        for _ in 0..rounds {
            for ((name, words), row) in callers.iter().zip(&mut rows) {
                let (per_second, cpu) = match *name {
                    // It has threads of its own beside the one that makes the calls.
                    OCTOKIT => call(words, &server.url, calls / 5, concurrency)?,
                    _ => run_on(Core::Client, || {
                        call(words, &server.url, calls, concurrency)
                    })?,
                };
                // The best round counts: whatever else the machine does can only slow one down.
                row.per_second[place] = row.per_second[place].max(per_second);
                if concurrency == 1 {
                    row.cpu = row.cpu.min(cpu);
                }
            }
        }
    }
    let ceiling = run_on(Core::Client, || ceiling(&server.url))?;
    let calls = Calls { rows, ceiling };
    run.keep("calls", &calls)?;
    print!("{}\n{}", calls.per_call(), calls.throughput());
    Ok(())
}

impl Calls {
    pub(crate) fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }

    /// The table of one call.
    pub(crate) fn per_call(&self) -> String {
        let bare = &self.rows[0];
        let head = [
            "one reset",
            "instructions / bare",
            "CPU / bare",
            "instructions",
            "CPU µs",
        ];
        let rows: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| {
                let count = row.instructions;
                vec![
                    title(&row.name).to_owned(),
                    ratio(count.zip(bare.instructions).map(|(own, bare)| own / bare)),
                    ratio(Some(row.cpu / bare.cpu)),
                    count.map_or_else(|| "-".into(), grouped),
                    format!("{:.0}", row.cpu),
                ]
            })
            .collect();
        table(&head, &rows)
    }

    /// The table of many calls.
    pub(crate) fn throughput(&self) -> String {
        let names = CONCURRENCY.map(|calls| calls.to_string());
        let ratios = names.each_ref().map(|name| format!("/ bare, {name}"));
        let numbers = names.each_ref().map(|name| format!("/ s, {name}"));
        let mut head = vec!["resets per second, so many at a time"];
        head.extend(ratios.iter().chain(&numbers).map(String::as_str));
        let bare = &self.rows[0].per_second;
        let line = |name: &str, own: &[f64]| {
            let ratios = own.iter().zip(bare).map(|(own, bare)| own / bare);
            let mut cells = vec![name.to_owned()];
            cells.extend(ratios.map(|value| ratio(Some(value))));
            cells.extend(own.iter().map(|value| grouped(*value)));
            cells
        };
        let rows = self.rows.iter();
        let mut rows: Vec<_> = rows
            .map(|row| line(title(&row.name), &row.per_second))
            .collect();
        if let Some(ceiling) = &self.ceiling {
            rows.push(line("the server itself, under wrk", ceiling));
        }
        table(&head, &rows)
    }
}

/// Calls per second, and the CPU microseconds of one.
fn call(words: &[String], url: &str, calls: u64, concurrency: usize) -> Result<(f64, f64)> {
    let output = Command::new(&words[0])
        .args(&words[1..])
        .args([url, &calls.to_string(), &concurrency.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {}", words[0]))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<f64> = text.split_whitespace().flat_map(str::parse).collect();
    match (&numbers[..], output.status.success()) {
        ([seconds, cpu], true) => Ok((calls as f64 / seconds, cpu / calls as f64 * 1e6)),
        _ => anyhow::bail!("{} printed {text:?}", words.join(" ")),
    }
}

/// The instructions of one call, or `None` where callgrind is missing.
fn instructions(words: &[String], url: &str) -> Result<Option<f64>> {
    let [many, few] = COUNTED;
    let mut counts = Vec::new();
    for calls in [many, few] {
        let Ok(output) = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .args(words)
            .args([url, &calls.to_string(), "1"])
            .output()
        else {
            eprintln!("instructions are not counted: there is no valgrind");
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "callgrind failed: {text}");
        counts.push(collected(&text).with_context(|| format!("no count in {text}"))?);
    }
    Ok(Some((counts[0] - counts[1]) / (many - few) as f64))
}

fn collected(text: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}
