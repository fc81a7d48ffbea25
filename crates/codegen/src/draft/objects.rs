//! What is no schema: fields that say nothing to a client, and those that may be missing.

use serde_json::{Value, json};

use super::access::{Members, insert, span};
use super::places::Place;
use super::version::Findings;
use super::{Draft, Kind};
use crate::prepare::{FORM, essence, is_json};
use crate::report::quoted;
use crate::tree::{Span, escaped, unescaped};

/// The dialects of JSON Schema that a description means when it names none.
const DIALECTS: [&str; 2] = [
    "https://spec.openapis.org/oas/",
    "https://json-schema.org/draft/2020-12/",
];

/// Fields that OpenAPI 3.0 does not have, and that are for readers only.
fn is_for_readers(place: Place, key: &str) -> bool {
    match place {
        Place::Document => key == "$self",
        Place::Info => key == "summary",
        Place::License => key == "identifier",
        Place::Server => key == "name",
        Place::Tag => ["summary", "parent", "kind"].contains(&key),
        Place::SecurityScheme => ["deprecated", "oauth2MetadataUrl"].contains(&key),
        Place::Response => key == "summary",
        Place::Media => key == "description",
        Place::Example => key == "serializedValue",
        _ => false,
    }
}

pub(super) fn lower(draft: &mut Draft, place: Place, pointer: &str, findings: &mut Findings<'_>) {
    let at = draft.span;
    let Some(members) = draft.as_object_mut() else {
        return;
    };
    members.retain(|key, _| !is_for_readers(place, key));
    let is_reference = members.contains_key("$ref");
    match place {
        Place::Document => {
            // References may lead into it.
            if let Some(member) = members.get("webhooks") {
                let message = "`webhooks` has no effect: the client only calls";
                let help = "receive them with a server of your own";
                findings.warn("webhooks", span(member), "/webhooks".into(), message, help);
            }
            if let Some(member) = members.shift_remove("jsonSchemaDialect") {
                dialect(&member, "jsonSchemaDialect", pointer, findings);
            }
            if !members.contains_key("paths") {
                insert(members, "paths", &json!({}), at);
            }
        }
        Place::PathItem => methods(members, pointer, findings),
        Place::Operation if !members.contains_key("responses") => {
            let any = json!({"default": {"description": ""}});
            insert(members, "responses", &any, at);
        }
        // A reference may say something of what it points to.
        Place::Parameter
        | Place::Body
        | Place::Response
        | Place::Example
        | Place::SecurityScheme
            if is_reference =>
        {
            members.retain(|key, _| !["summary", "description"].contains(&key.as_str()));
        }
        Place::Response if !members.contains_key("description") => {
            insert(members, "description", &json!(""), at);
        }
        Place::Example => {
            if let Some(value) = members.shift_remove("dataValue") {
                members.insert("value".into(), value);
            }
        }
        Place::Media => {
            streams(members, pointer, findings);
            let name = pointer.rsplit('/').next().unwrap_or_default();
            media(draft, &unescaped(name));
        }
        _ => {}
    }
}

/// Methods that OpenAPI 3.0 has no word for.
fn methods(members: &mut Members, pointer: &str, findings: &mut Findings<'_>) {
    let mut refuse = |method: &str, member: &(Span, Draft), pointer: String| {
        let message = format!("the client cannot send {}", quoted(method));
        let help = "leave the operation out";
        findings.error("method", span(member), pointer, message, help);
    };
    if let Some(member) = members.shift_remove("query") {
        refuse("QUERY", &member, format!("{pointer}/query"));
    }
    let Some((_, others)) = members.shift_remove("additionalOperations") else {
        return;
    };
    for (method, member) in others.as_object().into_iter().flatten() {
        let pointer = format!("{pointer}/additionalOperations/{}", escaped(method));
        refuse(method, member, pointer);
    }
}

/// What is sent bit by bit.
fn streams(members: &mut Members, pointer: &str, findings: &mut Findings<'_>) {
    for key in ["itemSchema", "prefixEncoding", "itemEncoding"] {
        if let Some(member) = members.shift_remove(key) {
            let message = format!("`{key}` has no effect: a body is read and sent as a whole");
            let help = "say in the description what its parts are";
            let pointer = format!("{pointer}/{key}");
            findings.warn("field-ignored", span(&member), pointer, message, help);
        }
    }
}

/// Another dialect is read as if it were the usual one.
pub(super) fn dialect(
    member: &(Span, Draft),
    key: &str,
    pointer: &str,
    findings: &mut Findings<'_>,
) {
    let text = member.1.as_text().unwrap_or_default();
    if DIALECTS.iter().any(|known| text.starts_with(known)) {
        return;
    }
    let message = format!("`{key}` has no effect: schemas are read as those of OpenAPI 3.1");
    let help = "leave it out, and write what JSON Schema 2020-12 understands";
    let pointer = format!("{pointer}/{}", escaped(key));
    findings.warn("field-ignored", span(member), pointer, message, help);
}

/// Bytes have no schema, or one that says nothing; and so have the parts of a form that are bytes.
fn media(draft: &mut Draft, name: &str) {
    let name = essence(name);
    let at = draft.span;
    if name == "multipart/form-data" {
        let properties = draft.pointer_mut("/schema/properties");
        let properties = properties.and_then(Draft::as_object_mut);
        for (_, property) in properties.into_iter().flat_map(|p| p.values_mut()) {
            if says_nothing(property) {
                bytes(property);
            }
        }
    }
    if !is_bytes(name) {
        return;
    }
    let Some(members) = draft.as_object_mut() else {
        return;
    };
    if !members.contains_key("schema") {
        insert(members, "schema", &json!({}), at);
    }
    if let Some((_, schema)) = members.get_mut("schema")
        && says_nothing(schema)
    {
        bytes(schema);
    }
}

fn bytes(schema: &mut Draft) {
    let at = schema.span;
    if !matches!(schema.kind, Kind::Object(_)) {
        *schema = Draft::made(&json!({}), at);
    }
    if let Some(members) = schema.as_object_mut() {
        insert(members, "type", &json!("string"), at);
        insert(members, "format", &json!("binary"), at);
    }
}

fn says_nothing(schema: &Draft) -> bool {
    let words = ["title", "description", "contentMediaType", "deprecated"];
    match &schema.kind {
        Kind::Object(members) => members.keys().all(|key| words.contains(&key.as_str())),
        Kind::Scalar(value) => *value == Value::Bool(true),
        Kind::List(_) => false,
    }
}

/// Whether what has this media type is no text.
pub(super) fn is_bytes(media: &str) -> bool {
    let is_text = media.starts_with("text/")
        || media.starts_with("multipart/")
        || media == "*/*"
        || media == FORM
        || is_json(media)
        || [
            "json", "xml", "yaml", "jsonl", "ndjson", "json-seq", "x-ndjson",
        ]
        .iter()
        .any(|word| media.rsplit(['/', '+']).next() == Some(word));
    !is_text
}
