//! Schemas without what says nothing, and without what nobody checks.
//!
//! progenitor refuses much that has no effect, and typify takes some of it for something else. What
//! is left out here, and could have been meant, the lint has warned of.

use serde_json::{Map, Value, json};

use crate::fits::same;
use crate::keywords::{converted, is_a, is_idle, kind, kind_of_all, known};
use crate::lint::is_read;

/// What is not checked, or is for people. A set has no order, and an answer's list has one.
const UNREAD: [&str; 8] = [
    "not",
    "pattern",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "xml",
    "externalDocs",
    "deprecated",
];

pub(super) fn schema(schema: &mut Map<String, Value>) {
    if schema.contains_key("$ref") {
        return;
    }
    type_list(schema);
    let kind = kind(schema);
    enumeration(schema, kind);
    schema.retain(|key, value| {
        is_read(key, value) && !UNREAD.contains(&key.as_str()) && !is_idle(key, kind)
    });
    schema.retain(|key, value| {
        let is_list = ["allOf", "oneOf", "anyOf", "enum"].contains(&key.as_str());
        !is_list || *value != json!([])
    });
    if schema.get("type").is_some_and(|own| own == "file") {
        schema.insert("format".into(), json!("binary"));
    }
    if schema.contains_key("type") {
        match kind {
            Some(kind) => schema.insert("type".into(), json!(kind)),
            None => schema.shift_remove("type"),
        };
    }
    let format = schema.get("format").and_then(Value::as_str);
    if let Some(wanted) = format.and_then(converted) {
        match kind == Some(wanted) {
            true => _ = schema.insert("type".into(), json!(wanted)),
            false => _ = schema.shift_remove("format"),
        }
    }
    if kind == Some("array") && !schema.contains_key("items") {
        schema.insert("items".into(), json!({}));
    }
    for (limit, flag) in [
        ("minimum", "exclusiveMinimum"),
        ("maximum", "exclusiveMaximum"),
    ] {
        if !schema.contains_key(limit) {
            schema.shift_remove(flag);
        }
    }
    if kind.is_none() {
        untyped(schema);
    }
    if schema.contains_key("oneOf")
        && let Some(any) = schema.shift_remove("anyOf")
    {
        let parts = schema.entry("allOf").or_insert_with(|| json!([]));
        if let Some(parts) = parts.as_array_mut() {
            parts.push(json!({"anyOf": any}));
        }
    }
}

/// One type, and perhaps null. What has several is any value.
fn type_list(schema: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = schema.get("type") else {
        return;
    };
    let mut others = types.iter().filter(|kind| *kind != "null");
    let one = others.next().filter(|_| others.next().is_none()).cloned();
    if types.iter().any(|kind| kind == "null") {
        schema.insert("nullable".into(), json!(true));
    }
    match one {
        Some(one) => schema.insert("type".into(), one),
        None => schema.shift_remove("type"),
    };
}

/// Leaves the values that are of the type, each once.
fn enumeration(schema: &mut Map<String, Value>, own: Option<&str>) {
    let Some(Value::Array(values)) = schema.get("enum") else {
        return;
    };
    if !values.is_empty() && values.iter().all(Value::is_null) {
        // It says all that there is to say.
        schema.retain(|key, _| key == "description");
        schema.insert("enum".into(), json!([null]));
        return;
    }
    let kind = kind_of_all(schema, values);
    let mut kept: Vec<Value> = Vec::new();
    for value in values {
        let is_of_type = || kind.is_some_and(|kind| is_a(value, kind));
        if (value.is_null() || is_of_type()) && !kept.iter().any(|one| same(one, value)) {
            kept.push(value.clone());
        }
    }
    let has_null = kept.contains(&Value::Null);
    let is_checked = matches!(kind, Some("string" | "integer" | "boolean"));
    if is_checked && kept.len() > usize::from(has_null) {
        schema.insert("enum".into(), json!(kept));
        if own.is_none() && known(kind.unwrap_or_default()).is_some() {
            schema.insert("type".into(), json!(kind));
        }
        return;
    }
    let values = schema.shift_remove("enum");
    super::schemas::describe(schema, &values.unwrap_or_default());
    if has_null {
        schema.insert("nullable".into(), json!(true));
    }
}

/// What can only be said of strings and what can only be said of others, without a type, is of no use.
fn untyped(schema: &mut Map<String, Value>) {
    let of = |kind: &str, key: &str| is_idle(key, Some(kind));
    let are_for = |kind: &str| !schema.keys().any(|key| of(kind, key));
    if !["string", "object", "array"].into_iter().any(are_for) {
        schema.retain(|key, _| !(of("string", key) || of("object", key) || of("array", key)));
    }
}
