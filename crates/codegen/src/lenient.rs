//! Leaves out the operations that cannot be handled, so that the others can be used.

use std::collections::HashSet;

use serde_json::Value;

use crate::draft::{Draft, keep};
use crate::fold::with_commas;
use crate::prepare::METHODS;
use crate::report::{Finding, Report, Severity, quoted};
use crate::spec::Spec;
use crate::tree::unescaped;
use crate::uses::{Operation, Uses};
use crate::{Generated, Paths, whole};

/// What is left out may uncover more, but not forever.
const ROUNDS: usize = 30;

/// So many operations are named.
const NAMES: usize = 100;

/// Generates from what can be handled. The findings of the rest become warnings.
pub(crate) fn generate(mut spec: Spec, paths: &Paths) -> Result<Generated, Report> {
    let mut left_out = LeftOut::default();
    for _ in 0..ROUNDS {
        let report = match whole(&spec, paths) {
            Ok(mut generated) => {
                generated.report = left_out.report(&spec, generated.report);
                return Ok(generated);
            }
            Err(report) => report,
        };
        spec = left_out.take(&spec, report)?;
    }
    whole(&spec, paths).map_err(|report| left_out.report(&spec, report))
}

#[derive(Default)]
struct LeftOut {
    /// The operations.
    names: Vec<String>,
    /// What they are left out for, as warnings.
    findings: Vec<Finding>,
    /// How many operations there were before.
    all: usize,
}

impl LeftOut {
    /// The spec without the operations that the errors of a report are about.
    ///
    /// An error that is about none stays one, and so does each when nothing would be left.
    fn take(&mut self, spec: &Spec, report: Report) -> Result<Spec, Report> {
        let Some(tree) = spec.tree() else {
            return Err(report);
        };
        let uses = Uses::of(tree.value());
        self.all = self.all.max(uses.operations.len());
        let mut blamed = HashSet::new();
        let mut errors = Vec::new();
        let mut others = Vec::new();
        for finding in report.findings() {
            let is_there =
                |operations: &Vec<_>| !operations.is_empty() || stands(tree.value(), finding);
            match operations(&uses, finding).filter(is_there) {
                Some(operations) if finding.severity() == Severity::Error => {
                    blamed.extend(operations);
                    errors.push(finding.clone().with_severity(Severity::Warning));
                }
                _ => others.push(finding.clone()),
            }
        }
        if blamed.len() == uses.operations.len() {
            return Err(self.report(spec, report));
        }
        self.findings.extend(errors);
        if others
            .iter()
            .any(|other| other.severity() == Severity::Error)
        {
            return Err(self.report(spec, spec.report(others)));
        }
        for (operation, value) in &uses.operations {
            if blamed.contains(operation) {
                let (path, method) = operation;
                let place = format!("{} {path}", method.to_ascii_uppercase());
                let id = value.get("operationId").and_then(|id| id.as_str());
                self.names.push(quoted(id.unwrap_or(&place)));
            }
        }
        let mut draft = Draft::new(tree.root());
        keep::operations(&mut draft, |path, method| !blamed.contains(&(path, method)));
        Ok(spec.with(draft))
    }

    /// A report of what is left, with what is said of the rest.
    fn report(&self, spec: &Spec, report: Report) -> Report {
        let mut findings = report.findings().to_vec();
        // What nothing uses any more is told of once more.
        let again = |one: &Finding| findings.iter().any(|other| one.is_same(other));
        let ours: Vec<_> = self
            .findings
            .iter()
            .filter(|one| !again(one))
            .cloned()
            .collect();
        findings.extend(ours);
        if !self.names.is_empty() {
            let mut names = self.names.iter().take(NAMES).cloned().collect::<Vec<_>>();
            if names.len() < self.names.len() {
                names.push(format!("{} more", self.names.len() - NAMES));
            }
            let message = format!(
                "{} of {} operations {} left out: {}",
                with_commas(self.names.len()),
                with_commas(self.all),
                if self.names.len() == 1 { "is" } else { "are" },
                names.join(", ")
            );
            let finding = spec.find("/paths", Severity::Warning, "left-out", message);
            findings.push(finding.with_help("other findings tell what cannot be handled in them"));
        }
        spec.report(findings)
    }
}

/// Whether the part of the document that a finding is about is still called so. What was renamed before
/// cannot be traced to its operations.
fn stands(document: &Value, finding: &Finding) -> bool {
    let depth = if finding.pointer().starts_with("/components/") {
        4
    } else {
        3
    };
    let steps: Vec<_> = finding
        .pointer()
        .splitn(depth + 1, '/')
        .take(depth)
        .collect();
    document.pointer(&steps.join("/")).is_some()
}

/// The operations that a finding is about. None when it is about the document.
fn operations<'a>(uses: &Uses<'a>, finding: &Finding) -> Option<Vec<Operation<'a>>> {
    let all = || uses.operations.iter();
    let named = finding.operations();
    if !named.is_empty() {
        let is_named = |(path, method): &Operation<'_>| {
            let mut named = named.iter();
            named.any(|(other, by)| other == path && by == method)
        };
        return Some(all().map(|(o, _)| *o).filter(is_named).collect());
    }
    let steps: Vec<_> = finding
        .pointer()
        .split('/')
        .skip(1)
        .map(unescaped)
        .collect();
    let steps: Vec<_> = steps.iter().map(String::as_str).collect();
    let is_about = |((path, method), value): &(Operation<'_>, &Value)| match steps[..] {
        ["paths", of, by, ..] if METHODS.contains(&by) => (of, by) == (*path, *method),
        ["paths", of] | ["paths", of, "parameters" | "$ref", ..] => of == *path,
        ["security", ..] => value.get("security").is_none(),
        _ => false,
    };
    match steps[..] {
        ["components", section, name, ..] => Some(uses.users((section, name))),
        ["paths", _, ..] | ["security", ..] => {
            Some(all().filter(|o| is_about(o)).map(|(o, _)| *o).collect())
        }
        _ => None,
    }
}
