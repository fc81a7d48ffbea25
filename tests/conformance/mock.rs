//! The client against Prism, which answers with GitHub's own examples and takes no wrong request.

use serde_json::Value;
use tokenturn::Secret;
use tokenturn::github::Scoping;
use tokenturn_tests::{CLIENT_ID, CLIENT_SECRET, OLD_TOKEN, old_token};

use crate::calls::{call, expected};
use crate::descriptions::{Description, declared};
use crate::folder;
use crate::program::Prism;

#[tokio::test]
async fn requests_are_accepted_and_answers_understood() {
    let folder = folder();
    for description in Description::all(&folder) {
        let name = &description.name;
        let prism = Prism::mock(&folder, name).await;
        for (operation, object) in description.operations() {
            for declared in declared(object) {
                let status = &declared.status;
                let mut prefer = format!("code={status}");
                if let Some((example, _)) = &declared.example {
                    prefer += &format!(", example={example}");
                }
                let example = declared.example.as_ref().map(|(_, example)| example);
                let (client_id, token) = asked(operation, example.unwrap_or(&Value::Null));
                let github = description.client(&prism.url, client_id, CLIENT_SECRET, |t| {
                    t.header("prefer", prefer)
                });
                let outcome = call(&github, operation, &token).await;
                let what = format!("{name} {operation} {status}");
                // Prism has no say about a token, nor about an app.
                let expected = match &status[..] {
                    "403" | "404" | "422" => "other",
                    status => expected(operation, status),
                };
                assert_eq!(outcome.words, expected, "{what}");
                if let (Some((_, example)), "200") = (declared.example, &status[..]) {
                    assert_eq!(outcome.read, Some(without_nulls(example)), "{what}");
                }
                println!("exchanged mock {what}");
            }
        }
        let github = description.client(&prism.url, CLIENT_ID, CLIENT_SECRET, |t| t);
        if description.declares("scope_token", "200") {
            for scoping in scopings() {
                // Whose app the answer names is Prism's choice, so the client does not believe it.
                let scoped = github.scope_token(&old_token(), scoping).await;
                assert!(scoped.unwrap_err().is_unknown(), "{name}");
            }
        }
        assert_eq!(prism.violations(), [""; 0], "{name}");
    }
}

/// The app that an example names, and a token that its answer is about: the one that it repeats, or
/// one of the kind that it replaces. An answer about anything else is not believed.
fn asked<'a>(operation: &str, example: &'a Value) -> (&'a str, Secret) {
    let client_id = example.pointer("/app/client_id").and_then(Value::as_str);
    let token = example["token"].as_str().unwrap_or(OLD_TOKEN);
    let token = match operation {
        "check_token" => token.to_owned(),
        _ => format!("{token}0"),
    };
    (client_id.unwrap_or(CLIENT_ID), Secret::new(token))
}

/// All forms of the one request that has several.
fn scopings() -> [Scoping; 3] {
    [
        Scoping::new("octocat"),
        Scoping::new(1).repository_ids([1, 2]),
        Scoping::new("octocat").permission("issues", "write"),
    ]
}

/// The client leaves out what is null.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let object = object.into_iter().filter(|(_, value)| !value.is_null());
            object
                .map(|(key, value)| (key, without_nulls(value)))
                .collect()
        }
        _ => value,
    }
}
