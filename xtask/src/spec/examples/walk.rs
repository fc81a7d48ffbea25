//! Where the schemas and the examples of a document are.
//!
//! The walk knows which keys hold what: an example may have a field called `schema`, and a schema a
//! property called `example`.

use serde_json::Value;

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Document,
    Components,
    PathItem,
    Operation,
    /// A request body or an answer.
    Body,
    /// A media type, a parameter or a header: it has a schema, and examples of it.
    Holder,
    Schema,
}

/// How a key holds its children.
enum Held {
    One,
    List,
    Map,
    /// By name, then by expression.
    Callbacks,
}

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

fn child(kind: Kind, key: &str) -> Option<(Kind, Held)> {
    use Held::{Callbacks, List, Map, One};
    use Kind::{Body, Components, Document, Holder, Operation, PathItem, Schema};
    Some(match (kind, key) {
        (Document, "paths") => (PathItem, Map),
        (Document, "components") => (Components, One),
        (Components, "schemas") => (Schema, Map),
        (Components, "responses" | "requestBodies") => (Body, Map),
        (Components, "parameters" | "headers") => (Holder, Map),
        (Components | Operation, "callbacks") => (PathItem, Callbacks),
        (PathItem, method) if METHODS.contains(&method) => (Operation, One),
        (PathItem | Operation, "parameters") => (Holder, List),
        (Operation, "requestBody") => (Body, One),
        (Operation, "responses") => (Body, Map),
        (Body | Holder, "content") => (Holder, Map),
        (Body, "headers") => (Holder, Map),
        (Holder, "schema") => (Schema, One),
        (Schema, "properties") => (Schema, Map),
        (Schema, "items" | "additionalProperties" | "not") => (Schema, One),
        (Schema, "allOf" | "anyOf" | "oneOf") => (Schema, List),
        _ => return None,
    })
}

/// The JSON pointer of every schema and of everything that may have examples.
pub(super) fn places(document: &Value) -> Vec<(Kind, String)> {
    let mut places = Vec::new();
    walk(Kind::Document, document, String::new(), &mut places);
    places
}

fn walk(kind: Kind, node: &Value, pointer: String, places: &mut Vec<(Kind, String)>) {
    // What is referred to is looked at where it stands.
    if node.get("$ref").is_some() {
        return;
    }
    for (key, value) in node.as_object().into_iter().flatten() {
        let Some((kind, held)) = child(kind, key) else {
            continue;
        };
        let at = below(&pointer, key);
        match held {
            Held::One => walk(kind, value, at, places),
            Held::List => {
                for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                    walk(kind, value, format!("{at}/{index}"), places);
                }
            }
            Held::Map => walk_map(kind, value, &at, places),
            Held::Callbacks => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    walk_map(kind, value, &below(&at, name), places);
                }
            }
        }
    }
    if matches!(kind, Kind::Holder | Kind::Schema) {
        places.push((kind, pointer));
    }
}

fn walk_map(kind: Kind, map: &Value, at: &str, places: &mut Vec<(Kind, String)>) {
    for (name, value) in map.as_object().into_iter().flatten() {
        walk(kind, value, below(at, name), places);
    }
}

/// A JSON pointer, one step down.
pub(super) fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_schemas_and_holders_by_their_place() {
        let document = json!({
            "paths": {"/a/{b}": {
                "parameters": [{"schema": {}}, {"$ref": "#/components/parameters/c"}],
                "post": {
                    "requestBody": {"content": {"application/json": {
                        "schema": {"properties": {"schema": {}, "example": {"items": {}}}},
                        "example": {"schema": {"properties": {"no": {}}}},
                    }}},
                    "callbacks": {"done": {"{$url}": {"get": {"parameters": [{}]}}}},
                },
            }},
            "components": {"headers": {"h": {"schema": {"allOf": [{}]}}}},
        });
        let mut found: Vec<_> = places(&document).into_iter().map(|(_, at)| at).collect();
        found.sort();
        let media = "/paths/~1a~1{b}/post/requestBody/content/application~1json";
        let mut expected = vec![
            "/components/headers/h".to_owned(),
            "/components/headers/h/schema".to_owned(),
            "/components/headers/h/schema/allOf/0".to_owned(),
            "/paths/~1a~1{b}/parameters/0".to_owned(),
            "/paths/~1a~1{b}/parameters/0/schema".to_owned(),
            "/paths/~1a~1{b}/post/callbacks/done/{$url}/get/parameters/0".to_owned(),
            media.to_owned(),
            format!("{media}/schema"),
            format!("{media}/schema/properties/schema"),
            format!("{media}/schema/properties/example"),
            format!("{media}/schema/properties/example/items"),
        ];
        expected.sort();
        assert_eq!(found, expected);
    }
}
