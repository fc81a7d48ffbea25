//! Every example in the specs goes through the generated types and comes back unchanged.

use std::collections::HashSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokenturn_client::runtime::exposing;
use tokenturn_client::{github, github_login, ohmygpt};
use tokenturn_tests::{GITHUB_SEED, OHMYGPT_SEED};

const GITHUB: &str = include_str!("../specs/github.yaml");
const GITHUB_LOGIN: &str = include_str!("../specs/github-login.yaml");
const OHMYGPT: &str = include_str!("../specs/ohmygpt.yaml");

/// An example, and the name of the schema that it belongs to.
type Example = (String, Value);

#[test]
fn every_example_survives_and_shows_its_secrets_on_the_wire_only() {
    let (mut seen, mut hidden) = (0, 0);
    for (spec, through) in [
        (GITHUB, through_github as fn(&str, Value) -> Value),
        (GITHUB_LOGIN, through_github_login),
        (OHMYGPT, through_ohmygpt),
    ] {
        for (schema, example) in examples(spec) {
            let back = through(&schema, example.clone());
            hidden += usize::from(!secrets(&example).is_empty());
            assert_eq!(back, canonical(example), "{schema}");
            seen += 1;
        }
    }
    assert!(seen >= 40, "only {seen} examples found");
    assert!(hidden >= 15, "only {hidden} of them have a secret");
}

#[test]
fn every_body_has_an_example() {
    for spec in [GITHUB, GITHUB_LOGIN, OHMYGPT] {
        let spec: Value = serde_norway::from_str(spec).unwrap();
        let mut bodies = 0;
        walk(&spec, &mut |node| {
            if let Some(content) = node.get("content").and_then(Value::as_object) {
                // A page has no schema worth an example.
                for (_, body) in content.iter().filter(|(media, _)| *media != "text/html") {
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
fn amounts_keep_their_digits_and_times_may_be_null() {
    let key = json!({
        "key": "sk-a",
        "used_at": null,
        "expired_at": "2024-12-31T15:59:59.000Z",
        "max_fee": "3500000.00",
    });
    let back = through_ohmygpt("ApiTokensResponse", json!({ "data": [key] }));
    assert_eq!(back["data"][0]["max_fee"], "3500000.00");
    let balance = json!({ "data": { "balance": "0.10", "free_balance": "-1.00" } });
    assert_eq!(through_ohmygpt("BalanceResponse", balance.clone()), balance);
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
        "RevokeCredentialsRequest" => through::<RevokeCredentialsRequest>(value),
        "ScopeTokenRequest" => through::<ScopeTokenRequest>(value),
        "SimpleValidationError" => through::<SimpleValidationError>(value),
        "ValidationError" => through::<ValidationError>(value),
        other => panic!("add {other} to this test"),
    }
}

fn through_github_login(schema: &str, value: Value) -> Value {
    use github_login::types::*;
    match schema {
        "AccessTokenRequest" => through::<AccessTokenRequest>(value),
        "AccessTokenResponse" => through::<AccessTokenResponse>(value),
        "DeviceCodeRequest" => through::<DeviceCodeRequest>(value),
        "DeviceCodeResponse" => through::<DeviceCodeResponse>(value),
        other => panic!("add {other} to this test"),
    }
}

fn through_ohmygpt(schema: &str, value: Value) -> Value {
    use ohmygpt::types::*;
    match schema {
        "ApiTokenKeyRequest" => through::<ApiTokenKeyRequest>(value),
        "ApiTokensResponse" => through::<ApiTokensResponse>(value),
        "BalanceResponse" => through::<BalanceResponse>(value),
        "EmptyRequest" => through::<EmptyRequest>(value),
        "ErrorEnvelope" => through::<ErrorEnvelope>(value),
        "IssueTokenRequest" => through::<IssueTokenRequest>(value),
        "IssueTokenResponse" => through::<IssueTokenResponse>(value),
        "NewApiTokenRequest" => through::<NewApiTokenRequest>(value),
        "NewApiTokenResponse" => through::<NewApiTokenResponse>(value),
        "RotateUserAdminTokenResponse" => through::<RotateUserAdminTokenResponse>(value),
        "UpdateApiTokenRequest" => through::<UpdateApiTokenRequest>(value),
        "UserAdminToken" => through::<UserAdminToken>(value),
        "UserBasicInfoResponse" => through::<UserBasicInfoResponse>(value),
        other => panic!("add {other} to this test"),
    }
}

fn through<T: Serialize + DeserializeOwned>(value: Value) -> Value {
    let typed: T = serde_json::from_value(value.clone()).unwrap();
    let hidden = serde_json::to_string(&typed).unwrap();
    for secret in secrets(&value) {
        assert!(!hidden.contains(&secret), "{hidden} shows {secret}");
    }
    exposing(|| serde_json::to_value(typed)).unwrap()
}

/// The texts in a value that some spec calls a secret by the name of their field.
fn secrets(value: &Value) -> Vec<String> {
    let mut names = HashSet::new();
    for spec in [GITHUB, GITHUB_LOGIN, OHMYGPT] {
        let spec: Value = serde_norway::from_str(spec).unwrap();
        walk(&spec, &mut |node| {
            let properties = node["properties"].as_object();
            for (name, schema) in properties.into_iter().flatten() {
                let is_secret = [schema, &schema["items"]]
                    .iter()
                    .any(|schema| schema["format"] == "password");
                if is_secret {
                    names.insert(name.clone());
                }
            }
        });
    }
    let mut secrets = Vec::new();
    walk(value, &mut |node| {
        // An invalid field has a code, too, which says why it is.
        let is_about_a_field = !node["field"].is_null();
        for (name, value) in node.as_object().into_iter().flatten() {
            if names.contains(name) && !(is_about_a_field && name == "code") {
                let items = value.as_array();
                let items = items.into_iter().flatten().chain([value]);
                secrets.extend(items.filter_map(Value::as_str).map(str::to_owned));
            }
        }
    });
    secrets
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
fn canonical(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, canonical(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(canonical).collect(),
        other => other,
    }
}
