//! What was checked, for people.

use std::collections::BTreeSet;

use super::compare::{Compared, Comparison};
use super::exchanges::Exchanges;

/// One line for each operation and description, one for each spec.
pub(crate) fn print(comparisons: &[Comparison], exchanges: &Exchanges, specs: &[String]) {
    row([
        "operation",
        "description",
        "facts in the specs",
        "client: answers understood",
        "sandbox: answers allowed",
    ]);
    let mut names: Vec<&str> = Vec::new();
    for operation in comparisons.iter().flat_map(|c| &c.operations) {
        if operation.ours && !names.contains(&&*operation.name) {
            names.push(&operation.name);
        }
    }
    for name in names {
        for comparison in comparisons {
            if let Some(operation) = comparison.operations.iter().find(|o| o.name == name) {
                print_operation(comparison, operation, exchanges);
            }
        }
    }
    println!();
    row(["spec", "linter", "fuzzed requests", "", ""]);
    for spec in specs {
        let requests = exchanges.fuzzed(spec).to_string();
        row([spec, "no finding", &requests, "", ""]);
    }
}

fn print_operation(comparison: &Comparison, operation: &Compared, exchanges: &Exchanges) {
    let (name, description) = (&*operation.name, &*comparison.description);
    if operation.declared.is_none() {
        row([name, description, "not there", "-", "-"]);
        return;
    }
    let different = operation.differences.len();
    let facts = format!("{} equal, {different} listed", operation.equal);
    let words = |prism| {
        let statuses: BTreeSet<_> = exchanges.statuses(prism, comparison, operation);
        statuses.into_iter().collect::<Vec<_>>().join(" ")
    };
    row([name, description, &facts, &words("mock"), &words("proxy")]);
}

fn row([a, b, c, d, e]: [&str; 5]) {
    let line = format!("{a:20}  {b:14}  {c:22}  {d:26}  {e}");
    println!("{}", line.trim_end());
}
