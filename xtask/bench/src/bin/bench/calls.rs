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
    /// CPU microseconds of one reset, in each round.
    cpu: Vec<f64>,
    /// Resets per second, by concurrency, in each round.
    per_second: Vec<Vec<f64>>,
}

impl Row {
    /// Resets per second; the place is that of the concurrency.
    fn speed(&self, place: usize) -> f64 {
        middle(self.per_second[place].iter().copied())
    }

    /// What else the machine does meets all rows of a round, and so the ratio is taken in each.
    pub(crate) fn speed_over(&self, other: &Self, place: usize) -> f64 {
        middle_ratio(&self.per_second[place], &other.per_second[place])
    }
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
    if let Some(words) = octokit(run)? {
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
            cpu: Vec::new(),
            per_second: vec![Vec::new(); CONCURRENCY.len()],
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
                row.per_second[place].push(per_second);
                if concurrency == 1 {
                    row.cpu.push(cpu);
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
                    ratio(Some(middle_ratio(&row.cpu, &bare.cpu))),
                    count.map_or_else(|| "-".into(), grouped),
                    format!("{:.0}", middle(row.cpu.iter().copied())),
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
        let places = 0..CONCURRENCY.len();
        let mut rows = Vec::new();
        for row in &self.rows {
            let mut cells = vec![title(&row.name).to_owned()];
            let ratios = places.clone();
            let ratios = ratios.map(|place| row.speed_over(&self.rows[0], place));
            cells.extend(ratios.map(|value| ratio(Some(value))));
            cells.extend(places.clone().map(|place| grouped(row.speed(place))));
            rows.push(cells);
        }
        if let Some(ceiling) = &self.ceiling {
            let mut cells = vec!["the server itself, under wrk".to_owned()];
            let bare = places.map(|place| self.rows[0].speed(place));
            let ratios = ceiling.iter().zip(bare).map(|(own, bare)| own / bare);
            cells.extend(ratios.map(|value| ratio(Some(value))));
            cells.extend(ceiling.iter().map(|value| grouped(*value)));
            rows.push(cells);
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

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Of the ratios of each round.
fn middle_ratio(own: &[f64], other: &[f64]) -> f64 {
    middle(own.iter().zip(other).map(|(own, other)| own / other))
}
