//! Descriptions in processes with a limit, as many at a time as there are processors.

use std::panic;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::documents::File;
use super::one::Whose;
use crate::process::{self, Ended};

/// What one process may take: seconds of CPU, and MiB.
pub(crate) const SECONDS: u32 = 60;
pub(crate) const MIB: u32 = 4096;
/// A process that waits for something uses no CPU.
const LIMIT: Duration = Duration::from_secs(20 * SECONDS as u64);

/// What has become of one description.
pub(crate) struct Outcome {
    pub(crate) seconds: f64,
    pub(crate) mib: f64,
    pub(crate) errors: Vec<Error>,
    /// How many operations ours can handle.
    pub(crate) kept: usize,
    /// The process did not come to an end by itself: a panic, or a limit.
    pub(crate) fault: Option<String>,
}

pub(crate) struct Error {
    pub(crate) rule: String,
    /// A pointer: most of the descriptions are one line.
    pub(crate) place: String,
    pub(crate) message: String,
}

impl Outcome {
    pub(crate) fn is_accepted(&self) -> bool {
        self.fault.is_none() && self.errors.is_empty()
    }
}

/// Generates; what is made is written beside `code`, if that is given.
pub(crate) fn generate(
    whose: Whose,
    file: &File,
    code: Option<PathBuf>,
    logs: &Path,
) -> Result<Outcome> {
    // The shell sets the limits, and becomes the program.
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            r#"ulimit -t "$1"; ulimit -v "$2"; shift 2; exec "$@""#,
        ])
        .args(["sh", &SECONDS.to_string(), &(MIB * 1024).to_string()])
        .arg(std::env::current_exe().context("where is this program?")?)
        .args([super::ONE, whose.word()])
        .arg(&file.path)
        .args(code)
        .env("RUST_BACKTRACE", "0");
    let log = format!("{}-{}.log", file.name.replace('/', "-"), whose.word());
    let ended = process::end(command, &logs.join(log), LIMIT)?;
    Ok(outcome(&ended))
}

fn outcome(ended: &Ended) -> Outcome {
    let mut outcome = Outcome {
        seconds: f64::from(SECONDS),
        mib: 0.0,
        errors: Vec::new(),
        kept: 0,
        fault: None,
    };
    for line in ended.printed.lines() {
        match line.split('\t').collect::<Vec<_>>()[..] {
            ["took", seconds, mib] => {
                outcome.seconds = seconds.parse().unwrap_or(outcome.seconds);
                outcome.mib = mib.parse().unwrap_or_default();
            }
            ["kept", kept] => outcome.kept = kept.parse().unwrap_or_default(),
            ["error", rule, place, message] => outcome.errors.push(Error {
                rule: rule.to_owned(),
                place: place.to_owned(),
                message: message.to_owned(),
            }),
            _ => {}
        }
    }
    outcome.fault = match ended.status {
        Some(status) if status.success() => None,
        Some(status) => {
            let words: Vec<_> = ended.printed.lines().collect();
            Some(format!("{status}: {}", words.join(" ")))
        }
        None => Some("it waits".to_owned()),
    };
    outcome
}

/// Does the work for all, and returns what came of each in their order.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            match items.get(at) {
                Some(item) => done.push((at, work(item))),
                None => return done,
            }
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let mut done: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        let done = workers.into_iter().map(|worker| worker.join());
        done.flat_map(|done| done.unwrap_or_else(|panic| panic::resume_unwind(panic)))
            .collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_keeps_the_order() {
        let doubled = each(&[3, 1, 2], |number| number * 2);
        assert_eq!(doubled, [6, 2, 4]);
    }

    #[test]
    fn what_ends_early_is_a_fault() {
        let ended = |status, printed: &str| {
            outcome(&Ended {
                status,
                printed: printed.to_owned(),
            })
        };
        let good = Some(Default::default());
        assert!(ended(good, "took\t1.5\t20\n").is_accepted());
        let refused = ended(good, "took\t1\t20\nerror\trule\t7\twords\n");
        assert!(!refused.is_accepted());
        assert_eq!(refused.errors[0].rule, "rule");
        assert!(ended(None, "took\t1\t20\n").fault.is_some());
    }
}
