//! Requests send what is set, and nothing else.
//!
//! typify sends the default of a property that nobody set, and does not send an empty list that
//! somebody did set, nor a null.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::schemas::used;
use super::walk::{Part, schemas_mut, schemas_under_mut};
use super::{components, operations_mut};
use crate::fits::{self, Wanted};
use crate::keywords::converted;

/// Marks, in its description, a property that may be left out and may be null. It is taken out
/// again where the type is known.
pub(crate) const MAY_BE_NULL: &str = "\u{e000}";

/// Leaves the defaults that an answer is completed with: no request has these schemas, and the
/// client's types hold them.
pub(super) fn defaults(document: &mut Value) {
    let original = components(document);
    let sent = used(document, &["parameters", "requestBody"]);
    each(document, &sent, &mut |schema, is_sent| {
        if let Some(default) = schema.get("default")
            && (is_sent || !is_held(&original, schema, default))
        {
            schema.shift_remove("default");
        }
    });
}

/// Whether typify makes a value of the default, of which nothing can go wrong.
pub(crate) fn is_held(document: &Value, schema: &Map<String, Value>, default: &Value) -> bool {
    let is_scalar = |schema: &Map<String, Value>| {
        let kind = schema.get("type").and_then(Value::as_str);
        matches!(kind, Some("string" | "integer" | "number" | "boolean"))
    };
    let items = schema.get("items").and_then(Value::as_object);
    let is_plain = match items {
        Some(items) => is_scalar(items) && !is_converted(items),
        None => is_scalar(schema) && !is_converted(schema),
    };
    let schema = Value::Object(schema.clone());
    let is_read = || fits::mismatch(document, &schema, default, Wanted::Read).is_none();
    is_plain && !default.is_null() && is_read()
}

/// Whether the client has a type of its own for it, whose values typify cannot write.
fn is_converted(schema: &Map<String, Value>) -> bool {
    let format = schema.get("format").and_then(Value::as_str);
    format.is_some_and(|format| format == "binary" || converted(format).is_some())
}

/// Requests go without what only answers have, and answers without what only requests have.
pub(super) fn directions(document: &mut Value) {
    let sent = used(document, &["requestBody"]);
    let answered = used(document, &["responses"]);
    each(document, &sent, &mut |schema, is_sent| {
        if is_sent {
            without(schema, "readOnly");
        } else {
            without(schema, "writeOnly");
        }
    });
    let schemas = document.pointer_mut("/components/schemas");
    let schemas = schemas.and_then(Value::as_object_mut).into_iter().flatten();
    for (_, schema) in schemas.filter(|(name, _)| answered.contains(*name) && sent.contains(*name))
    {
        schemas_mut(schema, Part::Schema, &mut |schema| {
            without(schema, "writeOnly")
        });
    }
}

/// Requires no properties of this kind.
fn without(schema: &mut Map<String, Value>, kind: &str) {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return;
    };
    let is_of_kind = |property: &Value| property.get(kind) == Some(&json!(true));
    let names = properties
        .iter()
        .filter(|(_, property)| is_of_kind(property));
    let names: Vec<String> = names.map(|(name, _)| name.clone()).collect();
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| !names.iter().any(|one| name == one));
    }
}

/// Lets requests send an empty list, an empty map and a null.
pub(super) fn absence(document: &mut Value) {
    let sent = used(document, &["requestBody"]);
    each(document, &sent, &mut |schema, is_sent| {
        if !is_sent {
            return;
        }
        let required = schema.get("required").cloned().unwrap_or_default();
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            let is_required = required
                .as_array()
                .is_some_and(|all| all.contains(&json!(name)));
            if let Some(property) = property.as_object_mut().filter(|_| !is_required) {
                optional(property);
            }
        }
    });
}

