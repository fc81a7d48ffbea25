//! What OpenAPI 3.1 says, and the same in the words of 3.0.

use serde_json::{Value, json};

use super::{Draft, path_items, version};
use crate::tree::Span;

fn lowered(mut document: Value) -> Value {
    document["openapi"] = json!("3.1.0");
    let mut draft = Draft::made(&document, Span::new(0, 0));
    path_items::inline(&mut draft, "a.json", &mut Vec::new());
    version::lower(&mut draft, "a.json", &mut Vec::new());
    version::finish(&mut draft);
    draft.value()
}

/// What becomes of a property.
fn schema(schema: &Value) -> Value {
    let property = json!({"p": schema});
    let document = json!({"components": {"schemas": {"S": {"properties": property}}}});
    let document = lowered(document);
    document["components"]["schemas"]["S"]["properties"]["p"].clone()
}

#[test]
fn a_schema_is_said_in_other_words() {
    let reference = json!({"$ref": "#/components/schemas/A"});
    let only_null = json!({"enum": [null]});
    for (newer, expected) in [
        (json!({"type": ["string"]}), json!({"type": "string"})),
        (
            json!({"type": ["string", "null"]}),
            json!({"type": "string", "nullable": true}),
        ),
        (json!({"type": "null"}), only_null.clone()),
        (
            json!({"type": ["null"], "nullable": true}),
            only_null.clone(),
        ),
        (json!({"const": null}), only_null.clone()),
        (
            json!({"type": ["integer", "number"]}),
            json!({"type": "number"}),
        ),
        (
            json!({"type": "array"}),
            json!({"type": "array", "items": {}}),
        ),
        (
            json!({"type": ["string", "integer", "null"], "minLength": 1, "format": "int32", "title": "T"}),
            json!({"title": "T", "oneOf": [
                {"type": "string", "minLength": 1},
                {"type": "integer", "format": "int32"},
                only_null,
            ]}),
        ),
        (
            json!({"type": ["string", "array"], "enum": ["a", "b"]}),
            json!({"type": "string", "enum": ["a", "b"]}),
        ),
        (
            json!({"type": ["object", "array"], "anyOf": [{"type": "object"}, {"type": "array", "items": true}]}),
            json!({"anyOf": [{"type": "object"}, {"type": "array", "items": {}}]}),
        ),
        (
            json!({"type": ["string", "number", "boolean", "object", "array"]}),
            json!({}),
        ),
        (
            json!({"const": "a"}),
            json!({"type": "string", "enum": ["a"]}),
        ),
        (json!({"const": 1}), json!({"type": "integer", "enum": [1]})),
        (
            json!({"const": 1, "type": "number"}),
            json!({"type": "number", "enum": [1]}),
        ),
        (
            json!({"const": 1.5, "type": ["number"]}),
            json!({"type": "number", "enum": [1.5]}),
        ),
        (
            json!({"const": true, "type": ["boolean", "null"]}),
            json!({"type": "boolean", "enum": [true]}),
        ),
        (json!({"const": {"a": 1}}), json!({"type": "object"})),
        (json!({"const": [1]}), json!({"type": "array", "items": {}})),
        (json!({"examples": ["a", "b"]}), json!({"example": "a"})),
        (
            json!({"examples": ["a"], "example": "c"}),
            json!({"example": "c"}),
        ),
        (json!({"examples": []}), json!({})),
        (
            json!({"exclusiveMinimum": 5}),
            json!({"minimum": 5, "exclusiveMinimum": true}),
        ),
        (
            json!({"exclusiveMinimum": 5, "minimum": 5}),
            json!({"minimum": 5, "exclusiveMinimum": true}),
        ),
        (
            json!({"exclusiveMinimum": 5, "minimum": 6}),
            json!({"minimum": 6}),
        ),
        (
            json!({"exclusiveMaximum": 5, "maximum": 6}),
            json!({"maximum": 5, "exclusiveMaximum": true}),
        ),
        (
            json!({"exclusiveMaximum": 5, "maximum": 4}),
            json!({"maximum": 4}),
        ),
        (
            json!({"exclusiveMaximum": true, "maximum": 4}),
            json!({"exclusiveMaximum": true, "maximum": 4}),
        ),
        (json!(true), json!({})),
        (json!({"not": false}), json!({})),
        (json!({"allOf": [false]}), json!({"allOf": [{"not": {}}]})),
        (
            json!({"oneOf": [false, {"type": "string"}]}),
            json!({"oneOf": [{"type": "string"}]}),
        ),
        (json!({"items": false}), json!({"items": {}, "maxItems": 0})),
        (
            json!({"additionalProperties": false}),
            json!({"additionalProperties": false}),
        ),
        (
            json!({"additionalProperties": true}),
            json!({"additionalProperties": true}),
        ),
        (
            json!({"unevaluatedProperties": false}),
            json!({"additionalProperties": false}),
        ),
        (
            json!({"allOf": [reference], "unevaluatedProperties": false}),
            json!({"allOf": [reference]}),
        ),
        (
            json!({"properties": {"const": {"const": "a"}, "never": false, "if": true}}),
            json!({"properties": {"const": {"type": "string", "enum": ["a"]}, "if": {}}}),
        ),
        (
            json!({"default": {"const": 1}, "example": {"type": ["a"]}, "enum": [{"const": 1}], "x-a": {"const": 1}}),
            json!({"default": {"const": 1}, "example": {"type": ["a"]}, "enum": [{"const": 1}], "x-a": {"const": 1}}),
        ),
        (
            json!({"contentEncoding": "base64"}),
            json!({"type": "string", "format": "byte"}),
        ),
        (
            json!({"type": "string", "contentMediaType": "image/png"}),
            json!({"type": "string", "format": "binary"}),
        ),
        (
            json!({"type": "string", "contentMediaType": "image/png", "contentEncoding": "base64"}),
            json!({"type": "string", "format": "byte"}),
        ),
        (
            json!({"type": "string", "contentMediaType": "text/html"}),
            json!({"type": "string"}),
        ),
        (
            json!({"type": "string", "contentEncoding": "quoted-printable"}),
            json!({"type": "string"}),
        ),
        (
            json!({"prefixItems": [{"type": "string", "title": "A"}, {"type": "string"}], "items": false}),
            json!({"type": "array", "items": {"type": "string"}, "maxItems": 2}),
        ),
        (
            json!({"prefixItems": [{"type": "string"}, {"type": ["integer"]}], "maxItems": 2}),
            json!({"type": "array", "maxItems": 2, "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}),
        ),
        (
            json!({"prefixItems": [{"type": "string"}]}),
            json!({"type": "array", "items": {"anyOf": [{"type": "string"}, {}]}}),
        ),
        (
            json!({"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": false}),
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
        ),
        (
            json!({"patternProperties": {"^a": false}, "additionalProperties": false}),
            json!({"type": "object", "additionalProperties": false}),
        ),
        (reference.clone(), reference.clone()),
        (
            json!({"$ref": "#/components/schemas/A", "type": "object", "$comment": "C"}),
            reference.clone(),
        ),
        (
            json!({"$ref": "#/components/schemas/A", "description": "D", "maxLength": 5}),
            json!({"allOf": [reference], "description": "D"}),
        ),
        (
            json!({"$ref": "#/components/schemas/A", "allOf": [{"type": "object"}], "required": ["a"], "title": "T"}),
            json!({"allOf": [reference, {"required": ["a"]}, {"type": "object"}], "title": "T"}),
        ),
        (
            json!({"$ref": "#/components/schemas/A", "additionalProperties": false}),
            reference.clone(),
        ),
        (
            json!({"items": {"$ref": "#/components/schemas/A", "description": "D"}}),
            json!({"items": reference}),
        ),
    ] {
        assert_eq!(schema(&newer), expected, "{newer}");
        // What 3.0 has words for stays as it is.
        assert_eq!(schema(&expected), expected, "{newer}");
    }
}

#[test]
fn an_older_document_is_not_changed() {
    let document = json!({
        "openapi": "3.0.3",
        "webhooks": {},
        "components": {"schemas": {"S": {"type": ["string", "null"], "const": 1, "$defs": {}}}},
    });
    let mut draft = Draft::made(&document, Span::new(0, 0));
    version::lower(&mut draft, "a.json", &mut Vec::new());
    assert_eq!(draft.value(), document);
}

#[test]
fn definitions_become_components() {
    let document = lowered(json!({"components": {"schemas": {
        "Node": {"type": "string"},
        "Tree": {
            "$id": "https://example.com/tree",
            "properties": {
                "a": {"$ref": "#/$defs/node"},
                "b": {"$ref": "#leaf"},
                "c": {"$ref": "#/components/schemas/Node"},
                "d": {"$ref": "#/$defs/node/properties/x"},
                "e": {"$ref": "other"},
                "f": {"oneOf": [], "discriminator": {"mapping": {"x": "#/$defs/node", "y": "node"}}},
                "g": {"$dynamicRef": "#here"},
            },
            "$defs": {
                "node": {"$dynamicAnchor": "here", "properties": {"x": {"$ref": "#"}}},
                "a/b": {"$anchor": "leaf", "$defs": {"deep": {"$ref": "#/$defs/node"}}},
            },
        },
        "Other": {"$id": "https://example.com/other", "properties": {"t": {"$ref": "/tree#leaf"}}},
        "Loose": {"properties": {"x": {"$ref": "#/definitions/y"}}, "definitions": {"y": {"const": 1}}},
    }}}));
    let schemas = &document["components"]["schemas"];
    let names: Vec<_> = schemas.as_object().unwrap().keys().collect();
    let expected = [
        "Node", "Tree", "Other", "Loose", "node_2", "a_b", "y", "deep",
    ];
    assert_eq!(names.len(), expected.len());
    assert!(
        expected.iter().all(|name| schemas.get(name).is_some()),
        "{names:?}"
    );
    for (place, reference) in [
        ("/Tree/properties/a", "#/components/schemas/node_2"),
        ("/Tree/properties/b", "#/components/schemas/a_b"),
        ("/Tree/properties/c", "#/components/schemas/Node"),
        (
            "/Tree/properties/d",
            "#/components/schemas/node_2/properties/x",
        ),
        ("/Tree/properties/e", "#/components/schemas/Other"),
        ("/Tree/properties/g", "#/components/schemas/node_2"),
        ("/node_2/properties/x", "#/components/schemas/Tree"),
        ("/deep", "#/components/schemas/node_2"),
        ("/Other/properties/t", "#/components/schemas/a_b"),
        ("/Loose/properties/x", "#/components/schemas/y"),
    ] {
        assert_eq!(
            schemas.pointer(place).unwrap(),
            &json!({"$ref": reference}),
            "{place}"
        );
    }
    let mapping = json!({"x": "#/components/schemas/node_2", "y": "node"});
    assert_eq!(
        schemas["Tree"]["properties"]["f"]["discriminator"]["mapping"],
        mapping
    );
    assert_eq!(schemas["y"], json!({"type": "integer", "enum": [1]}));
}

#[test]
fn a_shared_path_and_media_type_stand_where_they_are_used() {
    let document = lowered(json!({
        "paths": {
            "/a": {"$ref": "#/components/pathItems/A~1%20a", "summary": "Own."},
            "/loop": {"$ref": "#/components/pathItems/Loop"},
            "/none": {"$ref": "#/components/pathItems/None"},
        },
        "components": {
            "pathItems": {
                "A/ a": {"$ref": "a.json#/components/pathItems/B"},
                "B": {"summary": "B", "put": {"requestBody": {"content": {
                    "application/json": {"$ref": "#/components/mediaTypes/M~1m%20"},
                    "image/png": {},
                    "multipart/form-data": {"schema": {"properties": {"file": {}, "name": {"type": "string"}}}},
                }}}},
                "Loop": {"$ref": "#/components/pathItems/Loop"},
                "None": {},
            },
            "mediaTypes": {"M/m ": {"schema": {"const": "m"}}},
        },
    }));
    let bytes = json!({"type": "string", "format": "binary"});
    let expected = json!({
        "summary": "Own.",
        "put": {
            "requestBody": {"content": {
                "application/json": {"schema": {"type": "string", "enum": ["m"]}},
                "image/png": {"schema": bytes},
                "multipart/form-data": {"schema": {"properties": {"file": bytes, "name": {"type": "string"}}}},
            }},
            "responses": {"default": {"description": ""}},
        },
    });
    assert_eq!(document["paths"]["/a"], expected);
    assert_eq!(document["paths"]["/none"], json!({}));
    assert_eq!(document["components"], json!({}));
}

#[test]
fn what_is_referred_to_is_said_in_other_words_wherever_it_stands() {
    let content = json!({"application/json": {"schema": {"properties": {"p": {"const": 1}}}}});
    let operation = json!({"post": {"requestBody": {"content": content}}});
    let at = "post/requestBody/content/application~1json/schema";
    let mut document = json!({
        "openapi": "3.1.0",
        "paths": {},
        "webhooks": {"w": operation, "unused": {"query": {}}},
        "x-a": {"b": {"type": ["string", "null"]}, "c": {"$ref": "#/x-a/d"}, "d": {"const": "d"}},
        "components": {
            "pathItems": {"a/b": operation, "unused": {"query": {}}},
            "schemas": {"S": {
                "properties": {
                    "w": {"$ref": format!("#/webhooks/w/{at}")},
                    "i": {"$ref": format!("#/components/pathItems/a~1b/{at}/properties/p")},
                    "b": {"$ref": "#/x-a/b"},
                },
                "discriminator": {"mapping": {"c": "#/x-a/c"}},
            }},
        },
    });
    let mut draft = Draft::made(&document, Span::new(0, 0));
    let mut findings = Vec::new();
    version::lower(&mut draft, "a.json", &mut findings);
    let codes: Vec<_> = findings.iter().map(|finding| finding.code()).collect();
    assert_eq!(codes, ["webhooks"]);
    let one = json!({"type": "integer", "enum": [1]});
    for (place, expected) in [
        (format!("/webhooks/w/{at}/properties/p"), one.clone()),
        (format!("/components/pathItems/a~1b/{at}/properties/p"), one),
        (
            "/x-a/b".to_owned(),
            json!({"type": "string", "nullable": true}),
        ),
        (
            "/x-a/d".to_owned(),
            json!({"type": "string", "enum": ["d"]}),
        ),
    ] {
        *document.pointer_mut(&place).unwrap() = expected;
    }
    assert_eq!(draft.value(), document);
    version::finish(&mut draft);
    let left = draft.value();
    assert!(left.get("webhooks").is_none() && left["components"].get("pathItems").is_none());
}
