//! The test program `conformance`: client, sandbox and fuzzer against each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::compare::{Compared, Comparison};
use super::tools::Tools;
use crate::process;

/// With a build of the tests.
const LIMIT: Duration = Duration::from_secs(900);

/// What the program says that it has done.
#[derive(Default)]
pub(crate) struct Exchanges {
    /// The statuses, by the kind of Prism, the description and the operation.
    statuses: BTreeMap<[String; 3], BTreeSet<String>>,
    /// Requests that the fuzzer has made, by spec.
    fuzzed: BTreeMap<String, usize>,
}

impl Exchanges {
    /// From Prism, which is a `mock` or a `proxy`.
    pub(crate) fn statuses(
        &self,
        prism: &str,
        comparison: &Comparison,
        operation: &Compared,
    ) -> BTreeSet<String> {
        let key = [prism, &comparison.description, &operation.name].map(str::to_owned);
        self.statuses.get(&key).cloned().unwrap_or_default()
    }

    pub(crate) fn fuzzed(&self, spec: &str) -> usize {
        self.fuzzed.get(spec).copied().unwrap_or_default()
    }
}

/// Runs it, and sees to it that nothing was left out.
pub(crate) fn run(root: &Path, tools: &Tools, comparisons: &[Comparison]) -> Result<Exchanges> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["test", "--workspace", "--locked", "--test=conformance"])
        .args(["--", "--nocapture", "--test-threads=1"])
        .env("TOKENTURN_CONFORMANCE", tools.folder())
        .env("RUST_BACKTRACE", "0")
        .current_dir(root);
    let exchanges = parse(&process::run(cargo, &tools.log("exchanges"), LIMIT)?);
    for comparison in comparisons {
        for operation in &comparison.operations {
            if operation.ours
                && let Some(declared) = &operation.declared
            {
                let what = format!("{} {}", comparison.description, operation.name);
                let mock = exchanges.statuses("mock", comparison, operation);
                ensure!(mock == *declared, "{what}: only {mock:?} of {declared:?}");
                let proxy = exchanges.statuses("proxy", comparison, operation);
                let succeeded = proxy.iter().any(|status| status.starts_with('2'));
                ensure!(succeeded, "{what}: the sandbox was not asked");
            }
        }
    }
    Ok(exchanges)
}

fn parse(printed: &str) -> Exchanges {
    let mut exchanges = Exchanges::default();
    for line in printed.lines() {
        // The test's name may stand before it.
        let words: Vec<_> = line
            .split(' ')
            .skip_while(|word| !["exchanged", "fuzzed"].contains(word))
            .collect();
        match words[..] {
            ["exchanged", prism, description, operation, status] => {
                let key = [prism, description, operation].map(str::to_owned);
                let statuses = exchanges.statuses.entry(key).or_default();
                statuses.insert(status.to_owned());
            }
            ["fuzzed", spec, requests] => {
                let sum = exchanges.fuzzed.entry(spec.to_owned()).or_default();
                *sum += requests.parse::<usize>().unwrap_or_default();
            }
            _ => {}
        }
    }
    exchanges
}
