//! Fields that are written without a value, or with null, where OpenAPI has no null: they say nothing.

use serde_json::{Value, json};

use super::outside::follow;
use super::places::Place;
use super::{Draft, Kind};
use crate::report::{Finding, quoted};
use crate::tree::escaped;

/// What may be null.
const VALUES: [&str; 6] = [
    "const",
    "dataValue",
    "default",
    "example",
    "serializedValue",
    "value",
];

/// Leaves them out. A path, an answer, a media type or a schema has its name all the same, and
/// is empty.
pub(super) fn lower(root: &mut Draft, file: &str, findings: &mut Vec<Finding>) {
    follow(root, file, &mut |draft, place, pointer: &str| {
        let mut warn = |span, pointer: String, what: &str, help| {
            let message = format!("{what} says nothing");
            let finding = Finding::warn("field-empty", span, message);
            findings.push(finding.at(pointer).with_help(help));
        };
        let has_name = matches!(place, Place::PathItem | Place::Response | Place::Media);
        if is_nothing(draft) && (place.is_schema() || has_name) {
            let span = draft.span;
            *draft = Draft::made(&json!({}), span);
            let help = "say what it is, or write `{}`";
            return warn(span, pointer.to_owned(), "this", help);
        }
        let Some(members) = draft.as_object_mut() else {
            return;
        };
        members.retain(|key, (span, member)| {
            let is_said =
                !is_nothing(member) || VALUES.contains(&key.as_str()) || key.starts_with("x-");
            if !is_said {
                let pointer = format!("{pointer}/{}", escaped(key));
                warn(
                    *span,
                    pointer,
                    &quoted(key),
                    "give it a value, or leave it out",
                );
            }
            is_said
        });
    });
}

fn is_nothing(draft: &Draft) -> bool {
    matches!(draft.kind, Kind::Scalar(Value::Null))
}
