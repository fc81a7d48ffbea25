//! Schemas that become types of the runtime: secrets, times, amounts and lifetimes.
//!
//! progenitor compares the whole schema, so that a limit beside the format, or an `allOf` around
//! it, would make a string of it that prints. What narrows it has no effect in the client.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::inherited;
use super::operations_mut;
use super::references::add_schemas;
use super::walk::{Part, schemas_mut};
use crate::names::{lengthened, pascal};
use crate::progenitor::CONVERSIONS;
use crate::tree::escaped;

/// What stays of such a schema, besides its type.
const KEPT: [&str; 5] = ["title", "description", "example", "default", "nullable"];

/// Such components, by the reference to them.
pub(super) type Named = HashMap<String, Map<String, Value>>;

/// Leaves of each such schema what progenitor knows. Gives a pointer to where a secret might print.
pub(super) fn reduce(document: &mut Value) -> Option<String> {
    let named = named(document);
    schemas_mut(document, Part::Document, &mut |schema| {
        if let Some(plain) = plain(schema, &named) {
            *schema = plain;
        }
    });
    let shown = inherited::settle(document, &named);
    // A component becomes a type around that of the runtime, which a path or a header cannot show.
    for (_, operation) in operations_mut(document) {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        let parameters = parameters.into_iter().flatten();
        for schema in parameters.filter_map(|parameter| parameter.get_mut("schema")) {
            let target = schema.get("$ref").and_then(Value::as_str);
            if let Some(plain) = target.and_then(|target| named.get(target)) {
                *schema = Value::Object(plain.clone());
            }
        }
    }
    shown
}

fn named(document: &Value) -> Named {
    let schemas = document.pointer("/components/schemas");
    let schemas = schemas.and_then(Value::as_object);
    let mut named = Named::new();
    // A component may be made of one that comes later.
    loop {
        let before = named.len();
        for (name, schema) in schemas.into_iter().flatten() {
            let reference = format!("#/components/schemas/{}", escaped(name));
            if !named.contains_key(&reference)
                && let Some(plain) = schema.as_object().and_then(|schema| plain(schema, &named))
            {
                named.insert(reference, plain);
            }
        }
        if named.len() == before {
            return named;
        }
    }
}

/// The same of a schema or of the component that it refers to.
pub(super) fn of(schema: &Map<String, Value>, named: &Named) -> Option<Map<String, Value>> {
    match schema.get("$ref") {
        Some(target) => named.get(target.as_str()?).cloned(),
        None => plain(schema, named),
    }
}

/// The schema without what narrows it, if it becomes a type of the runtime.
fn plain(schema: &Map<String, Value>, named: &Named) -> Option<Map<String, Value>> {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    let (kind, format) = (text("type"), text("format"));
    let is_own = CONVERSIONS
        .iter()
        .any(|known| (Some(known.0), Some(known.1)) == (kind, format));
    let mut plain = Map::new();
    if is_own {
        plain.insert("type".into(), json!(kind));
        plain.insert("format".into(), json!(format));
    } else {
        plain = parts(schema).find_map(|part| of(part.as_object()?, named))?;
        // Nothing is of both types.
        if kind.is_some_and(|kind| plain["type"] != kind) {
            return None;
        }
    }
    for key in KEPT {
        if let Some(value) = schema.get(key) {
            plain.insert(key.into(), value.clone());
        }
    }
    Some(plain)
}

/// The schemas of which it has to fit every one.
fn parts(schema: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let lists = ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|key| {
        let parts = schema.get(key)?.as_array()?;
        (key == "allOf" || parts.len() == 1).then_some(parts)
    });
    lists.flatten()
}

