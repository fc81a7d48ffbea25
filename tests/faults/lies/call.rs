//! The calls of both providers, as `lies.txt` sees them.

use tokenturn::github::{Deletion, Scoping, TokenCheck};
use tokenturn::sink::MemorySink;
use tokenturn::{
    Answered, AuthorizationCode, CallError, Candidates, GitHub, OhMyGpt, Recovery, RotateError,
    Rotated, Secret, obtain, rotate,
};
use tokenturn_tests::{CLIENT_ID, CLIENT_SECRET, OAUTH_TOKEN};

use super::row::Made;
use super::said::{CODE, NEW, NEW_REFRESH, OLD, authorization};

/// An admin token of OhMyGPT's.
const ADMIN: &str = "sk-canaryadmin0123456789";
const NEW_ADMIN: &str = "sk-canarynew0123456789";
const NEW_OAUTH: &str = "omg-oat-v1-canarynew0123456789";
const OLD_REFRESH: &str = "ghr_canaryold0123456789";

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Call {
    // GitHub.
    Reset,
    Scope,
    Check,
    Recover,
    DeleteToken,
    DeleteGrant,
    Revoke,
    // Its login host.
    Exchange,
    Refresh,
    Poll,
    // OhMyGPT.
    Rotate,
    Issue,
    Info,
    ListKeys,
    DeleteKey,
}

use Call::*;

/// What a call came to.
pub(super) struct Outcome {
    /// In the words of the table.
    pub(super) words: String,
    /// The body of an outcome that is unknown, and what may be a token in it.
    pub(super) unknown: Option<(Vec<u8>, Candidates)>,
}

impl Call {
    /// In the columns of the table.
    pub(super) const COLUMNS: [&'static [Self]; 6] = [
        &[Reset, Scope],
        &[Check, Recover],
        &[DeleteToken, DeleteGrant, Revoke],
        &[Exchange, Refresh, Poll],
        &[Rotate, Issue],
        &[Info, ListKeys, DeleteKey],
    ];

    pub(super) fn brings_token(self) -> bool {
        matches!(
            self,
            Reset | Scope | Exchange | Refresh | Poll | Rotate | Issue
        )
    }

    pub(super) fn is_at_github(self) -> bool {
        !matches!(self, Rotate | Issue | Info | ListKeys | DeleteKey)
    }

    /// Whether what the call is about is dead. A check changes nothing.
    pub(super) fn is_dead(self, made: Made) -> bool {
        match made {
            Made::Yes => !matches!(self, Check | Recover | Info | ListKeys),
            Made::No => false,
            Made::Dead => true,
        }
    }

