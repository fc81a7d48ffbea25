//! What OpenAPI 3.1 says in words of its own, on the wire.

use tokenturn_client::runtime::serde_json::{self, Value, json};
use tokenturn_client::{Field, Secret, Transport};
use tokenturn_httpmock::MockServer;

use crate::handled31::{Client, types};
use crate::handled31_mocks::Mocks as _;

fn client(server: &MockServer) -> Client {
    let transport = Transport::builder(server.base_url()).bearer("token");
    Client::new(transport.build().unwrap())
}

/// The value with what is required of it.
fn with(more: Value) -> Value {
    let mut value = json!({
        "maybe": null, "plain": "p", "const": "a", "$ref": "r", "enum": null, "fixed": 4,
        "pay": {"kind": "cash", "amount": 2.5}, "both": null,
    });
    let members = value.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    value
}

fn read(more: Value) -> types::Types {
    serde_json::from_value(with(more)).unwrap()
}

#[test]
fn every_value_comes_back_as_it_was() {
    let base = json!({"name": "Ann"});
    for more in [
        json!({}),
        json!({"maybe": "m", "enum": "b", "both": base, "union": base, "text": "t"}),
        json!({"union": null, "text": null, "either_or_null": null, "object_or_text": null}),
        json!({"either": "a"}),
        json!({"either": 7}),
        json!({"either_or_null": true, "number": 4.5, "listed": 1}),
        json!({"either_or_null": "a", "number": 4.0, "listed": "b"}),
        json!({"text_or_list": "a", "object_or_text": {"a": 1}}),
        json!({"text_or_list": ["a"], "object_or_text": "a"}),
        json!({"any": [1, "a", {"b": null}], "anything": {"a": 1}}),
        json!({"flag": true, "half": 0.5, "shape": {"a": 1}, "lists": [1, 2]}),
        json!({"list": [1, "a"], "free": [null], "empty": [], "open": {"a": 1}}),
        json!({"closed": {"a": "x"}, "sealed": {"a": "x"}, "map": {"a": 1}}),
        json!({"above": 6, "below": 3.0, "byte": "AAEC", "bytes": "b", "inner": "{}"}),
        json!({"described": base, "again": base, "level": "low"}),
        json!({"narrowed": {"name": "Ann", "nick": "A"}}),
        json!({"pay": {"kind": "card", "number": "1234"}}),
        json!({"point": [1.5, 2.5], "pair": ["a", 1], "rest": ["a", true, false]}),
        json!({"loose": ["a", 1, null, {"b": 2}]}),
        json!({"patterns": {"a1": 1}, "mixed": {"a1": 1, "b": true}, "wide": {"a1": 1, "b": [1]}}),
        json!({"asked": {"a": "x", "b": "y"}, "some": ["a"]}),
    ] {
        let mut written = serde_json::to_value(read(more.clone())).unwrap();
        // These are null whether they are there or not.
        for name in ["null", "none"] {
            let null = written.as_object_mut().unwrap().remove(name);
            assert!(null.is_none_or(|value| value.is_null()));
        }
        assert_eq!(written, with(more));
    }
}

#[test]
fn a_type_of_a_list_is_the_one_that_the_value_has() {
    let types = read(json!({"either": 7, "either_or_null": "a", "object_or_text": {"a": 1}}));
    assert!(matches!(types.either, Some(types::TypesEither::Integer(7))));
    let Field::Value(types::TypesEitherOrNull::String(text)) = types.either_or_null else {
        panic!("{:?}", types.either_or_null)
    };
    assert_eq!(text, "a");
    let types = read(json!({"object_or_text": null, "union": null}));
    assert!(matches!(types.object_or_text, Field::Null));
    assert!(matches!(types.union, Field::Null));
    assert!(matches!(types.text, Field::Absent));
}

#[test]
fn one_value_decides() {
    let types = read(json!({"pay": {"kind": "card", "number": "1"}}));
    assert!(matches!(types.pay, types::TypesPay::Card(_)));
    let types = read(json!({"pay": {"kind": "cash"}}));
    assert!(matches!(types.pay, types::TypesPay::Cash(_)));
}

#[test]
fn no_secret_of_a_newer_document_prints() {
    let types = read(json!({
        "secret": "canary-1", "secrets": ["canary-2"], "secret_or_number": "canary-3",
    }));
    assert_eq!(types.secrets, Some(vec![Secret::new("canary-2")]));
    for shown in [format!("{types:?}"), serde_json::to_string(&types).unwrap()] {
        assert!(!shown.contains("canary"), "{shown}");
    }
}

#[test]
fn no_secret_in_a_pattern_or_a_tuple_prints() {
    let token = json!({"id": "a", "value": "canary"});
    let types = read(json!({
        "tokens": {"a": token}, "words": {"a": "canary", "b": 5}, "tuple": [token],
        "mixed_tuple": ["canary", "canary", 7], "named": {"ab": "canary", "b": "shown"},
    }));
    assert!(!format!("{types:?}").contains("canary"), "{types:?}");
    assert!(format!("{types:?}").contains("shown"));
    for more in [
        json!({"tokens": {"a": {"value": "canary"}}}),
        json!({"tuple": [{"value": "canary"}]}),
    ] {
        let error = serde_json::from_value::<types::Types>(with(more)).unwrap_err();
        assert!(error.to_string().contains("`id`"), "{error}");
    }
}

#[test]
fn a_definition_is_a_type() {
    let value = json!({
        "root": {"name": "top", "children": [{"name": "low", "leaf": {"leaf": true}}]},
        "other": {"leaf": false},
        "self": {"root": {"name": "again"}},
        "base": {"own": 4},
    });
    let tree: types::Tree = serde_json::from_value(value.clone()).unwrap();
    let children = tree.root.children.as_ref().unwrap();
    assert_eq!(children[0].leaf.as_ref().unwrap().leaf, Some(true));
    let own = tree.base.as_ref().unwrap().own.as_ref();
    assert_eq!(own.map(|own| own.0), Some(4));
    assert_eq!(serde_json::to_value(&tree).unwrap(), value);
}

#[tokio::test]
async fn what_is_sent_is_what_is_meant() {
    let server = MockServer::start_async().await;
    server.bytes(|when, then| {
        when.body(b"\0\xff")
            .and(|when| when.header("content-type", "application/octet-stream"));
        then.no_content();
    });
    server.parameters(|when, then| {
        when.exact("exact")
            .page(1)
            .and(|when| when.query_param("either", "7"));
        then.no_content();
    });
    server.any(|when, then| {
        when.body(&json!([1, {"a": null}]));
        then.ok(&json!("anything"));
    });
    let client = client(&server);
    client.bytes().body(&b"\0\xff"[..]).send().await.unwrap();
    let call = client.parameters().exact("exact").page(1);
    call.either(types::ParametersEither::Integer(7))
        .send()
        .await
        .unwrap();
    let answer = client
        .any()
        .body(json!([1, {"a": null}]))
        .send()
        .await
        .unwrap();
    assert_eq!(*answer, json!("anything"));
}

#[tokio::test]
async fn a_success_of_which_nothing_is_said_is_one() {
    let server = MockServer::start_async().await;
    let mock = server.nothing_said(|_, then| {
        then.raw(200, "text/plain", "anything");
    });
    let client = client(&server);
    client.nothing_said().send().await.unwrap();
    mock.delete();
    server.nothing_said(|_, then| {
        then.raw(500, "text/plain", "anything");
    });
    client.nothing_said().send().await.unwrap_err();
}
