//! Puts what an operation refers to into the operation.

use serde_json::{Map, Value, json};

use super::{change_paths, operations_mut};

/// What a node stands for: itself, or the end of its references.
pub(crate) fn resolve<'a>(document: &'a Value, mut node: &'a Value) -> &'a Value {
    // The lint refuses loops; nothing else is this long.
    for _ in 0..32 {
        let target = node.get("$ref").and_then(Value::as_str);
        let target = target.and_then(|text| document.pointer(text.strip_prefix('#')?));
        match target {
            Some(target) => node = target,
            None => break,
        }
    }
    node
}

/// Replaces the references to parameters, bodies and answers (those to schemas stay), and gives
/// the parameters of a path to its operations.
pub(super) fn inline(document: &mut Value) {
    change_paths(document, |paths, document| {
        let items = paths["paths"].as_object_mut();
        let items = items.into_iter().flat_map(Map::values_mut);
        for item in items.filter_map(Value::as_object_mut) {
            share_parameters(document, item);
        }
        for (_, operation) in operations_mut(paths) {
            let responses = operation
                .get_mut("responses")
                .and_then(Value::as_object_mut);
            for response in responses.into_iter().flat_map(Map::values_mut) {
                take_in(document, response);
            }
            if let Some(body) = operation.get_mut("requestBody") {
                take_in(document, body);
            }
        }
    });
}

/// Replaces a reference by what it stands for.
fn take_in(document: &Value, node: &mut Value) {
    if node.get("$ref").is_some() {
        *node = resolve(document, node).clone();
    }
}

/// Moves inline schemas, by JSON pointer, into components of these names.
pub(super) fn move_schemas(document: &mut Value, moves: &[(String, String)]) {
    // What stands within another goes first.
    let mut moves: Vec<_> = moves.iter().collect();
    moves.sort_by_key(|(pointer, _)| std::cmp::Reverse(pointer.len()));
    let mut named = Vec::new();
    for (pointer, name) in moves {
        if let Some(schema) = document.pointer_mut(pointer) {
            let reference = json!({"$ref": format!("#/components/schemas/{name}")});
            named.push((name.clone(), std::mem::replace(schema, reference)));
        }
    }
    add_schemas(document, named);
}

/// Adds component schemas.
pub(super) fn add_schemas(document: &mut Value, named: Vec<(String, Value)>) {
    if named.is_empty() {
        return;
    }
    let schemas = document
        .as_object_mut()
        .map(|document| document.entry("components").or_insert_with(|| json!({})))
        .and_then(Value::as_object_mut)
        .map(|components| components.entry("schemas").or_insert_with(|| json!({})))
        .and_then(Value::as_object_mut);
    if let Some(schemas) = schemas {
        schemas.extend(named);
    }
}

/// A parameter of an operation replaces the path's one of the same name and place.
fn share_parameters(document: &Value, item: &mut Map<String, Value>) {
    let shared = list(document, item.shift_remove("parameters"));
    let key = |parameter: &Value| (parameter.get("in").cloned(), parameter.get("name").cloned());
    for method in super::METHODS {
        let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) else {
            continue;
        };
        let own = list(document, operation.shift_remove("parameters"));
        let inherited = shared
            .iter()
            .filter(|parameter| own.iter().all(|one| key(one) != key(parameter)));
        let inherited: Vec<Value> = inherited.cloned().collect();
        let all = inherited.into_iter().chain(own).collect();
        operation.insert("parameters".into(), Value::Array(all));
    }
}

fn list(document: &Value, parameters: Option<Value>) -> Vec<Value> {
    match parameters {
        Some(Value::Array(mut items)) => {
            items
                .iter_mut()
                .for_each(|parameter| take_in(document, parameter));
            items
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inline_schema_becomes_a_component() {
        let mut document =
            json!({"a": {"b": {"type": "object", "properties": {"c": {"enum": [1]}}}}});
        let moves = [("/a/b", "B"), ("/a/b/properties/c", "C")];
        let moves = moves.map(|(pointer, name)| (pointer.to_owned(), name.to_owned()));
        move_schemas(&mut document, &moves);
        let expected = json!({
            "a": {"b": {"$ref": "#/components/schemas/B"}},
            "components": {"schemas": {
                "C": {"enum": [1]},
                "B": {"type": "object", "properties": {"c": {"$ref": "#/components/schemas/C"}}},
            }},
        });
        assert_eq!(document, expected);
    }

    #[test]
    fn an_operation_stands_for_itself() {
        let mut document = json!({
            "paths": {"/a": {
                "parameters": [
                    {"$ref": "#/components/parameters/id"},
                    {"name": "page", "in": "query", "description": "of the path"},
                ],
                "get": {
                    "parameters": [{"name": "page", "in": "query", "description": "own"}],
                    "requestBody": {"$ref": "#/components/requestBodies/b"},
                    "responses": {"200": {"$ref": "#/components/responses/r"}},
                },
            }},
            "components": {
                "parameters": {"id": {"name": "id", "in": "path"}},
                "requestBodies": {"b": {"$ref": "#/components/requestBodies/c"}, "c": {"content": {}}},
                "responses": {"r": {"description": "R"}},
            },
        });
        inline(&mut document);
        let expected = json!({"get": {
            "requestBody": {"content": {}},
            "responses": {"200": {"description": "R"}},
            "parameters": [
                {"name": "id", "in": "path"},
                {"name": "page", "in": "query", "description": "own"},
            ],
        }});
        assert_eq!(document["paths"]["/a"], expected);
    }
}
