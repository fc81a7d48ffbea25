//! Files in multipart bodies: they have a type of the runtime there, and nowhere else.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::body::Writing;
use super::operations_mut;
use super::references::add_schemas;
use crate::flat::Flat;
use crate::names::{lengthened, pascal};

/// The format of a file. No description has it.
pub(crate) const FILE: &str = "\u{e001}file";

/// More schemas than are ever within each other, and more than any body has.
const MAX_DEPTH: usize = 20;
const MAX_STEPS: usize = 10_000;

/// Whether a property of an object is a file, or a list of them.
pub(crate) fn has_files(document: &Value, schema: &Value) -> bool {
    object(document, schema, MAX_DEPTH, &mut { MAX_STEPS }).is_some()
}

/// Whether it is a file, or a list of them.
pub(crate) fn is_file(document: &Value, schema: &Value) -> bool {
    property(document, schema).is_some()
}

/// Gives the files of the multipart bodies their format. A component that something else may use stays
/// as it is: the body has one of its own.
pub(super) fn mark(document: &mut Value) {
    let schemas = document.pointer("/components/schemas");
    let taken = schemas.and_then(Value::as_object).into_iter().flatten();
    let mut taken: HashSet<String> = taken.map(|(name, _)| pascal(name)).collect();
    let mut paths = json!({"paths": document["paths"].take()});
    let mut named = Vec::new();
    for (_, operation) in operations_mut(&mut paths) {
        let id = operation.get("operationId").and_then(Value::as_str);
        let name = pascal(&format!("{}-body", id.unwrap_or_default()));
        let content = operation.get_mut("requestBody");
        let content = content.and_then(|body| body.get_mut("content")?.as_object_mut());
        let Some((media, body)) = content.and_then(|content| content.iter_mut().next()) else {
            continue;
        };
        let Some(schema) = body.get_mut("schema") else {
            continue;
        };
        if Writing::of(document, media, Some(schema)) != Writing::Multipart {
            continue;
        }
        let Some(marked) = object(document, schema, MAX_DEPTH, &mut { MAX_STEPS }) else {
            continue;
        };
        let is_inline = schema.get("$ref").is_none();
        *schema = marked;
        // It has its name from the operation.
        if !is_inline {
            let name = lengthened(name, "Body", |name| taken.insert(name.to_owned()));
            let reference = json!({"$ref": format!("#/components/schemas/{name}")});
            named.push((name, std::mem::replace(schema, reference)));
        }
    }
    document["paths"] = paths["paths"].take();
    add_schemas(document, named);
}

/// An object with its files marked, if it has any.
fn object(document: &Value, schema: &Value, depth: usize, left: &mut usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    *left = left.checked_sub(1)?;
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return object(
            document,
            document.pointer(target.strip_prefix('#')?)?,
            depth,
            left,
        );
    }
    let mut marked = schema.clone();
    let mut has_files = false;
    let mut replace = |old: &mut Value, new: Option<Value>| {
        has_files |= new.is_some();
        if let Some(new) = new {
            *old = new;
        }
    };
    let properties = marked.get_mut("properties").and_then(Value::as_object_mut);
    for old in properties.into_iter().flat_map(Map::values_mut) {
        let new = property(document, old);
        replace(old, new);
    }
    if let Some(old) = marked.get_mut("additionalProperties") {
        let new = property(document, old);
        replace(old, new);
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        let parts = marked.get_mut(key).and_then(Value::as_array_mut);
        for old in parts.into_iter().flatten() {
            let new = object(document, old, depth, left);
            replace(old, new);
        }
    }
    has_files.then_some(marked)
}

/// A file, or a list of them, marked.
fn property(document: &Value, schema: &Value) -> Option<Value> {
    let flat = Flat::of(document, schema);
    let marked = match (flat.kind()?, flat.get("items")) {
        ("array", Some(items)) => {
            let items = file(&Flat::of(document, items))?;
            json!({"type": "array", "items": items})
        }
        _ => return file(&flat),
    };
    Some(described(marked, &flat))
}

fn file(flat: &Flat) -> Option<Value> {
    let format = flat.get("format").and_then(Value::as_str);
    let is_file = flat.kind() == Some("string") && matches!(format, Some("binary" | FILE));
    is_file.then(|| described(json!({"type": "string", "format": FILE}), flat))
}

fn described(mut marked: Value, flat: &Flat) -> Value {
    for key in ["description", "nullable", "minItems", "maxItems"] {
        if let Some(value) = flat.get(key) {
            marked[key] = value.clone();
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_itself_has_an_end() {
        let list = json!({"type": "array", "items": {"$ref": "#/components/schemas/Tree"}});
        let document = json!({"components": {"schemas": {"Tree": list}}});
        assert!(!is_file(&document, &list));
    }

    #[test]
    fn a_component_with_files_gets_a_copy_for_its_body() {
        let file =
            json!({"type": "string", "format": "binary", "maxLength": 5, "description": "A file."});
        let schema = json!({"allOf": [{"$ref": "#/components/schemas/Files"}, {"properties": {
            "one": {"$ref": "#/components/schemas/File"}, "text": {"type": "string"},
        }}]});
        let reference = json!({"$ref": "#/components/schemas/Upload"});
        let body = |media: &str| json!({"content": {media: {"schema": reference}}});
        let mut document = json!({
            "paths": {"/a": {
                "post": {"operationId": "upload", "requestBody": body("multipart/form-data")},
                "put": {"operationId": "other", "requestBody": body("application/json")},
            }},
            "components": {"schemas": {
                "Upload": schema,
                "UploadBody": {},
                "File": file,
                "Files": {"type": "object", "properties": {"many": {"type": "array", "items": file}}},
            }},
        });
        mark(&mut document);
        let schema_of = |method: &str, media: &str| {
            document["paths"]["/a"][method]["requestBody"]["content"][media]["schema"]["$ref"]
                .clone()
        };
        assert_eq!(
            schema_of("put", "application/json"),
            "#/components/schemas/Upload"
        );
        assert_eq!(
            schema_of("post", "multipart/form-data"),
            "#/components/schemas/UploadBodyBody"
        );
        let marked = json!({"type": "string", "format": FILE, "description": "A file."});
        assert_eq!(document["components"]["schemas"]["Upload"], schema);
        assert_eq!(
            document["components"]["schemas"]["UploadBodyBody"],
            json!({"allOf": [
                {"type": "object", "properties": {"many": {"type": "array", "items": marked}}},
                {"properties": {"one": marked, "text": {"type": "string"}}},
            ]})
        );
    }
}