    /// The secret that is sent, and that the answer is about.
    pub(super) fn sent(self) -> &'static str {
        match self {
            Reset | Scope | Check | Recover | DeleteToken | DeleteGrant | Revoke => OLD,
            Refresh => OLD_REFRESH,
            Exchange | Poll | Issue => CODE,
            Rotate | Info => OAUTH_TOKEN,
            ListKeys | DeleteKey => ADMIN,
        }
    }

    /// The token that the real answer brings, or is about.
    pub(super) fn new_token(self) -> &'static str {
        match self {
            Reset | Scope | Exchange | Refresh | Poll => NEW,
            Check | Recover => OLD,
            Rotate => NEW_ADMIN,
            Issue => NEW_OAUTH,
            ListKeys => ADMIN,
            DeleteToken | DeleteGrant | Revoke | Info | DeleteKey => "",
        }
    }

    /// Whether the real answer brings `token`.
    pub(super) fn issues(self, token: &Secret) -> bool {
        let is_refresh = matches!(self, Exchange | Refresh | Poll) && token.expose() == NEW_REFRESH;
        self.brings_token() && token.expose() == self.new_token() || is_refresh
    }

    /// Where the token stands in an answer.
    pub(super) fn field(self) -> &'static str {
        match self {
            Exchange | Refresh | Poll => "access_token",
            _ => "token",
        }
    }

    /// What the provider answers, about `token` and the user with a number.
    pub(super) fn real_answer(self, token: &str, user: u32) -> String {
        match self {
            Reset | Scope | Check | Recover => authorization(token, user),
            DeleteToken | DeleteGrant | Revoke => String::new(),
            Exchange | Refresh | Poll => format!(
                concat!(
                    r#"{{"access_token":"{}","expires_in":28800,"refresh_token":"{}","#,
                    r#""refresh_token_expires_in":15897600,"scope":"","token_type":"bearer"}}"#
                ),
                token, NEW_REFRESH
            ),
            Rotate | Issue => envelope(&format!(r#"{{"user_id":"{user}","token":"{token}"}}"#)),
            Info => envelope(&format!(r#"{{"userId":{user},"userEmail":null}}"#)),
            ListKeys => envelope(&format!(r#"[{{"key":"{token}","user_id":{user}}}]"#)),
            DeleteKey => envelope("null"),
        }
    }

    /// Makes the call by the front door, where there is one.
    pub(super) async fn make(self, url: &str, sink: MemorySink) -> Outcome {
        let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET)
            .base_url(url)
            .transport(|transport| transport.max_attempts(1));
        let github = github.build().expect("a client");
        let ohmygpt = OhMyGpt::builder()
            .app(CLIENT_ID, CLIENT_SECRET)
            .base_url(url)
            .transport(|transport| transport.max_attempts(1));
        let ohmygpt = ohmygpt.build().expect("a client");
        let secret = Secret::new(self.sent());
        let code = || AuthorizationCode::new(CODE);
        match self {
            Reset => rotated(rotate(&github, &secret, sink).await),
            Scope => {
                let scoping = Scoping::new("octocat").permission("contents", "read");
                rotated(obtain(github.scope_token(&secret, scoping), sink).await)
            }
            Check => called(github.check_token(&secret).await, |check| {
                match check.value {
                    TokenCheck::Valid(_) => "valid".into(),
                    _ => "invalid".into(),
                }
            }),
            Recover => match github.recover(&secret).await {
                Ok(Recovery::NotReplaced) => Outcome::of("not replaced"),
                Ok(Recovery::Lost { .. }) => Outcome::of("lost"),
                Ok(_) => Outcome::of("rotated"),
                Err(error) => failed(error.0),
            },
            DeleteToken => called(github.delete_token(&secret).await, deletion),
            DeleteGrant => called(github.delete_authorization(&secret).await, deletion),
            Revoke => {
                let revoked = github.revoke_credentials([secret]).await;
                called(revoked, |_| "accepted".into())
            }
            Exchange => rotated(obtain(github.exchange_code(code()), sink).await),
            Refresh => rotated(obtain(github.refresh_token(&secret), sink).await),
            Poll => {
                let device = github.device_code(["repo"]).await.expect("a device code");
                rotated(obtain(github.wait_for_device(device), sink).await)
            }
            Rotate => rotated(rotate(&ohmygpt, &secret, sink).await),
            Issue => rotated(obtain(ohmygpt.issue_token(code()), sink).await),
            Info => called(ohmygpt.user_basic_info(&secret).await, |_| "read".into()),
            ListKeys => called(ohmygpt.api_keys(&secret).await, |_| "read".into()),
            DeleteKey => {
                let key = Secret::new("sk-canarykey0123456789");
                let deleted = ohmygpt.delete_api_key(&secret, &key).await;
                called(deleted, |()| "deleted".into())
            }
        }
    }
}

impl Outcome {
    fn of(words: &str) -> Self {
        Self {
            words: words.to_owned(),
            unknown: None,
        }
    }

    /// Whether it says that a token is dead, or will be.
    pub(super) fn calls_dead(&self) -> bool {
        let words = [
            "invalid",
            "lost",
            "already gone",
            "deleted",
            "accepted",
            "refused: invalid_token",
        ];
        words.contains(&&*self.words)
    }

    /// Whether it says that a token lives.
    pub(super) fn calls_alive(&self) -> bool {
        ["valid", "not replaced"].contains(&&*self.words)
    }
}

fn envelope(data: &str) -> String {
    format!(r#"{{"statusCode":200,"message":"success","data":{data}}}"#)
}

fn deletion(deletion: Answered<Deletion>) -> String {
    match deletion.value {
        Deletion::Deleted => "deleted".into(),
        Deletion::AlreadyGone => "already gone".into(),
        Deletion::Accepted => "accepted".into(),
        other => format!("{other:?}"),
    }
}

fn called<T>(result: Result<T, CallError>, words: impl FnOnce(T) -> String) -> Outcome {
    match result {
        Ok(value) => Outcome::of(&words(value)),
        Err(error) => failed(error.into_why()),
    }
}

fn rotated<D>(result: Result<Rotated<D>, RotateError>) -> Outcome {
    match result {
        Ok(rotated) if rotated.details.is_none() => Outcome::of("salvaged"),
        Ok(_) => Outcome::of("rotated"),
        Err(error) => failed(error),
    }
}

fn failed(error: RotateError) -> Outcome {
    match error {
        RotateError::Unknown(unknown) => Outcome {
            words: "unknown".into(),
            unknown: Some((
                unknown.body().unwrap_or_default().to_vec(),
                unknown.candidates().clone(),
            )),
        },
        RotateError::Refused(refusal) => {
            Outcome::of(&format!("refused: {}", refusal.reason.as_str()))
        }
        error => Outcome::of(&error.to_string()),
    }
}
