//! Where schemas stand.
//!
//! A name and a keyword can be the same word: an answer `default`, a property `enum`. Only the place of a word
//! says which it is, so whoever looks for schemas goes this way.

use serde_json::{Map, Value};

use super::METHODS;

/// What an object of a document is, as far as there are schemas in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Document,
    Components,
    PathItem,
    Operation,
    /// A parameter, or the header of an answer.
    Parameter,
    /// What has a content: a request body or an answer.
    Body,
    Media,
    Schema,
}

/// Whether a key holds one part, or a list or a map of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    One,
    Each,
}

use Count::{Each, One};
use Part::{Body, Components, Document, Media, Operation, Parameter, PathItem, Schema};

/// What stands under a key of a part.
fn below(part: Part, key: &str) -> Option<(Part, Count)> {
    Some(match (part, key) {
        (Document, "paths") => (PathItem, Each),
        (Document, "components") => (Components, One),
        (Components, "schemas") => (Schema, Each),
        (PathItem, method) if METHODS.contains(&method) => (Operation, One),
        (Operation, "parameters") => (Parameter, Each),
        (Operation, "requestBody") => (Body, One),
        (Operation, "responses") => (Body, Each),
        (Body, "headers") => (Parameter, Each),
        (Parameter | Body, "content") => (Media, Each),
        (Parameter | Media, "schema") => (Schema, One),
        (Schema, "items" | "not" | "additionalProperties") => (Schema, One),
        (Schema, "properties" | "allOf" | "oneOf" | "anyOf") => (Schema, Each),
        _ => return None,
    })
}

/// Calls `visit` with every schema in a part, a schema before those in it.
pub(crate) fn schemas<'a>(
    value: &'a Value,
    part: Part,
    visit: &mut impl FnMut(&'a Map<String, Value>),
) {
    let Some(fields) = value.as_object() else {
        return;
    };
    if part == Schema {
        visit(fields);
    }
    for (key, value) in fields {
        schemas_under(key, value, part, visit);
    }
}

/// The same for what stands under a key of a part.
pub(crate) fn schemas_under<'a>(
    key: &str,
    value: &'a Value,
    part: Part,
    visit: &mut impl FnMut(&'a Map<String, Value>),
) {
    match (below(part, key), value) {
        (Some((part, One)), value) => schemas(value, part, visit),
        (Some((part, Each)), Value::Array(list)) => {
            list.iter().for_each(|value| schemas(value, part, visit));
        }
        (Some((part, Each)), Value::Object(map)) => {
            map.values().for_each(|value| schemas(value, part, visit));
        }
        _ => {}
    }
}

/// [`schemas`], to change them.
pub(crate) fn schemas_mut(
    value: &mut Value,
    part: Part,
    visit: &mut impl FnMut(&mut Map<String, Value>),
) {
    let Some(fields) = value.as_object_mut() else {
        return;
    };
    if part == Schema {
        visit(fields);
    }
    for (key, value) in fields.iter_mut() {
        schemas_under_mut(key, value, part, visit);
    }
}

/// [`schemas_under`], to change them.
pub(crate) fn schemas_under_mut(
    key: &str,
    value: &mut Value,
    part: Part,
    visit: &mut impl FnMut(&mut Map<String, Value>),
) {
    let mut each = |value: &mut Value, part| schemas_mut(value, part, visit);
    match (below(part, key), value) {
        (Some((part, One)), value) => each(value, part),
        (Some((part, Each)), Value::Array(list)) => {
            list.iter_mut().for_each(|value| each(value, part));
        }
        (Some((part, Each)), Value::Object(map)) => {
            map.values_mut().for_each(|value| each(value, part));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_is_no_keyword_and_a_keyword_no_name() {
        let schema = |name: &str| json!({"title": name});
        let operation = json!({
            "parameters": [{"name": "p", "schema": schema("parameter"), "example": schema("no")}],
            "requestBody": {"content": {"example": {"schema": schema("body"), "examples": {
                "schema": {"value": schema("no")},
            }}}},
            "responses": {"default": {
                "headers": {"default": {"schema": schema("header")}},
                "content": {"enum": {"schema": {
                    "title": "answer",
                    "default": {"items": schema("no")},
                    "enum": [{"items": schema("no")}],
                    "x-more": {"items": schema("no")},
                    "properties": {
                        "default": schema("default"),
                        "enum": schema("enum"),
                        "example": {"title": "example", "items": schema("item")},
                        "properties": schema("properties"),
                        "oneOf": {"title": "oneOf", "anyOf": [schema("choice")]},
                    },
                }}},
            }},
        });
        let mut found = Vec::new();
        schemas(&operation, Operation, &mut |schema| {
            found.push(schema["title"].as_str().unwrap());
        });
        let expected = [
            "parameter",
            "body",
            "header",
            "answer",
            "default",
            "enum",
            "example",
            "item",
            "properties",
            "oneOf",
            "choice",
        ];
        assert_eq!(found, expected);
        let mut changed = operation.clone();
        schemas_mut(&mut changed, Operation, &mut |schema| {
            schema.insert("title".into(), json!("new"));
        });
        let mut titles = Vec::new();
        schemas(&changed, Operation, &mut |schema| {
            titles.push(&schema["title"])
        });
        assert_eq!(titles, vec!["new"; found.len()]);
    }
}
