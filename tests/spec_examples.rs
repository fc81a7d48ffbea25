//! Every example in the specs goes through the generated types and comes back unchanged.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokenturn_client::{github, ohmygpt};
use tokenturn_tests::{GITHUB_SEED, OHMYGPT_SEED};

const GITHUB: &str = include_str!("../specs/github.yaml");
const OHMYGPT: &str = include_str!("../specs/ohmygpt.yaml");

/// An example, and the name of the schema that it belongs to.
type Example = (String, Value);

#[test]
fn every_example_survives() {
    let mut seen = 0;
    for (spec, through) in [
        (GITHUB, through_github as fn(&str, Value) -> Value),
        (OHMYGPT, through_ohmygpt),
    ] {
        for (schema, example) in examples(spec) {
            let back = through(&schema, example.clone());
            assert_eq!(back, without_nulls(example), "{schema}");
            seen += 1;
        }
    }
    assert!(seen >= 14, "only {seen} examples found");
}

#[test]
fn every_body_has_an_example() {
    for spec in [GITHUB, OHMYGPT] {
        let spec: Value = serde_norway::from_str(spec).unwrap();
        let mut bodies = 0;
        walk(&spec, &mut |node| {
            if let Some(content) = node.get("content").and_then(Value::as_object) {
                for body in content.values() {
                    let examples = body["examples"].as_object();
                    assert!(examples.is_some_and(|e| !e.is_empty()), "{body}");
                    bodies += 1;
                }
            }
        });
        assert!(bodies > 0);
    }
}

#[test]
fn the_documented_examples_are_there_to_the_letter() {
    for (spec, seed) in [(GITHUB, GITHUB_SEED), (OHMYGPT, OHMYGPT_SEED)] {
        let seed: Value = serde_json::from_str(seed).unwrap();
        assert!(examples(spec).iter().any(|(_, example)| *example == seed));
    }
}

#[test]
fn a_user_id_is_a_number_or_a_string() {
    for id in [json!(2286), json!("888")] {
        let token = json!({ "user_id": id, "token": "sk-a" });
        assert_eq!(through_ohmygpt("UserAdminToken", token.clone()), token);
    }
}

#[test]
fn an_answer_may_lack_everything_but_the_token() {
    let bare = json!({ "token": "gho_a" });
    assert_eq!(through_github("Authorization", bare.clone()), bare);
    let strange = json!({
        "token": "gho_a",
        "scopes": null,
        "user": null,
        "app": { "url": "" },
        "expires_at": null,
        "note": null,
        "something_new": [1, 2, 3],
    });
    let back = through_github("Authorization", strange);
    assert_eq!(back, json!({ "token": "gho_a", "app": { "url": "" } }));
}

fn through_github(schema: &str, value: Value) -> Value {
    use github::types::*;
    match schema {
        "AccessTokenRequest" => through::<AccessTokenRequest>(value),
        "Authorization" => through::<Authorization>(value),
        "BasicError" => through::<BasicError>(value),
        "ValidationError" => through::<ValidationError>(value),
        other => panic!("add {other} to this test"),
    }
}

fn through_ohmygpt(schema: &str, value: Value) -> Value {
    use ohmygpt::types::*;
    match schema {
        "ErrorEnvelope" => through::<ErrorEnvelope>(value),
        "RotateUserAdminTokenRequest" => through::<RotateUserAdminTokenRequest>(value),
        "RotateUserAdminTokenResponse" => through::<RotateUserAdminTokenResponse>(value),
        "UserAdminToken" => through::<UserAdminToken>(value),
        other => panic!("add {other} to this test"),
    }
}

fn through<T: Serialize + DeserializeOwned>(value: Value) -> Value {
    let typed: T = serde_json::from_value(value).unwrap();
    serde_json::to_value(typed).unwrap()
}

fn examples(spec: &str) -> Vec<Example> {
    let spec: Value = serde_norway::from_str(spec).unwrap();
    let mut found = Vec::new();
    walk(&spec, &mut |node| {
        let schema = node["schema"]["$ref"].as_str();
        if let (Some(schema), Some(examples)) = (schema, node["examples"].as_object()) {
            let schema = schema.rsplit('/').next().unwrap();
            for example in examples.values() {
                found.push((schema.to_owned(), example["value"].clone()));
            }
        }
    });
    found
}

fn walk(node: &Value, visit: &mut impl FnMut(&Value)) {
    match node {
        Value::Object(map) => {
            visit(node);
            map.values().for_each(|child| walk(child, visit));
        }
        Value::Array(items) => items.iter().for_each(|child| walk(child, visit)),
        _ => {}
    }
}

/// An absent field and a null one are the same to the generated types.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        other => other,
    }
}
