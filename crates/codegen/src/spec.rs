//! Reading a spec, and what can be wrong with it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::draft::{self, Draft, Select};
use crate::report::{Finding, Report, Severity};
use crate::source::Source;
use crate::tree::{Builder, Node, Span, Tree};
use crate::{Paths, generate, json, lint, yaml};

/// An OpenAPI document, and what is wanted of it: what was [laid over it](Self::overlay), the operations that are
/// [selected](Self::select), and whether the rest may be [left out](Self::lenient).
///
/// ```
/// use tokenturn_codegen::Spec;
///
/// let report = Spec::new("keys.yaml", "swagger: '2.0'").lint();
/// assert!(report.has_errors());
/// assert!(report.to_string().contains(" --> keys.yaml:1:10"));
/// ```
pub struct Spec {
    source: Arc<Source>,
    tree: Option<Tree>,
    /// What is wrong with the text.
    findings: Vec<Finding>,
    select: Select,
    is_lenient: bool,
}

impl Spec {
    /// Reads a text in YAML or JSON. What cannot be read is found by [`lint`](Self::lint).
    ///
    /// The name is the one in reports, such as the path of a file.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let mut builder = Builder::default();
        let is_json = json::is_json(&text);
        let result = match is_json {
            true => json::read(&text, &mut builder),
            false => yaml::read(&text, &mut builder),
        };
        let (mut tree, mut findings) = builder.finish();
        if !is_json && text.contains(draft::merge_keys::MERGE) {
            tree = tree.and_then(|tree| draft::merge_keys::merged(tree.root(), &mut findings));
        }
        let source = Source::new(name.into(), text);
        findings.extend(result.err().map(|finding| *finding));
        findings
            .iter_mut()
            .for_each(|finding| finding.place(&source));
        Self {
            source: Arc::new(source),
            tree,
            findings,
            select: Select::new(),
            is_lenient: false,
        }
    }

    /// Reads a file. Bytes that are not UTF-8 are found by [`lint`](Self::lint).
    ///
    /// # Errors
    ///
    /// When the file cannot be read, with its name.
    pub fn read(path: impl AsRef<Path>) -> std::io::Result<Self> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|error| {
            let words = format!("cannot read {}: {error}", path.display());
            std::io::Error::new(error.kind(), words)
        })?;
        Ok(Self::from_bytes(path.display().to_string(), bytes))
    }

    /// Reads a text in YAML or JSON whose encoding is not known.
    pub fn from_bytes(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let error = match String::from_utf8(bytes.into()) {
            Ok(text) => return Self::new(name, text),
            Err(error) => error,
        };
        let at = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        let span = Span::new(at, at + char::REPLACEMENT_CHARACTER.len_utf8());
        let finding = Finding::error("not-utf-8", span, "this byte is not UTF-8");
        Self {
            source: Arc::new(Source::new(name.into(), text)),
            tree: None,
            findings: vec![finding.with_help("save the file in the encoding UTF-8")],
            select: Select::new(),
            is_lenient: false,
        }
    }

    /// Looks at some operations only, and at what they are made of.
    ///
    /// Nothing is generated or found of the rest. An entry that selects nothing is an error. Several
    /// selections are put together: what one of them names is looked at.
    #[must_use]
    pub fn select(mut self, select: Select) -> Self {
        self.select = self.select.and(select);
        self
    }

    /// Leaves out the operations that cannot be handled, with their findings as warnings.
    ///
    /// One more warning, `left-out`, counts and names them. What is about no operation stays an error, and
    /// so does everything when no operation would be left. To know what progenitor refuses,
    /// [`lint`](Self::lint) generates, too, and finds what [`generate`] does.
    #[must_use]
    pub fn lenient(self) -> Self {
        Self {
            is_lenient: true,
            ..self
        }
    }

    /// Lays an overlay over the document: an [OpenAPI Overlay](https://spec.openapis.org/overlay/latest.html)
    /// of version 1.0 or 1.1, for what a description lacks that is not one's own. Several are applied
    /// one after the other.
    ///
    /// An action whose target is nowhere in the document is an error, which [`lint`](Self::lint) finds.
    ///
    /// ```no_run
    /// use tokenturn_codegen::Spec;
    ///
    /// let spec = Spec::read("keys.json")?.overlay(Spec::read("keys.overlay.yaml")?);
    /// println!("{}", spec.lint());
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use]
    pub fn overlay(mut self, mut overlay: Self) -> Self {
        let mut source = Source::clone(&self.source);
        let by = source.append(&overlay.source);
        self.source = source.into();
        overlay
            .findings
            .iter_mut()
            .for_each(|found| found.shift(by));
        if overlay.tree.is_none() && overlay.findings.is_empty() {
            let finding =
                Finding::error("not-overlay", Span::new(by, by), "there is nothing in it");
            overlay
                .findings
                .push(finding.with_help("begin the overlay with `overlay: 1.0.0`"));
        }
        if let Some(tree) = &mut overlay.tree {
            tree.shift(by);
            let found = lint::lint_overlay(tree.root());
            let applies = found
                .iter()
                .all(|finding| finding.severity() != Severity::Error);
            overlay.findings.extend(found);
            if let Some(document) = self.tree.take_if(|_| applies) {
                self.tree =
                    draft::overlay::apply(document.root(), tree.root(), &mut overlay.findings);
            }
        }
        self.findings.append(&mut overlay.findings);
        self
    }

    /// The names of the files that it was read from: the spec, and what was laid over it.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.source.names()
    }

    /// Checks what the generator cannot handle, or handles in its own way.
    ///
    /// What only the generation itself can know, such as what progenitor refuses, [`generate`] finds; a
    /// [`lenient`](Self::lenient) spec is generated for it here, too.
    pub fn lint(&self) -> Report {
        if !self.is_lenient {
            return self.lowered().check().0;
        }
        match generate(self, &Paths::new("client")) {
            Ok(generated) => generated.report,
            Err(report) => report,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.source.file(0).1.name
    }

    pub(crate) fn is_lenient(&self) -> bool {
        self.is_lenient
    }

    pub(crate) fn tree(&self) -> Option<&Tree> {
        self.tree.as_ref()
    }

    /// What is checked and generated from: the same in the words of OpenAPI 3.0 that the lint knows.
    pub(crate) fn lowered(&self) -> Self {
        let mut findings = self.findings.clone();
        let root = self.tree.as_ref().map(Tree::root);
        let tree =
            root.and_then(|root| draft::lower(root, self.name(), &self.select, &mut findings));
        self.with_tree(tree, findings)
    }

    /// The same text with a changed document, of which no error is known yet.
    pub(crate) fn with(&self, draft: Draft) -> Self {
        let warnings = self.findings.iter();
        let warnings = warnings.filter(|finding| finding.severity() == Severity::Warning);
        let mut findings = warnings.cloned().collect();
        let tree = draft.tree(&mut findings);
        self.with_tree(tree, findings)
    }

    fn with_tree(&self, tree: Option<Tree>, findings: Vec<Finding>) -> Self {
        Self {
            source: Arc::clone(&self.source),
            tree,
            findings,
            select: self.select.clone(),
            is_lenient: self.is_lenient,
        }
    }

    /// The report, and the inline schemas that have to have a name of their own.
    pub(crate) fn check(&self) -> (Report, Vec<(String, String)>) {
        let mut findings = self.findings.clone();
        let mut moves = Vec::new();
        match &self.tree {
            // The findings would be about what could not be read, or is not what was meant.
            _ if findings.iter().any(|finding| {
                finding.code().starts_with("yaml") || finding.code() == "select"
            }) => {}
            Some(tree) => {
                let outcome = lint::lint(tree.root());
                findings.extend(outcome.findings);
                moves = outcome.moves;
            }
            None if findings.is_empty() => {
                let finding = Finding::error("yaml", Span::new(0, 0), "there is nothing in it");
                findings.push(finding.with_help("begin the document with `openapi: 3.0.3`"));
            }
            None => {}
        }
        (self.report(findings), moves)
    }

    /// The document as JSON, its keys in their order, with what was laid over it. None when the text cannot be
    /// read.
    pub fn document(&self) -> Option<&Value> {
        self.tree.as_ref().map(Tree::value)
    }

    /// A finding of another check, at a JSON pointer or what comes nearest to it.
    pub fn find(
        &self,
        pointer: &str,
        severity: Severity,
        code: &'static str,
        message: impl AsRef<str>,
    ) -> Finding {
        let node = self.tree.as_ref().map(|tree| tree.root().nearest(pointer));
        let span = node.map_or(Span::new(0, 0), Node::span);
        let mut finding = Finding::new(severity, code, span, message).at(pointer.to_owned());
        finding.place(&self.source);
        finding
    }

    /// A report of findings in this spec.
    pub fn report(&self, findings: impl IntoIterator<Item = Finding>) -> Report {
        Report::new(Arc::clone(&self.source), findings.into_iter().collect())
    }
}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spec")
            .field("files", &self.files().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
