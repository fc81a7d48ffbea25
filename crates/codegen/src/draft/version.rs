//! OpenAPI 3.1 and 3.2 in the words of 3.0.
//!
//! What 3.0 has no words for goes. Where it meant something, a warning tells of that, or an error where the
//! client cannot do without it.

use super::secrets::Secrets;
use super::{Draft, definitions, objects, outside, schemas, shared, siblings};
use crate::report::{Finding, Severity};
use crate::tree::Span;

/// Rewrites a document of a newer version than 3.0.
pub(super) fn lower(draft: &mut Draft, file: &str, findings: &mut Vec<Finding>) {
    if !is_newer(draft) {
        return;
    }
    shared::inline(draft, file);
    definitions::move_out(draft);
    let secrets = Secrets::of(draft);
    let findings = &mut Findings { findings, secrets };
    outside::follow(draft, file, &mut |draft, place, pointer| {
        if place.is_schema() {
            schemas::lower(draft, place, pointer, findings);
            siblings::lower(draft, place, pointer, findings);
        } else {
            objects::lower(draft, place, pointer, findings);
        }
    });
}

/// Takes away what references could lead into before.
pub(super) fn finish(draft: &mut Draft) {
    if !is_newer(draft) {
        return;
    }
    if let Some(members) = draft.as_object_mut() {
        members.shift_remove("webhooks");
    }
    let components = draft.get_mut("components").and_then(Draft::as_object_mut);
    if let Some(components) = components {
        components.shift_remove("pathItems");
        components.shift_remove("mediaTypes");
    }
}

fn is_newer(draft: &Draft) -> bool {
    let version = draft.text("openapi").unwrap_or_default();
    let mut newer = ["3.1", "3.2"].iter();
    newer.any(|known| is_version(version, known))
}

/// Whether a version is a patch of another, such as 3.1.1 of 3.1.
pub(crate) fn is_version(version: &str, known: &str) -> bool {
    let patch = version.strip_prefix(known);
    patch.is_some_and(|patch| patch.is_empty() || patch.starts_with('.'))
}

/// What is found on the way.
pub(super) struct Findings<'f> {
    findings: &'f mut Vec<Finding>,
    pub(super) secrets: Secrets,
}

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
        self.findings.push(finding.at(pointer).with_help(help));
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
        self.findings.push(finding.at(pointer).with_help(help));
    }
}
