//! What is accepted is generated: no schema, however odd, ends in a panic, in an endless recursion, or in a
//! type for which there is no end of memory.
//!
//! `PROPTEST_CASES=100000 cargo test -p tokenturn-codegen --test lint generated` looks longer.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value, json};
use tokenturn_codegen::{Paths, Spec, generate};

use crate::fuzz::runner;

/// The components of each document.
const NAMES: [&str; 5] = ["A", "B", "C", "D", "E"];

/// What references point to.
fn reference() -> impl Strategy<Value = Value> {
    let component = prop::sample::select(&NAMES[..]);
    let part = prop::sample::select(&["", "", "", "", "", "", "", "", "", "/properties/a"][..]);
    (component, part)
        .prop_map(|(name, part)| json!({"$ref": format!("#/components/schemas/{name}{part}")}))
}

fn leaf() -> impl Strategy<Value = Value> {
    let leaves = [
        json!({"type": "string"}),
        json!({"type": "string", "enum": ["x", "y"]}),
        json!({"type": "string", "maxLength": 3, "nullable": true}),
        json!({"type": "string", "format": "password"}),
        json!({"type": "integer", "minimum": 1}),
        json!({"type": "number"}),
        json!({"type": "boolean", "default": true}),
        json!({"type": "object"}),
        json!({"type": "object", "additionalProperties": false}),
        json!({}),
    ];
    prop::sample::select(leaves.to_vec())
}

fn schema() -> impl Strategy<Value = Value> {
    let ends = prop_oneof![leaf(), reference()];
    ends.prop_recursive(3, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 1..4);
        let object = (
            prop::collection::btree_map(
                prop::sample::select(&["a", "b", "c"][..]),
                inner.clone(),
                1..4,
            ),
            prop::collection::vec(prop::sample::select(&["a", "b", "d"][..]), 0..2),
            prop::option::of(inner.clone()),
        );
        let object = object.prop_map(|(properties, required, more)| {
            let mut object = json!({"type": "object", "properties": properties});
            if !required.is_empty() {
                object["required"] = json!(required);
            }
            if let Some(more) = more {
                object["additionalProperties"] = more;
            }
            object
        });
        let choice = (
            prop::sample::select(&["allOf", "allOf", "oneOf", "anyOf"][..]),
            list,
        );
        let choice = choice.prop_map(|(key, list)| json!({key: list}));
        prop_oneof![
            3 => object,
            2 => choice.clone(),
            1 => (choice, inner.clone()).prop_map(|(mut choice, property)| {
                choice["properties"] = json!({"a": property});
                choice
            }),
            1 => inner.prop_map(|items| json!({"type": "array", "items": items})),
        ]
    })
}

fn document() -> impl Strategy<Value = Value> {
    let schemas = prop::collection::vec(schema(), NAMES.len());
    (schemas, schema(), schema()).prop_map(|(schemas, sent, answered)| {
        let schemas: serde_json::Map<_, _> =
            NAMES.into_iter().map(str::to_owned).zip(schemas).collect();
        let content = |schema| json!({"application/json": {"schema": schema}});
        json!({
            "openapi": "3.0.3",
            "info": {"title": "T", "version": "1"},
            "paths": {"/a": {"post": {
                "operationId": "op",
                "x-retry": "never",
                "requestBody": {"required": true, "content": content(sent)},
                "responses": {"200": {"description": "", "content": content(answered)}},
            }}},
            "components": {"schemas": schemas},
        })
    })
}

#[test]
fn what_is_accepted_is_generated() {
    let result = runner(100).run(&document(), |document| {
        let begun = Instant::now();
        let spec = Spec::new("spec.json", document.to_string());
        if let Err(report) = generate(&spec, &Paths::new("crate::client")) {
            prop_assert!(report.has_errors());
        }
        prop_assert!(begun.elapsed() < Duration::from_secs(60));
        Ok(())
    });
    result.unwrap();
}