fn optional(property: &mut Map<String, Value>) {
    if property.get("nullable") == Some(&json!(true)) {
        let description = property.get("description").and_then(Value::as_str);
        let description = format!("{}{MAY_BE_NULL}", description.unwrap_or_default());
        property.insert("description".into(), json!(description));
        return;
    }
    let kind = property.get("type").and_then(Value::as_str);
    let is_made_of_others = ["allOf", "oneOf", "anyOf"]
        .into_iter()
        .any(|key| property.contains_key(key));
    let has_no_fields = || {
        let properties = property.get("properties").and_then(Value::as_object);
        properties.is_none_or(Map::is_empty)
    };
    // typify leaves these out when they are empty; an `Option` of them it does not.
    if kind == Some("array") || kind == Some("object") && has_no_fields() && !is_made_of_others {
        property.insert("nullable".into(), json!(true));
    }
}

/// Visits every schema, and says whether requests are made of it.
fn each(
    document: &mut Value,
    sent: &BTreeSet<String>,
    visit: &mut impl FnMut(&mut Map<String, Value>, bool),
) {
    for (_, operation) in operations_mut(document) {
        for (key, value) in operation {
            let is_sent = key != "responses";
            schemas_under_mut(key, value, Part::Operation, &mut |schema| {
                visit(schema, is_sent);
            });
        }
    }
    let schemas = document.pointer_mut("/components/schemas");
    for (name, schema) in schemas.and_then(Value::as_object_mut).into_iter().flatten() {
        let is_sent = sent.contains(name);
        schemas_mut(schema, Part::Schema, &mut |schema| {
            visit(schema, is_sent);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(schema: &Value) -> Value {
        let reference = |name| json!({"$ref": format!("#/components/schemas/{name}")});
        let content = |name| json!({"content": {"application/json": {"schema": reference(name)}}});
        json!({
            "paths": {"/a": {"post": {
                "requestBody": content("Sent"),
                "responses": {"200": content("Answer")},
            }}},
            "components": {"schemas": {"Sent": schema, "Answer": schema}},
        })
    }

    #[test]
    fn a_default_is_never_sent_and_must_fit_an_answer() {
        let property = |kind, default: Value| json!({"type": kind, "default": default});
        let schema = json!({"type": "object", "properties": {
            "right": property("integer", json!(5)),
            "wrong": property("integer", json!("5")),
            "big": property("integer", json!(u64::MAX)),
            "time": {"type": "string", "format": "date-time", "default": "2020-01-01"},
        }});
        let mut document = document(&schema);
        defaults(&mut document);
        let schemas = &document["components"]["schemas"];
        let left = |schema: &str| {
            let properties = schemas[schema]["properties"].as_object().unwrap();
            let left = properties
                .iter()
                .filter(|(_, p)| p.get("default").is_some());
            left.map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(left("Sent"), Vec::<String>::new());
        assert_eq!(left("Answer"), ["right"]);
    }

    #[test]
    fn what_is_of_one_direction_is_required_in_it() {
        let property = |kind: &str| json!({"type": "string", (kind): true});
        let schema = json!({"required": ["id", "code", "name"], "properties": {
            "id": property("readOnly"), "code": property("writeOnly"), "name": {"type": "string"},
        }});
        let mut document = document(&schema);
        directions(&mut document);
        let required = |name: &str| &document["components"]["schemas"][name]["required"];
        assert_eq!(*required("Sent"), json!(["code", "name"]));
        assert_eq!(*required("Answer"), json!(["id", "name"]));
    }

    #[test]
    fn what_may_be_absent_or_empty_or_null_is_told_apart() {
        let schema = json!({"type": "object", "required": ["needed"], "properties": {
            "needed": {"type": "array"},
            "list": {"type": "array"},
            "map": {"type": "object"},
            "object": {"type": "object", "properties": {"a": {}}},
            "null": {"type": "string", "nullable": true, "description": "A text."},
        }});
        let mut document = document(&schema);
        absence(&mut document);
        assert_eq!(document["components"]["schemas"]["Answer"], schema);
        let properties = &document["components"]["schemas"]["Sent"]["properties"];
        let nullable = |name: &str| properties[name].get("nullable").is_some();
        let found = ["needed", "list", "map", "object", "null"].map(nullable);
        assert_eq!(found, [false, true, true, false, true]);
        let description = format!("A text.{MAY_BE_NULL}");
        assert_eq!(properties["null"]["description"], description);
    }
}
