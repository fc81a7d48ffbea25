//! What stands beside a `$ref` in a schema: it counts in OpenAPI 3.1, and not in 3.0.

use super::access::{Members, list, object, span};
use super::places::Place;
use super::version::Findings;
use super::{Draft, schemas};
use crate::keywords::is_limit;
use crate::tree::escaped;

/// What is said of a property, and not of the values that it may have.
const ANNOTATIONS: [&str; 9] = [
    "title",
    "description",
    "default",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "nullable",
    "externalDocs",
];

pub(super) fn lower(draft: &mut Draft, place: Place, pointer: &str, findings: &mut Findings<'_>) {
    let at = draft.span;
    let Some(members) = draft.as_object_mut() else {
        return;
    };
    let Some(reference) = members.get("$ref").cloned().filter(|_| members.len() > 1) else {
        return;
    };
    let mut said = Members::new();
    let mut parts = Vec::new();
    let mut own = Members::new();
    for (key, member) in std::mem::take(members) {
        match key.as_str() {
            "$ref" => {}
            "allOf" => parts.extend(member.1.as_list().unwrap_or_default().iter().cloned()),
            key if ANNOTATIONS.contains(&key) => _ = said.insert(key.to_owned(), member),
            key if is_limit(key) => {
                let pointer = format!("{pointer}/{}", escaped(key));
                schemas::tell(key, span(&member), pointer, findings);
            }
            key if key.starts_with("x-") => {}
            _ => _ = own.insert(key, member),
        }
    }
    // It would forbid what the target has, and nobody means that.
    if !own.contains_key("properties")
        && let Some((_, rest)) = own.get("additionalProperties")
        && rest.as_bool() == Some(false)
        && let Some(member) = own.shift_remove("additionalProperties")
    {
        let pointer = format!("{pointer}/additionalProperties");
        schemas::tell("additionalProperties", span(&member), pointer, findings);
    }
    // The target has a type of its own.
    if own.keys().all(|key| key == "type") {
        own.clear();
    }
    if own.is_empty() && parts.is_empty() && (said.is_empty() || place != Place::Named) {
        members.insert("$ref".into(), reference);
        return;
    }
    let first = Members::from_iter([("$ref".to_owned(), reference)]);
    parts.insert(0, object(first, at));
    if !own.is_empty() {
        parts.insert(1, object(own, at));
    }
    members.insert("allOf".into(), (at, list(parts, at)));
    members.extend(said);
}
