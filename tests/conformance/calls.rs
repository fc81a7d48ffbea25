//! One call of the client, and what it came to in words.

use std::fmt::Display;

use serde_json::Value;
use tokenturn::github::{Deletion, Scoping, TokenCheck};
use tokenturn::{GitHub, Refusal, RotateError, Rotated, Secret};
use tokenturn_client::runtime::exposing;

/// What a call came to.
pub struct Outcome {
    pub words: String,
    /// All that was read of an answer.
    pub read: Option<Value>,
}

impl Outcome {
    fn new(words: impl Display) -> Self {
        Self {
            words: words.to_string(),
            read: None,
        }
    }

    fn failed(refusal: Option<&Refusal>, status: Option<u16>) -> Self {
        match (refusal, status) {
            (Some(refusal), _) => Self::new(refusal.reason.as_str()),
            (None, Some(status)) => Self::new(format!("unknown after {status}")),
            (None, None) => Self::new("not sent"),
        }
    }
}

pub async fn call(github: &GitHub, operation: &str, token: &Secret) -> Outcome {
    match operation {
        "check_token" => match github.check_token(token).await.map(|check| check.value) {
            Ok(TokenCheck::Valid(details)) => Outcome {
                words: "valid".into(),
                read: details.map(|details| exposing(|| serde_json::to_value(details)).unwrap()),
            },
            Ok(_) => Outcome::new("invalid_token"),
            Err(error) => Outcome::failed(error.refusal(), error.status()),
        },
        "reset_token" => rotated(github.reset_token(token).await),
        "scope_token" => {
            let scoping = Scoping::new("octocat")
                .repositories(["hello-world"])
                .permission("contents", "read");
            rotated(github.scope_token(token, scoping).await)
        }
        "delete_token" | "delete_authorization" => {
            let deleted = match operation {
                "delete_token" => github.delete_token(token).await,
                _ => github.delete_authorization(token).await,
            };
            match deleted.map(|deletion| deletion.value) {
                Ok(Deletion::Deleted) => Outcome::new("deleted"),
                Ok(_) => Outcome::new("invalid_token"),
                Err(error) => Outcome::failed(error.refusal(), error.status()),
            }
        }
        "revoke_credentials" => match github.revoke_credentials([token.clone()]).await {
            Ok(_) => Outcome::new("accepted"),
            Err(error) => Outcome::failed(error.refusal(), error.status()),
        },
        _ => panic!("there is no call for {operation}"),
    }
}

fn rotated(result: Result<Rotated<tokenturn::github::Authorization>, RotateError>) -> Outcome {
    match result {
        Ok(rotated) => Outcome {
            words: "new token".into(),
            read: rotated.details.map(|details| {
                assert_eq!(details.token, rotated.token);
                exposing(|| serde_json::to_value(details)).unwrap()
            }),
        },
        Err(error) => Outcome::failed(error.refusal(), error.status()),
    }
}

/// What a status has to come to.
pub fn expected(operation: &str, status: &str) -> &'static str {
    match (operation, status) {
        ("check_token", "200") => "valid",
        ("reset_token" | "scope_token", "200") => "new token",
        ("revoke_credentials", "202") => "accepted",
        ("delete_token" | "delete_authorization", "204") => "deleted",
        (_, "401") => "bad_credentials",
        (_, "403") => "missing_permission",
        (_, "404") => "invalid_token",
        (_, "422") => "invalid",
        (_, "500") => "unknown after 500",
        _ => panic!("{operation} can be answered with {status}: what does it come to?"),
    }
}
