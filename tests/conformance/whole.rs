//! GitHub's whole description, before the generator.

use std::collections::BTreeMap;

use tokenturn_codegen::{Severity, Spec};

use crate::folder;

/// What the generator's README says of it.
const README: &str = include_str!("../../crates/codegen/README.md");

#[test]
fn nothing_in_it_is_refused_and_every_warning_is_counted() {
    let folder = folder();
    let path = "node/node_modules/@octokit/openapi/generated/api.github.com.json";
    let report = Spec::read(folder.join(path)).unwrap().lint();
    let mut counts = BTreeMap::new();
    for finding in report.findings() {
        assert!(
            matches!(finding.severity(), Severity::Warning),
            "{} at {}",
            finding.message(),
            finding.pointer()
        );
        *counts.entry(finding.code()).or_insert(0) += 1;
    }
    let rows = README.lines().filter_map(|line| {
        let (count, rule) = line.strip_prefix("| ")?.split_once(" | `")?;
        let count: usize = count.replace(',', "").parse().ok()?;
        Some((rule.trim_end_matches("` |"), count))
    });
    assert_eq!(counts, rows.collect());
    let shown = report.to_string();
    assert!(shown.lines().count() < 200, "{shown}");
}
