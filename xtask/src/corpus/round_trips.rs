//! Runs the generated tests, each program for a bounded time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::crates::module;
use super::measure::each;
use crate::process::{self, Ended};

/// How long the tests of one program may take.
const LIMIT: Duration = Duration::from_secs(300);

/// The tests that fail, by module, or why a program did not come to its end, by its name.
pub(crate) fn run(programs: &[PathBuf], logs: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let run = |program: &PathBuf| {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let mut tests = Command::new(program);
        tests.arg("--test-threads=8").env("RUST_BACKTRACE", "0");
        let ended = process::end(tests, &logs.join(format!("{name}.log")), LIMIT)?;
        let failures = match end(&ended) {
            Some(words) => vec![(name.into_owned(), words)],
            None => failures(&ended.printed),
        };
        Ok(failures)
    };
    let mut by_module: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for failures in each(programs, run) {
        for (module, failure) in Result::<_>::from(failures)? {
            by_module.entry(module).or_default().push(failure);
        }
    }
    Ok(by_module)
}

/// What a program says that has not counted its tests.
fn end(ended: &Ended) -> Option<String> {
    let is_whole = ended.printed.contains("\ntest result: ");
    (!is_whole).then(|| {
        let mut last: Vec<_> = ended.printed.lines().rev().take(3).collect();
        last.reverse();
        let why = match ended.status {
            Some(status) => status.to_string(),
            None => format!("longer than {LIMIT:?}"),
        };
        format!("{why}: {}", last.join(" | "))
    })
}

/// The module of each test that failed, with its name and the first line of its panic.
fn failures(printed: &str) -> Vec<(String, String)> {
    let tests = printed.split("\n---- ").skip(1);
    let failures = tests.filter_map(|test| {
        let (name, words) = test.split_once(" stdout ----\n")?;
        let (_, words) = words.split_once("panicked at ")?;
        let words = words.lines().nth(1)?;
        let (file, test) = name.split_once("::")?;
        Some((module(file).to_owned(), format!("{test}: {words}")))
    });
    failures.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_its_module_and_its_words() {
        let printed = "\ntest m_a_round_trip::get ... FAILED\n\nfailures:\n\n\
                       ---- m_a_round_trip::get stdout ----\n\n\
                       thread 'm_a_round_trip::get' (7) panicked at part-0/src/a.rs:1:2:\n\
                       one\ntwo\n\n\nfailures:\n    m_a_round_trip::get\n";
        let expected = [("m_a".to_owned(), "get: one".to_owned())];
        assert_eq!(failures(printed), expected);
    }
}
