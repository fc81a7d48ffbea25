//! The two operations, as the matrix sees them.

use std::time::Duration;

use serde_json::{Value, json};
use tokenturn::{
    GitHub, OhMyGpt, Receipt, Recovery, RefusalReason, RotateError, Rotated, TransportBuilder,
};
use tokenturn_tests::{
    CLIENT_ID, CLIENT_SECRET, GITHUB_SEED, OHMYGPT_SEED, OLD_TOKEN, RawRequest, json_answer,
    oauth_token, old_token,
};

/// The token that OhMyGPT issues when it is asked again.
const SECOND: &str = "sk-second0123456789";

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Provider {
    GitHub,
    OhMyGpt,
}

/// One operation at one server.
pub(crate) enum Client {
    GitHub(GitHub),
    OhMyGpt(OhMyGpt),
}

/// What an operation came to.
pub(crate) struct Outcome {
    /// In the words of the matrix.
    pub(crate) words: String,
    pub(crate) has_token: bool,
    pub(crate) is_unknown: bool,
}

impl Provider {
    pub(crate) const ALL: [Self; 2] = [Self::GitHub, Self::OhMyGpt];

    pub(crate) fn seed(self) -> &'static str {
        match self {
            Self::GitHub => GITHUB_SEED.trim_end(),
            Self::OhMyGpt => OHMYGPT_SEED.trim_end(),
        }
    }

    /// Where the token stands in the seed.
    pub(crate) fn token_object(self) -> &'static str {
        match self {
            Self::GitHub => "",
            Self::OhMyGpt => "/data",
        }
    }

    pub(crate) fn new_token(self) -> String {
        let seed: Value = serde_json::from_str(self.seed()).expect("JSON");
        let token = seed.pointer(self.token_object()).expect("an object")["token"].clone();
        token.as_str().expect("a token").to_owned()
    }

    /// A body in the form that the provider documents for refusals.
    pub(crate) fn refusal(self, status: u16) -> Value {
        match (self, status) {
            (Self::GitHub, 401) => json!({ "message": "Bad credentials" }),
            (Self::GitHub, 404) => json!({
                "message": "Not Found",
                "documentation_url": "https://docs.github.com/rest",
            }),
            (Self::GitHub, 422) => json!({
                "message": "Invalid request",
                "errors": [{ "field": "access_token", "code": "missing_field" }],
            }),
            (Self::GitHub, _) => json!({ "message": "No", "status": status.to_string() }),
            (Self::OhMyGpt, 401) => json!({
                "statusCode": 401,
                "errorType": "oauth_invalid_token_error",
                "message": "Incorrect OhMyGPT OAuth token provided.",
                "data": null,
            }),
            (Self::OhMyGpt, 402) => json!({
                "statusCode": 402,
                "errorType": "insufficient_balance_error",
                "message": "User balance is insufficient.",
                "data": null,
            }),
            (Self::OhMyGpt, _) => json!({ "statusCode": status, "message": "No", "data": null }),
        }
    }

    pub(crate) fn client(self, url: &str, root: Option<&str>, timeout: Duration) -> Client {
        let set_up = |mut transport: TransportBuilder| {
            if let Some(pem) = root {
                transport = transport.root_certificates(pem);
            }
            transport.timeout(timeout)
        };
        match self {
            Self::GitHub => Client::GitHub(
                GitHub::builder(CLIENT_ID, CLIENT_SECRET)
                    .base_url(url)
                    .transport(set_up)
                    .build()
                    .expect("a client"),
            ),
            Self::OhMyGpt => Client::OhMyGpt(
                OhMyGpt::builder()
                    .base_url(url)
                    .transport(set_up)
                    .build()
                    .expect("a client"),
            ),
        }
    }

    /// Whether a request is the operation, and not a check.
    pub(crate) fn is_operation(self, request: &RawRequest) -> bool {
        self == Self::OhMyGpt || request.line.starts_with("PATCH ")
    }

    /// What a provider in good order answers to whatever is asked beside the operation itself.
    pub(crate) fn healthy(self, made: bool, headers: &str) -> String {
        let answer = |status: &str, body: Value| json_answer(status, headers, &body.to_string());
        match self {
            Self::GitHub if made => answer("404 Not Found", self.refusal(404)),
            Self::GitHub => answer("200 OK", json!({ "token": OLD_TOKEN })),
            Self::OhMyGpt => {
                let data = json!({ "user_id": 2286, "token": SECOND });
                answer("200 OK", json!({ "statusCode": 200, "data": data }))
            }
        }
    }
}

impl Client {
    /// Makes a call that is not the one under test.
    pub(crate) async fn use_connection(&self) {
        match self {
            Self::GitHub(github) => assert!(github.check_token(&old_token()).await.is_ok()),
            Self::OhMyGpt(ohmygpt) => {
                assert!(ohmygpt.rotate_admin_token(&oauth_token()).await.is_ok());
            }
        }
    }

    pub(crate) async fn replace(&self) -> Outcome {
        match self {
            Self::GitHub(github) => {
                let new = Provider::GitHub.new_token();
                outcome(github.reset_token(&old_token()).await, &new)
            }
            Self::OhMyGpt(ohmygpt) => {
                let new = Provider::OhMyGpt.new_token();
                outcome(ohmygpt.rotate_admin_token(&oauth_token()).await, &new)
            }
        }
    }

    /// Whether `recover` finds out that the token was replaced, where that can be found out.
    pub(crate) async fn recovers(&self, made: bool) -> bool {
        match self {
            Self::GitHub(github) => match github.recover(&old_token()).await {
                Ok(Recovery::Lost { .. }) => made,
                Ok(Recovery::NotReplaced) => !made,
                _ => false,
            },
            Self::OhMyGpt(ohmygpt) => match ohmygpt.recover(&oauth_token()).await {
                Ok(Recovery::Rotated(rotated)) => rotated.token.expose() == SECOND,
                _ => false,
            },
        }
    }
}

fn outcome<D>(result: Result<Rotated<D>, RotateError>, new: &str) -> Outcome {
    let holds = |text: &[u8]| {
        text.windows(new.len())
            .any(|window| window == new.as_bytes())
    };
    let (words, has_token) = match &result {
        Ok(rotated) if rotated.token.expose() != new => ("a wrong token".into(), false),
        Ok(rotated) => {
            let words = if rotated.details.is_some() {
                "rotated"
            } else {
                "salvaged"
            };
            let is_odd = rotated.receipt == Receipt::Mismatch;
            (
                words.to_owned() + if is_odd { ", mismatch" } else { "" },
                true,
            )
        }
        Err(RotateError::NotSent(_)) => ("not sent".into(), false),
        Err(RotateError::Refused(refusal)) => {
            let wait = match refusal.reason {
                RefusalReason::RateLimited {
                    retry_after: Some(wait),
                } => format!(", {} s", wait.as_secs()),
                _ => String::new(),
            };
            (format!("refused: {}{wait}", refusal.reason.as_str()), false)
        }
        Err(RotateError::Unknown(unknown)) => {
            let body = unknown.body().unwrap_or_default();
            let whole = holds(body) && unknown.status().is_some_and(|status| status != 200);
            let words = if whole {
                "unknown with the token"
            } else {
                "unknown"
            };
            (words.into(), holds(body))
        }
        Err(error) => (error.to_string(), false),
    };
    Outcome {
        words,
        has_token,
        is_unknown: result.is_err_and(|error| error.is_unknown()),
    }
}
