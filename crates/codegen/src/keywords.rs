//! What the keywords of a schema are for.

use serde_json::{Map, Value};

use crate::progenitor::CONVERSIONS;

pub(crate) const TYPES: [&str; 6] = ["string", "integer", "number", "boolean", "object", "array"];

/// What says something of one type only. Of numbers and integers, it is the same.
const FOR: [(&str, &[&str]); 4] = [
    ("string", &["minLength", "maxLength", "pattern"]),
    (
        "number",
        &[
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
        ],
    ),
    (
        "object",
        &[
            "properties",
            "additionalProperties",
            "required",
            "minProperties",
            "maxProperties",
        ],
    ),
    ("array", &["items", "minItems", "maxItems", "uniqueItems"]),
];

/// What says something of values of one type only.
pub(crate) fn of(kind: &str) -> &'static [&'static str] {
    let kind = if kind == "integer" { "number" } else { kind };
    FOR.iter()
        .find(|(known, _)| *known == kind)
        .map_or(&[], |(_, keys)| keys)
}

/// Whether a keyword leaves less of the values of a type, and describes nothing that is in them.
pub(crate) fn is_limit(key: &str) -> bool {
    const PARTS: [&str; 4] = ["properties", "additionalProperties", "required", "items"];
    family(key).is_some() && !PARTS.contains(&key)
}

/// The type that a keyword says something of, if it is one.
fn family(key: &str) -> Option<&'static str> {
    let family = FOR.iter().find(|(_, keys)| keys.contains(&key));
    family.map(|(kind, _)| *kind)
}

/// The type that a `type` means. Capitals make no other one of it.
pub(crate) fn known(kind: &str) -> Option<&'static str> {
    let mut types = TYPES.into_iter();
    types.find(|known| known.eq_ignore_ascii_case(kind))
}

/// The type of a schema: its own, or that of what can only be said of one.
pub(crate) fn kind(schema: &Map<String, Value>) -> Option<&'static str> {
    let own = schema.get("type").and_then(Value::as_str);
    if own == Some("file") {
        return Some("string");
    }
    let has = |key: &str| {
        let value = schema.get(key);
        value.is_some_and(|value| value.is_object() || value.is_boolean())
    };
    let is_object = || has("properties") || has("additionalProperties");
    let is_secret = || schema.get("format").is_some_and(|name| name == "password");
    own.and_then(known)
        .or_else(|| is_object().then_some("object"))
        .or_else(|| has("items").then_some("array"))
        .or_else(|| is_secret().then_some("string"))
}

/// Whether a keyword says nothing of any value of a schema of this type. Without a type, those for
/// numbers cannot be told from those for the rest.
pub(crate) fn is_idle(key: &str, kind: Option<&str>) -> bool {
    let family = family(key);
    match (key, kind) {
        ("format", None) => true,
        ("format", Some(kind)) => matches!(kind, "object" | "array" | "boolean"),
        (_, None) => family == Some("number"),
        (_, Some("integer")) => family.is_some_and(|family| family != "number"),
        (_, Some(kind)) => family.is_some_and(|family| family != kind),
    }
}

/// The type beside which a format makes a type of the client, if it makes one.
pub(crate) fn converted(format: &str) -> Option<&'static str> {
    let conversion = CONVERSIONS.iter().find(|(_, name, _)| *name == format);
    conversion.map(|(kind, ..)| *kind)
}

/// The type of a value, as JSON has it.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether a value is of a type.
pub(crate) fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "integer" => value.is_i64() || value.is_u64(),
        kind => kind_of(value) == kind,
    }
}

/// The type that the values of an `enum` have in common: that of the schema, or else their own.
pub(crate) fn kind_of_all(schema: &Map<String, Value>, values: &[Value]) -> Option<&'static str> {
    kind(schema).or_else(|| {
        let mut kinds = values.iter().filter(|v| !v.is_null()).map(kind_of);
        let first = kinds.next()?;
        kinds.all(|kind| kind == first).then_some(first)
    })
}
