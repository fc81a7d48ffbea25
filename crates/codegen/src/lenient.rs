//! Leaves out the operations that cannot be handled, so that the others can be used.

use std::collections::HashSet;

use serde_json::Value;

use crate::draft::{Draft, keep};
use crate::fold::with_commas;
use crate::prepare::METHODS;
use crate::report::{Finding, Report, Severity, quoted};
use crate::spec::Spec;
use crate::tree::unescaped;
use crate::uses::{Component, Operation, Uses};
use crate::{Generated, Paths, ids, whole};

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
        let findings = report.findings().iter();
        let errors = findings.filter(|finding| finding.severity() == Severity::Error);
        let unsendable: Vec<_> = errors.clone().filter_map(unsendable).collect();
        self.all = self.all.max(uses.operations.len() + unsendable.len());
        let mut blame = Blame::of(&uses);
        let (of_parts, others): (Vec<_>, Vec<_>) =
            errors.partition(|error| blame.add(tree.value(), error));
        let blamed = blame.blamed();
        if blamed.len() == uses.operations.len() {
            return Err(self.report(spec, report));
        }
        let of_parts = of_parts.into_iter().cloned();
        self.findings
            .extend(of_parts.map(|error| error.with_severity(Severity::Warning)));
        if !others.is_empty() {
            let warnings = report.findings().iter();
            let warnings = warnings.filter(|finding| finding.severity() == Severity::Warning);
            let left = others.into_iter().chain(warnings).cloned();
            return Err(self.report(spec, spec.report(left)));
        }
        let made = ids::missing(tree.value());
        for (operation, value) in &uses.operations {
            if blamed.contains(operation) {
                let id = value.get("operationId").and_then(|id| id.as_str());
                let name = made.get(operation).map(String::as_str).or(id);
                let (path, method) = operation;
                let place = || format!("{} {path}", method.to_ascii_uppercase());
                self.names
                    .push(quoted(&name.map_or_else(place, str::to_owned)));
            }
        }
        self.names.extend(unsendable);
        let mut draft = Draft::new(tree.root());
        let named = keep::operations(&mut draft, |path, method| !blamed.contains(&(path, method)));
        self.findings.extend(named);
        Ok(spec.with(draft))
    }

    /// A report of what is left, with what is said of the rest.
    fn report(&self, spec: &Spec, report: Report) -> Report {
        let mut findings = report.findings().to_vec();
        // What nothing uses any more is told of once more.
        let mut told: HashSet<_> = findings.iter().map(Finding::words).collect();
        let ours = self.findings.iter();
        let ours: Vec<_> = ours
            .filter(|one| told.insert(one.words()))
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

/// The name of an operation that has a method which no client sends, and is no part of the document any more.
fn unsendable(finding: &Finding) -> Option<String> {
    let steps: Vec<_> = finding.pointer().split('/').map(unescaped).collect();
    match &steps[..] {
        [_, _, path, .., method] if finding.code() == "method" => {
            Some(quoted(&format!("{} {path}", method.to_ascii_uppercase())))
        }
        _ => None,
    }
}

/// The operations that errors are about.
struct Blame<'u, 'a> {
    uses: &'u Uses<'a>,
    /// The components that some operation is made of.
    used: HashSet<Component<'a>>,
    operations: HashSet<Operation<'a>>,
    components: HashSet<Component<'a>>,
}

impl<'u, 'a> Blame<'u, 'a> {
    fn of(uses: &'u Uses<'a>) -> Self {
        Self {
            uses,
            used: uses.reached(uses.operations.keys().copied()),
            operations: HashSet::new(),
            components: HashSet::new(),
        }
    }

    /// Adds what an error is about. False when it is about the document.
    fn add(&mut self, document: &Value, error: &Finding) -> bool {
        let uses = self.uses;
        let of_path = |path: &str| {
            let operations = METHODS.map(|method| uses.operation(path, method));
            operations.into_iter().flatten().collect()
        };
        let steps: Vec<_> = error.pointer().split('/').skip(1).map(unescaped).collect();
        let steps: Vec<_> = steps.iter().map(String::as_str).collect();
        let named = error.operations();
        let found: Vec<_> = match steps[..] {
            _ if !named.is_empty() => {
                let named = named.iter();
                named
                    .filter_map(|(path, method)| uses.operation(path, method))
                    .collect()
            }
            ["components", section, name, ..] => {
                let component = uses.component(section, name);
                if let Some(component) = component.filter(|one| self.used.contains(one)) {
                    self.components.insert(component);
                    return true;
                }
                Vec::new()
            }
            ["paths", path] | ["paths", path, "parameters" | "$ref", ..] => of_path(path),
            ["paths", path, method, ..] => uses.operation(path, method).into_iter().collect(),
            ["security", ..] => {
                let all = uses.operations.iter();
                let all = all.filter(|(_, value)| value.get("security").is_none());
                all.map(|(operation, _)| *operation).collect()
            }
            _ => return false,
        };
        let is_there = !found.is_empty() || stands(document, error);
        self.operations.extend(found);
        is_there
    }

    /// With those that are made of a component which an error is about.
    fn blamed(self) -> HashSet<Operation<'a>> {
        let mut operations = self.operations;
        operations.extend(self.uses.users(self.components));
        operations
    }
}
