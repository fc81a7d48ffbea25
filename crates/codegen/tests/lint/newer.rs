//! OpenAPI 3.1 and 3.2: each field that the published schema of the specification has means something here.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tokenturn_codegen::Spec;

const PUBLISHED: [(&str, &str); 2] = [
    ("3.1.0", include_str!("../published/openapi-3.1.json")),
    ("3.2.0", include_str!("../published/openapi-3.2.json")),
];

/// The keywords of JSON Schema 2020-12, by its vocabularies, and those that OpenAPI adds.
const KEYWORDS: [&str; 63] = [
    // Core.
    "$schema",
    "$id",
    "$ref",
    "$anchor",
    "$dynamicRef",
    "$dynamicAnchor",
    "$vocabulary",
    "$comment",
    "$defs",
    // Applicator.
    "prefixItems",
    "items",
    "contains",
    "additionalProperties",
    "properties",
    "patternProperties",
    "dependentSchemas",
    "propertyNames",
    "if",
    "then",
    "else",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    // Unevaluated.
    "unevaluatedItems",
    "unevaluatedProperties",
    // Validation.
    "type",
    "const",
    "enum",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxContains",
    "minContains",
    "maxProperties",
    "minProperties",
    "required",
    "dependentRequired",
    // Metadata.
    "title",
    "description",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "examples",
    // Formats and contents.
    "format",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    // OpenAPI.
    "discriminator",
    "xml",
    "externalDocs",
    "example",
    // What they were called before.
    "definitions",
    "nullable",
];

/// Where an object of each name in the published schema stands, or none when nobody looks into it.
fn place(name: &str) -> Option<&'static str> {
    Some(match name {
        "info" => "/info",
        "contact" => "/info/contact",
        "license" => "/info/license",
        "server" => "/servers/0",
        "components" => "/components",
        "paths" => "/paths",
        "path-item" => "/paths/~1a",
        "operation" => "/paths/~1a/post",
        "external-documentation" => "/externalDocs",
        "parameter" => "/paths/~1a/post/parameters/0",
        "request-body" => "/paths/~1a/post/requestBody",
        "media-type" => "/paths/~1a/post/requestBody/content/application~1json",
        "responses" => "/paths/~1a/post/responses",
        "response" => "/paths/~1a/post/responses/200",
        "header" => "/paths/~1a/post/responses/200/headers/X-A",
        "example" => "/components/examples/e",
        "tag" => "/tags/0",
        "security-scheme" => "/components/securitySchemes/s",
        "reference" => "/components/responses/r",
        _ => return None,
    })
}

/// What no rule looks into: it has no effect as a whole, or is checked for being an object.
const WHOLE: [&str; 8] = [
    "explode-for-form",
    "server-variable",
    "encoding",
    "link",
    "oauth-flows",
    "callbacks",
    "examples",
    "specification-extensions",
];

fn document(version: &str) -> Value {
    json!({
        "openapi": version,
        "info": {"title": "T", "version": "1", "contact": {}, "license": {"name": "MIT"}},
        "servers": [{"url": "https://example.com"}],
        "tags": [{"name": "t"}],
        "externalDocs": {"url": "https://example.com"},
        "paths": {"/a": {"post": {
            "operationId": "op",
            "parameters": [{"name": "p", "in": "query", "schema": {"type": "string"}}],
            "requestBody": {"required": true, "content": {"application/json": {"schema": {}}}},
            "responses": {"200": {"description": "", "headers": {"X-A": {"schema": {}}}}},
        }}},
        "components": {
            "schemas": {"s": {"type": "object"}},
            "examples": {"e": {"value": 1}},
            "securitySchemes": {"s": {"type": "http", "scheme": "basic"}},
            "responses": {"r": {"$ref": "#/components/responses/o"}, "o": {"description": ""}},
        },
    })
}

/// The names of the fields that an object can have.
fn fields(definition: &Value, found: &mut BTreeSet<String>) {
    let properties = definition["properties"].as_object();
    found.extend(
        properties
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone()),
    );
    for key in ["allOf", "anyOf", "oneOf", "dependentSchemas"] {
        match &definition[key] {
            Value::Array(parts) => parts.iter().for_each(|part| fields(part, found)),
            Value::Object(parts) => parts.values().for_each(|part| fields(part, found)),
            _ => {}
        }
    }
    for key in ["then", "else"] {
        if let Some(part) = definition.get(key) {
            fields(part, found);
        }
    }
}

/// Whether a field that is put at a place is one that no rule knows.
fn is_unknown(version: &str, place: &str, field: &str) -> bool {
    let mut document = document(version);
    let object = document
        .pointer_mut(place)
        .and_then(Value::as_object_mut)
        .unwrap();
    let value = match field {
        // A map of them is no list, as elsewhere.
        "examples" if place.contains("schemas") => json!([]),
        _ => json!({}),
    };
    object.entry(field).or_insert(value);
    let report = Spec::new("a.json", document.to_string()).lint();
    let name = format!("`{field}`");
    let mut findings = report.findings().iter();
    findings.any(|f| {
        ["unknown-field", "reference-siblings"].contains(&f.code()) && f.message().contains(&name)
    })
}

#[test]
fn every_published_field_is_known() {
    for (version, published) in PUBLISHED {
        let published: Value = serde_json::from_str(published).unwrap();
        let mut objects: Map<String, Value> = published["$defs"].as_object().unwrap().clone();
        objects.retain(|name, definition| {
            let mut found = BTreeSet::new();
            fields(definition, &mut found);
            !found.is_empty() && !WHOLE.contains(&name.as_str())
        });
        let mut unknown = Vec::new();
        let mut ask = |place: &str, definition: &Value| {
            let mut found = BTreeSet::new();
            fields(definition, &mut found);
            found.retain(|field| is_unknown(version, place, field));
            unknown.extend(found.into_iter().map(|field| format!("{place}/{field}")));
        };
        ask("", &published);
        for (name, definition) in &objects {
            // A path item can be a reference by a part of its own.
            if name.ends_with("-or-reference") {
                continue;
            }
            ask(
                place(name).unwrap_or_else(|| panic!("where is {name}?")),
                definition,
            );
        }
        assert!(unknown.is_empty(), "{version}: {unknown:?}");
    }
}

#[test]
fn every_keyword_is_known() {
    for (version, _) in PUBLISHED {
        let mut unknown = KEYWORDS.to_vec();
        unknown.retain(|keyword| is_unknown(version, "/components/schemas/s", keyword));
        assert!(unknown.is_empty(), "{version}: {unknown:?}");
        assert!(is_unknown(version, "/components/schemas/s", "no-keyword"));
    }
}

#[test]
fn a_newer_word_means_nothing_in_an_older_document() {
    for keyword in [
        "const",
        "$defs",
        "prefixItems",
        "if",
        "contentEncoding",
        "examples",
    ] {
        assert!(
            is_unknown("3.0.3", "/components/schemas/s", keyword),
            "{keyword}"
        );
    }
    assert!(is_unknown("3.0.3", "", "webhooks"));
    assert!(is_unknown("3.0.3", "/info", "summary"));
}
