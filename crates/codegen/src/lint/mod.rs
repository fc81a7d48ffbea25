//! Finds what the generator cannot handle, and what it handles in its own way.
//!
//! Each part of a document is looked at once, where it stands; a `$ref` is followed only to see
//! what the place that has it may not point to. An error is what would make the generator fail or
//! the client do the wrong thing; a warning is what the client ignores or does otherwise.

mod answers;
mod arguments;
mod bodies;
mod document;
mod encoding;
mod examples;
mod formats;
mod names;
mod operations;
mod overlay;
mod parameters;
mod parts;
mod paths;
mod references;
mod retry;
mod schemas;
mod secrets;
mod shape;
mod types;
mod unsendable;
mod values;

use std::collections::{HashMap, HashSet};

pub(crate) use names::are_same;
pub(crate) use overlay::lint_overlay;
pub(crate) use shape::is_read;

use crate::report::{Finding, Severity};
use crate::tree::Node;

/// What is checked in pages for people, which are not generated.
const RULES_FOR_PAGES: [&str; 6] = [
    "shape",
    "missing-field",
    "unknown-field",
    "reference-missing",
    "reference-outside",
    "reference-siblings",
];

/// What the lint says of a document.
pub(crate) struct Outcome {
    pub(crate) findings: Vec<Finding>,
    /// Inline schemas, by JSON pointer, whose type has to have another name than its own.
    pub(crate) moves: Vec<(String, String)>,
}

/// Checks a whole document.
pub(crate) fn lint(root: Node<'_>) -> Outcome {
    let mut lint = Lint::new(root);
    lint.document();
    Outcome {
        findings: lint.findings,
        moves: lint.moves,
    }
}

struct Lint<'a> {
    root: Node<'a>,
    /// By section and name.
    components: HashMap<(&'a str, &'a str), Node<'a>>,
    /// The names of operations that have none, by the numbers of their nodes.
    ids: HashMap<u32, String>,
    in_page: bool,
    /// Whether an operation says what happens when it is sent twice.
    is_ours: bool,
    /// Whether something is made of what is looked at. What is wrong with anything else stops nobody.
    is_used: bool,
    /// The components that operations and other used components refer to.
    used: HashSet<(&'a str, &'a str)>,
    /// Those of them that have not been looked at yet.
    next: Vec<(&'a str, &'a str)>,
    /// The bodies of 2xx answers that have been looked at.
    decoded: HashSet<u32>,
    findings: Vec<Finding>,
    moves: Vec<(String, String)>,
}

impl<'a> Lint<'a> {
    fn new(root: Node<'a>) -> Self {
        Self {
            components: references::components(root),
            root,
            ids: HashMap::new(),
            in_page: false,
            is_ours: false,
            is_used: true,
            used: HashSet::new(),
            next: Vec::new(),
            decoded: HashSet::new(),
            findings: Vec::new(),
            moves: Vec::new(),
        }
    }

    fn error(&mut self, code: &'static str, node: Node<'a>, message: impl AsRef<str>, help: &str) {
        self.push(Severity::Error, code, node, message.as_ref(), help);
    }

    fn warn(&mut self, code: &'static str, node: Node<'a>, message: impl AsRef<str>, help: &str) {
        self.push(Severity::Warning, code, node, message.as_ref(), help);
    }

    fn push(
        &mut self,
        severity: Severity,
        code: &'static str,
        node: Node<'a>,
        message: &str,
        help: &str,
    ) {
        if self.in_page && !RULES_FOR_PAGES.contains(&code) {
            return;
        }
        let severity = match self.is_used {
            true => severity,
            false => Severity::Warning,
        };
        let span = match code {
            // These are about the name, whatever its value is.
            "unknown-field" | "reference-siblings" => node.key_span(),
            _ => node.span(),
        };
        let finding = Finding::new(severity, code, span, message).at(node.pointer());
        self.findings.push(finding.with_help(help));
    }

    /// A finding that only both places together explain.
    fn clash(
        &mut self,
        severity: Severity,
        code: &'static str,
        node: Node<'a>,
        first: Node<'a>,
        message: impl AsRef<str>,
        help: &str,
    ) {
        let findings = self.findings.len();
        self.push(severity, code, node, message.as_ref(), help);
        if let Some(finding) = self.findings.get_mut(findings) {
            *finding = finding.clone().beside(first.span(), "the first one");
        }
    }
}
