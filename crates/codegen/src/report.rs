//! What a check of a spec found, and how it is shown.

use std::fmt;
use std::sync::Arc;

use crate::source::Source;
use crate::tree::Span;
use crate::{fold, snippet};

/// What a finding means for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// No client can be generated, or it would do the wrong thing.
    Error,
    /// The client does something else than the spec says; the message tells what.
    Warning,
}

/// One thing that is wrong with a spec.
#[derive(Clone, Debug)]
pub struct Finding {
    severity: Severity,
    code: &'static str,
    message: String,
    label: Option<String>,
    help: Option<String>,
    pointer: String,
    file: Arc<str>,
    line: usize,
    column: usize,
    span: Span,
    beside: Option<(Span, &'static str)>,
    /// The operations that it is about, by path and method, where its place does not tell.
    operations: Vec<(String, &'static str)>,
}

impl Finding {
    pub(crate) fn new(
        severity: Severity,
        code: &'static str,
        span: Span,
        message: impl AsRef<str>,
    ) -> Self {
        Self {
            severity,
            code,
            message: printable(message.as_ref()),
            label: None,
            help: None,
            pointer: String::new(),
            file: Arc::default(),
            line: 1,
            column: 1,
            span,
            beside: None,
            operations: Vec::new(),
        }
    }

    pub(crate) fn error(code: &'static str, span: Span, message: impl AsRef<str>) -> Self {
        Self::new(Severity::Error, code, span, message)
    }

    pub(crate) fn warn(code: &'static str, span: Span, message: impl AsRef<str>) -> Self {
        Self::new(Severity::Warning, code, span, message)
    }

    /// Shows this place.
    pub(crate) fn over(mut self, span: Span) -> Self {
        self.span = span;
        self
    }

    pub(crate) fn at(mut self, pointer: String) -> Self {
        self.pointer = pointer;
        self
    }

    /// Shows another place, too.
    pub(crate) fn beside(mut self, span: Span, label: &'static str) -> Self {
        self.beside = Some((span, label));
        self
    }

    pub(crate) fn shift(&mut self, by: usize) {
        self.span.shift(by);
        self.beside.iter_mut().for_each(|(span, _)| span.shift(by));
    }

    pub(crate) fn with_operations(mut self, operations: Vec<(String, &'static str)>) -> Self {
        self.operations = operations;
        self
    }

    pub(crate) fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// What it says of which place.
    pub(crate) fn words(&self) -> (&'static str, u32, String) {
        (self.code, self.span.start, self.message.clone())
    }

    pub(crate) fn place(&mut self, source: &Source) {
        let offset = self.span.start as usize;
        let (start, file) = source.file(offset);
        self.file = Arc::clone(&file.name);
        (self.line, self.column) = file.line_and_column(offset - start);
    }

    /// Adds a few words that stand under the place.
    #[must_use]
    pub fn with_label(mut self, label: impl AsRef<str>) -> Self {
        self.label = Some(printable(label.as_ref()));
        self
    }

    /// Adds what to write instead.
    #[must_use]
    pub fn with_help(mut self, help: impl AsRef<str>) -> Self {
        self.help = Some(printable(help.as_ref()));
        self
    }

    /// Whether it stops the generator.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The name of the rule, such as `operation-id-missing`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The name of the file: that of the spec, or of an overlay.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column, from 1: in characters, or in bytes on a line of more than 64 KiB.
    pub fn column(&self) -> usize {
        self.column
    }

    /// The JSON pointer to the value; empty for the whole document.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The words under the place.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// What to write instead.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    pub(crate) fn span(&self) -> Span {
        self.span
    }

    pub(crate) fn operations(&self) -> &[(String, &'static str)] {
        &self.operations
    }

    pub(crate) fn other_place(&self) -> Option<(Span, &'static str)> {
        self.beside
    }
}

/// Everything that a check found in one spec.
///
/// [`Display`](fmt::Display) shows it as [`render`](Self::render) does, without colour.
#[derive(Clone)]
pub struct Report {
    source: Arc<Source>,
    findings: Vec<Finding>,
}

impl Report {
    pub(crate) fn new(source: Arc<Source>, mut findings: Vec<Finding>) -> Self {
        for finding in &mut findings {
            finding.place(&source);
        }
        findings.sort_by_key(|finding| (finding.severity, finding.span.start, finding.code));
        Self { source, findings }
    }

    /// All findings: the errors in the order of the text, and then the warnings.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether something stops the generator.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    fn count(&self, severity: Severity) -> usize {
        let findings = self.findings.iter();
        findings.filter(|f| f.severity == severity).count()
    }

    /// The findings with their places in the text, as a compiler shows them.
    ///
    /// Of the warnings of one rule, and of the errors of one rule that want the same done, the first is
    /// shown with the places of the others; a table of the rules follows then. With `colour` it has ANSI
    /// escapes, for a terminal. Control characters of the spec are not passed on.
    pub fn render(&self, colour: bool) -> String {
        let mut text = String::new();
        let groups = fold::groups(&self.findings);
        for group in &groups {
            text.push_str(&snippet::render(&self.source, group, colour));
            text.push_str("\n\n");
        }
        if groups.len() < self.findings.len() {
            for (severity, code, count) in fold::rules(&self.findings) {
                let count = fold::counted(severity, count);
                text.push_str(&format!("{count:>15}  {code}\n"));
            }
            text.push('\n');
        }
        text.push_str(&self.summary());
        text.push('\n');
        text
    }

    fn summary(&self) -> String {
        let counts = [Severity::Error, Severity::Warning];
        let counts = counts.map(|severity| (severity, self.count(severity)));
        let counts = counts.into_iter().filter(|(_, count)| *count > 0);
        let counts = counts.map(|(severity, count)| fold::counted(severity, count));
        let counts = match counts.collect::<Vec<_>>() {
            counts if counts.is_empty() => "no findings".to_owned(),
            counts => counts.join(" and "),
        };
        let name = self.source.names().next().unwrap_or_default();
        format!("{counts} in {}", printable(name))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

// A `main` that returns an error prints its `Debug`.
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Report {}

/// A word of the spec in a message. It may be long.
pub(crate) fn quoted(text: &str) -> String {
    format!("`{}`", shortened(text, 60))
}

/// At most so many characters.
pub(crate) fn shortened(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The text without what a terminal would obey.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(printable_char).collect()
}

pub(crate) fn printable_char(character: char) -> char {
    match character {
        '\t' => ' ',
        _ if character.is_control() => '\u{FFFD}',
        _ => character,
    }
}
