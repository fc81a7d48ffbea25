//! OpenAPI 3.1 and 3.2 in the words of 3.0.
//!
//! What 3.0 has no words for, and what the client does not need, goes; a warning tells of what it meant.
//! What the client would have to know stays, and the lint refuses it where it stands.

use super::places::{Place, walk};
use super::{Draft, definitions, objects, schemas, shared, siblings};
use crate::report::{Finding, Severity};
use crate::tree::Span;

/// Rewrites a document of a newer version than 3.0.
pub(super) fn lower(draft: &mut Draft, findings: &mut Vec<Finding>) {
    let version = draft.text("openapi").unwrap_or_default();
    if !["3.1", "3.2"]
        .iter()
        .any(|known| is_version(version, known))
    {
        return;
    }
    shared::inline(draft);
    definitions::move_out(draft);
    let findings = &mut Findings(findings);
    walk(
        draft,
        Place::Document,
        &mut String::new(),
        &mut |draft, place, pointer| {
            if place.is_schema() {
                schemas::lower(draft, place, pointer, findings);
                siblings::lower(draft, place, pointer, findings);
            } else {
                objects::lower(draft, place, pointer, findings);
            }
        },
    );
}

/// Whether a version is a patch of another, such as 3.1.1 of 3.1.
pub(crate) fn is_version(version: &str, known: &str) -> bool {
    let patch = version.strip_prefix(known);
    patch.is_some_and(|patch| patch.is_empty() || patch.starts_with('.'))
}

/// What is found on the way.
pub(super) struct Findings<'f>(&'f mut Vec<Finding>);

impl Findings<'_> {
    pub(super) fn warn(
        &mut self,
        code: &'static str,
        span: Span,
        pointer: String,
        message: impl AsRef<str>,
        help: &str,
    ) {
        let finding = Finding::new(Severity::Warning, code, span, message);
        self.0.push(finding.at(pointer).with_help(help));
    }

    pub(super) fn error(
        &mut self,
        code: &'static str,
        span: Span,
        pointer: String,
        message: impl AsRef<str>,
        help: &str,
    ) {
        let finding = Finding::error(code, span, message);
        self.0.push(finding.at(pointer).with_help(help));
    }
}
