//! Schemas as leniently as an answer has to be read.
//!
//! An answer may not be asked for again, so a value that breaks a rule must not spoil the rest of
//! it: in what an answer is made of, enums are open, and nothing is checked but types.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::operations_mut;
use super::walk::{Part, schemas, schemas_mut, schemas_under, schemas_under_mut};
use crate::keywords::is_limit;
use crate::tree::unescaped;

/// Formats for which generated code would need one more crate. They stay strings.
const FORMATS: [&str; 5] = ["uuid", "date", "ip", "ipv4", "ipv6"];

/// Leaves out the components that no operation uses: nothing that is sent or received is made of
/// them. What else was there than schemas stands where it is used by now.
pub(super) fn prune(document: &mut Value) {
    let used = used(document, &["parameters", "requestBody", "responses"]);
    if let Some(components) = document
        .get_mut("components")
        .and_then(Value::as_object_mut)
    {
        components.retain(|section, _| matches!(section.as_str(), "schemas" | "securitySchemes"));
    }
    let schemas = document.pointer_mut("/components/schemas");
    if let Some(schemas) = schemas.and_then(Value::as_object_mut) {
        schemas.retain(|name, _| used.contains(name));
    }
}

pub(super) fn loosen(document: &mut Value) {
    let answered = used(document, &["responses"]);
    for (_, operation) in operations_mut(document) {
        for (key, value) in operation {
            match key.as_str() {
                "responses" => schemas_under_mut(key, value, Part::Operation, &mut open),
                _ => schemas_under_mut(key, value, Part::Operation, &mut simplify),
            }
        }
    }
    let schemas = document.pointer_mut("/components/schemas");
    for (name, schema) in schemas.and_then(Value::as_object_mut).into_iter().flatten() {
        match answered.contains(name) {
            true => schemas_mut(schema, Part::Schema, &mut open),
            false => schemas_mut(schema, Part::Schema, &mut simplify),
        }
    }
}

/// The components that some part of the operations is made of.
pub(super) fn used(document: &mut Value, keys: &[&str]) -> BTreeSet<String> {
    let mut next = Vec::new();
    for (_, operation) in operations_mut(document) {
        let wanted = operation
            .iter()
            .filter(|(key, _)| keys.contains(&key.as_str()));
        for (key, value) in wanted {
            schemas_under(key, value, Part::Operation, &mut |schema| {
                next.extend(target(schema));
            });
        }
    }
    let mut found = BTreeSet::new();
    while let Some(name) = next.pop() {
        let schema = document.pointer("/components/schemas");
        if let Some(schema) = schema.and_then(|schemas| schemas.get(&name))
            && found.insert(name)
        {
            next.extend(components(schema, Part::Schema));
        }
    }
    found
}

/// The names of the component schemas that a part refers to.
pub(crate) fn components(value: &Value, part: Part) -> Vec<String> {
    let mut names = Vec::new();
    schemas(value, part, &mut |schema| names.extend(target(schema)));
    names
}

/// The name of the component schema that a reference points to.
fn target(schema: &Map<String, Value>) -> Option<String> {
    let text = schema.get("$ref").and_then(Value::as_str)?;
    text.strip_prefix("#/components/schemas/").map(unescaped)
}

/// Takes out what no generated code checks, here or anywhere, and what would mislead typify.
fn simplify(schema: &mut Map<String, Value>) {
    // typify names types by it, and takes two of one title for the same type.
    if schema.get("title").is_some_and(Value::is_string) && is_type(schema) {
        schema.shift_remove("title");
    }
    // It would matter to who reads only, and a part of an `allOf` would exclude the others.
    if ["properties", "allOf", "oneOf", "anyOf"]
        .iter()
        .any(|key| schema.contains_key(*key))
        && schema.get("additionalProperties") == Some(&json!(false))
    {
        schema.shift_remove("additionalProperties");
    }
    // openapiv3 knows no formats of these.
    if schema
        .get("type")
        .is_some_and(|kind| kind == "object" || kind == "array" || kind == "boolean")
    {
        schema.shift_remove("format");
    }
    if schema.get("type").is_some_and(|kind| kind == "string") {
        // Checking it would take a regex engine.
        schema.shift_remove("pattern");
        let format = schema.get("format").and_then(Value::as_str);
        if format.is_some_and(|format| FORMATS.contains(&format)) {
            schema.shift_remove("format");
        }
    }
}