/// Gives a name to the bodies that are nothing but secrets: a secret by itself is not serialized,
/// and the types that hold one say how.
pub(super) fn name_bodies(document: &mut Value) {
    let schemas = document.pointer("/components/schemas");
    let taken = schemas.and_then(Value::as_object).into_iter().flatten();
    let taken: Vec<String> = taken.map(|(name, _)| pascal(name)).collect();
    let mut named = Vec::new();
    for (_, operation) in operations_mut(document) {
        let id = operation.get("operationId").and_then(Value::as_str);
        let id = pascal(id.unwrap_or_default());
        let mut name = |content: &mut Value, word: &str| {
            let content = content.get_mut("content").and_then(Value::as_object_mut);
            let bodies = content.into_iter().flat_map(Map::values_mut);
            let schemas = bodies.filter_map(|body| body.get_mut("schema"));
            for schema in schemas.filter(|schema| is_secret(schema)) {
                let is_free = |name: &str| !taken.iter().any(|taken| taken == name);
                let name = lengthened(format!("{id}{word}"), "Body", is_free);
                let reference = json!({"$ref": format!("#/components/schemas/{name}")});
                named.push((name, std::mem::replace(schema, reference)));
            }
        };
        if let Some(body) = operation.get_mut("requestBody") {
            name(body, "Body");
        }
        let answers = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        for answer in answers.into_iter().flat_map(Map::values_mut) {
            name(answer, "Response");
        }
    }
    add_schemas(document, named);
}

/// Whether it is a secret, or a list or a map of them.
pub(crate) fn is_secret(mut schema: &Value) -> bool {
    while let Some(inner) = schema.get("items").or_else(|| {
        let has_fields = schema.get("properties").is_some();
        schema.get("additionalProperties").filter(|_| !has_fields)
    }) {
        schema = inner;
    }
    schema
        .get("format")
        .is_some_and(|format| format == "password")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_narrows_a_secret_or_a_time_is_left_out() {
        let secret = json!({"type": "string", "format": "password"});
        let reference = json!({"$ref": "#/components/schemas/Secret"});
        for (schema, expected) in [
            (secret.clone(), secret.clone()),
            (reference.clone(), reference.clone()),
            (
                json!({"type": "string", "format": "date-time", "maxLength": 9, "x-a": 1, "description": "a"}),
                json!({"type": "string", "format": "date-time", "description": "a"}),
            ),
            (
                json!({"allOf": [reference, {"minLength": 8}], "xml": {}}),
                secret.clone(),
            ),
            (
                json!({"allOf": [{"allOf": [reference]}, {"type": "string"}]}),
                secret.clone(),
            ),
            (
                json!({"oneOf": [reference], "nullable": true, "example": "a"}),
                json!({"type": "string", "format": "password", "example": "a", "nullable": true}),
            ),
            (
                json!({"anyOf": [reference, {"type": "integer"}]}),
                json!({"anyOf": [reference, {"type": "integer"}]}),
            ),
            (
                json!({"type": "array", "items": {"allOf": [reference]}}),
                json!({"type": "array", "items": secret}),
            ),
            (
                json!({"type": "object", "allOf": [reference]}),
                json!({"type": "object", "allOf": [reference]}),
            ),
            (
                json!({"allOf": [{"$ref": "#/components/schemas/Loop"}]}),
                json!({"allOf": [{"$ref": "#/components/schemas/Loop"}]}),
            ),
        ] {
            let mut document = json!({"components": {"schemas": {
                "A": schema,
                "Secret": {"type": "string", "format": "password", "pattern": "a"},
                "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}]},
            }}});
            reduce(&mut document);
            let schemas = &document["components"]["schemas"];
            assert_eq!((&schemas["A"], &schemas["Secret"]), (&expected, &secret));
        }
    }

    #[test]
    fn bodies_of_secrets_have_a_name() {
        let secret = json!({"type": "string", "format": "password"});
        let codes = json!({"type": "array", "items": {"additionalProperties": secret}});
        let plain = json!({"type": "object", "properties": {"a": secret}});
        let body = |schema: &Value| json!({"content": {"application/json": {"schema": schema}}});
        let mut document = json!({
            "paths": {"/a": {"post": {
                "operationId": "a",
                "requestBody": body(&secret),
                "responses": {"200": body(&codes)},
            }, "put": {"operationId": "b", "responses": {"200": body(&plain)}}}},
            "components": {"schemas": {"ABody": {}}},
        });
        name_bodies(&mut document);
        let schemas = json!({"ABody": {}, "ABodyBody": secret, "AResponse": codes});
        assert_eq!(document["components"]["schemas"], schemas);
        let reference = json!({"$ref": "#/components/schemas/ABodyBody"});
        assert_eq!(
            document["paths"]["/a"]["post"]["requestBody"],
            body(&reference)
        );
        assert_eq!(
            document["paths"]["/a"]["put"]["responses"]["200"],
            body(&plain)
        );
    }
}
