//! Two schemas, field by field.

use serde_json::{Map, Value};

use super::compare::{Facts, object};

/// What may stand beside a type and narrow it.
const LIMITS: [&str; 9] = [
    "format",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
];

/// Notes what is the same and what is not in the schemas at `what`.
pub(crate) fn compare(facts: &mut Facts, what: &str, official: &Value, ours: &Value) {
    let (official, ours) = (merged(official), merged(ours));
    facts.note(format!("{what} type"), kind(&official), kind(&ours));
    let nullable = |schema: &Map<String, Value>| match schema.get("nullable") {
        Some(Value::Bool(true)) => "yes",
        _ => "no",
    };
    facts.note(
        format!("{what} nullable"),
        nullable(&official),
        nullable(&ours),
    );
    for limit in LIMITS {
        if official.contains_key(limit) || ours.contains_key(limit) {
            let what = format!("{what} {limit}");
            facts.note(what, text(official.get(limit)), text(ours.get(limit)));
        }
    }
    if let (Some(official), Some(ours)) = (official.get("items"), ours.get("items")) {
        compare(facts, &format!("{what}[]"), official, ours);
    }
    let (values, our_values) = (map_values(&official), map_values(&ours));
    let name = format!("{what}{{}}");
    if values.is_some() || our_values.is_some() {
        facts.presence(&name, values.is_some(), our_values.is_some());
    }
    if let (Some(official), Some(ours)) = (values, our_values) {
        compare(facts, &name, official, ours);
    }
    let fields = |schema: &Map<String, Value>, other: &Map<String, Value>| {
        let mut fields = schema.get("properties").map(object).unwrap_or_default();
        // One schema for all names stands for each of them.
        if let Some(values) = map_values(schema) {
            let others = other.get("properties").map(object).unwrap_or_default();
            for name in others.into_iter().map(|(name, _)| name) {
                fields.entry(name).or_insert_with(|| values.clone());
            }
        }
        fields
    };
    facts.each(
        |name| format!("{what}.{name}"),
        &fields(&official, &ours),
        &fields(&ours, &official),
        |facts, name, field, our_field| {
            let what = format!("{what}.{name}");
            let required = (required(&official, name), required(&ours, name));
            facts.note(format!("{what} required"), required.0, required.1);
            compare(facts, &what, field, our_field);
        },
    );
}

fn required(schema: &Map<String, Value>, name: &str) -> &'static str {
    let names = schema.get("required").and_then(Value::as_array);
    if names.is_some_and(|names| names.iter().any(|n| n == name)) {
        "yes"
    } else {
        "no"
    }
}

/// The schema that the values of a map have.
fn map_values(schema: &Map<String, Value>) -> Option<&Value> {
    schema.get("additionalProperties").filter(|v| v.is_object())
}

/// A schema with the parts of its `allOf` in it.
fn merged(schema: &Value) -> Map<String, Value> {
    let mut all = schema.as_object().cloned().unwrap_or_default();
    let Some(Value::Array(parts)) = all.remove("allOf") else {
        return all;
    };
    for (key, value) in parts.iter().flat_map(merged) {
        match (all.get_mut(&key), value) {
            (Some(Value::Object(into)), Value::Object(more)) => into.extend(more),
            (Some(Value::Array(into)), Value::Array(more)) => into.extend(more),
            (Some(_), _) => {}
            (None, value) => drop(all.insert(key, value)),
        }
    }
    all
}

fn kind(schema: &Map<String, Value>) -> String {
    let alternatives = schema.get("oneOf").or(schema.get("anyOf"));
    match (schema.get("type"), alternatives) {
        (Some(kind), _) => text(Some(kind)),
        (None, Some(Value::Array(kinds))) => {
            let kinds: Vec<_> = kinds.iter().map(|k| kind(&merged(k))).collect();
            kinds.join("/")
        }
        (None, _) if schema.contains_key("properties") => "object".into(),
        (None, _) => "any".into(),
    }
}

/// A value without quotes and commas.
fn text(value: Option<&Value>) -> String {
    match value {
        None => "none".into(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(values)) => {
            let values: Vec<_> = values.iter().map(|value| text(Some(value))).collect();
            values.join("/")
        }
        Some(value) => value.to_string(),
    }
}