/// Whether a schema becomes a type of its own, rather than a string or a number.
fn is_type(schema: &Map<String, Value>) -> bool {
    let kind = schema.get("type").and_then(Value::as_str);
    let is_scalar = matches!(kind, Some("string" | "integer" | "number" | "boolean"));
    let narrows = |key: &&str| schema.contains_key(*key);
    !is_scalar || ["enum", "minLength", "maxLength"].iter().any(narrows)
}

fn open_enum(schema: &mut Map<String, Value>) {
    if let Some(values) = schema.shift_remove("enum") {
        describe(schema, &values);
        // Samples are of what it says all the same.
        let first = values
            .as_array()
            .and_then(|v| v.iter().find(|v| !v.is_null()));
        let is_listed = |example| values.as_array().is_some_and(|v| v.contains(example));
        if let Some(first) = first
            && !schema.get("example").is_some_and(is_listed)
        {
            schema.insert("example".into(), first.clone());
        }
        let values = values.as_array();
        if values.is_some_and(|values| values.contains(&Value::Null)) {
            schema.insert("nullable".into(), json!(true));
        }
    }
}

fn open(schema: &mut Map<String, Value>) {
    simplify(schema);
    let Some(kind) = schema.get("type").and_then(Value::as_str) else {
        return;
    };
    if kind == "object" {
        if schema.get("additionalProperties") == Some(&json!(false)) {
            schema.shift_remove("additionalProperties");
        }
        return;
    }
    // A decoder would enforce them.
    schema.retain(|key, _| !is_limit(key));
    open_enum(schema);
}

/// What the enum said, for the docs.
pub(super) fn describe(schema: &mut Map<String, Value>, values: &Value) {
    let values = values.as_array().into_iter().flatten();
    let values = values
        .filter(|value| !value.is_null())
        .map(|value| match value {
            Value::String(text) => format!("`{text}`"),
            value => format!("`{value}`"),
        });
    let values = values.collect::<Vec<_>>().join(", ");
    let text = schema.get("description").and_then(Value::as_str);
    let text = text.unwrap_or_default().trim_end();
    let text = format!("{text}\n\nAmong them {values}.");
    schema.insert("description".into(), json!(text.trim_start()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_leniently_and_a_request_written_strictly() {
        let level = json!({"type": "string", "enum": ["a", "b"], "maxLength": 1, "pattern": "."});
        let mut document = json!({
            "paths": {"/a": {"post": {
                "requestBody": {"content": {"application/json": {"schema": level}}},
                "responses": {"200": {"content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Answer"},
                    "example": {"type": "string", "enum": ["kept"]},
                }}}},
            }}},
            "components": {"schemas": {
                "Answer": {"type": "object", "additionalProperties": false, "properties": {
                    "level": {"$ref": "#/components/schemas/Level"},
                    "id": {"type": "string", "format": "uuid", "description": "Its name."},
                    "either": {"oneOf": [{"type": "string", "enum": ["tag"]}]},
                }},
                "Level": level,
                "Sent": level,
                "Unused": level,
            }},
        });
        document["paths"]["/a"]["post"]["parameters"] = json!([
            {"schema": {"$ref": "#/components/schemas/Sent"}},
        ]);
        prune(&mut document);
        loosen(&mut document);
        let strict = json!({"type": "string", "enum": ["a", "b"], "maxLength": 1});
        let open = json!({"type": "string", "description": "Among them `a`, `b`.", "example": "a"});
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Sent"], strict);
        assert_eq!(schemas.get("Unused"), None);
        assert_eq!(schemas["Level"], open);
        let expected = json!({"type": "object", "properties": {
            "level": {"$ref": "#/components/schemas/Level"},
            "id": {"type": "string", "description": "Its name."},
            "either": {"oneOf": [{"type": "string", "description": "Among them `tag`.", "example": "tag"}]},
        }});
        assert_eq!(schemas["Answer"], expected);
        let operation = &document["paths"]["/a"]["post"];
        let body = &operation["requestBody"]["content"]["application/json"];
        assert_eq!(body["schema"], strict);
        let answer = &operation["responses"]["200"]["content"]["application/json"];
        assert_eq!(
            answer["example"],
            json!({"type": "string", "enum": ["kept"]})
        );
    }
}
