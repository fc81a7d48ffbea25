//! How the API answers.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::GitHub;
use super::store::Token;
use crate::clock::{Moment, seconds};
use crate::{Shared, random};

/// Calls in an hour, for each app.
const RATE_LIMIT: usize = 5000;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-github-request-id");

pub(super) const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// A status and a body, which is absent when it is null.
pub(super) type Answer = (StatusCode, Value);

/// How GitHub's API refuses calls that come too fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondaryLimit {
    /// 403 or 429.
    pub status: u16,
    /// The seconds in the header `retry-after`, if there is to be one.
    pub retry_after: Option<u64>,
}

/// Runs an operation and answers with the headers that recordings of the real one show.
pub(super) fn serve(
    shared: &Shared,
    operation: impl FnOnce(&mut GitHub, Moment) -> Result<Answer, Answer>,
) -> Response {
    let mut world = shared.world();
    let now = world.clock.now();
    let github = &mut world.github;
    github.calls += 1;
    let remaining = RATE_LIMIT.saturating_sub(github.calls);
    let headers = [
        (CACHE_CONTROL, "public, max-age=60, s-maxage=60".into()),
        (LIMIT, RATE_LIMIT.to_string()),
        (REMAINING, remaining.to_string()),
        (REQUEST_ID, random::pick(24, "0123456789ABCDEF")),
    ];
    let (status, more, body) = match github.settings.secondary_limit {
        Some(limit) => refuse(limit),
        None => {
            let (status, body) = operation(github, now).unwrap_or_else(|problem| problem);
            (status, HeaderMap::new(), body)
        }
    };
    if body.is_null() {
        return (status, headers, more).into_response();
    }
    let content_type = [(CONTENT_TYPE, "application/json; charset=utf-8")];
    (status, headers, more, content_type, body.to_string()).into_response()
}

fn refuse(limit: SecondaryLimit) -> (StatusCode, HeaderMap, Value) {
    let status = StatusCode::from_u16(limit.status).unwrap_or(StatusCode::FORBIDDEN);
    let retry_after = limit
        .retry_after
        .map(|after| (RETRY_AFTER, HeaderValue::from(after)));
    let body = json!({
        "message": "You have exceeded a secondary rate limit. Please wait a few minutes before \
                    you try again.",
        "documentation_url": DOCUMENTATION,
    });
    (status, retry_after.into_iter().collect(), body)
}

/// For every path, and every method of a path, that is not there.
pub(crate) async fn not_found(State(shared): State<Shared>) -> Response {
    serve(&shared, |_, _| Err(no_such_thing()))
}

pub(super) fn no_such_thing() -> Answer {
    let body = json!({ "message": "Not Found", "documentation_url": DOCUMENTATION });
    (StatusCode::NOT_FOUND, body)
}

pub(super) fn problem(status: StatusCode, message: &str) -> Answer {
    (status, json!({ "message": message }))
}

pub(super) fn invalid(field: &str, code: &str) -> Answer {
    let body = json!({
        "message": "Invalid request",
        "documentation_url": DOCUMENTATION,
        "errors": [{ "field": field, "code": code }],
    });
    (StatusCode::UNPROCESSABLE_ENTITY, body)
}

/// An authorization with the values of the documented example, which stay the same on a server.
pub(super) fn describe(client_id: &str, token: &Token) -> Value {
    let Token { id, value, .. } = token;
    let digest = Sha256::digest(value.as_bytes());
    let hashed_token: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "id": id,
        "url": format!("https://api.github.com/authorizations/{id}"),
        "scopes": token.scopes,
        "token": value,
        "token_last_eight": &value[value.len() - 8..],
        "hashed_token": hashed_token,
        "app": {
            "url": "http://my-github-app.com",
            "name": "my github app",
            "client_id": client_id,
        },
        "note": null,
        "note_url": null,
        "updated_at": seconds(token.updated_at),
        "created_at": seconds(token.created_at),
        "fingerprint": null,
        "expires_at": token.expires_at.map(seconds),
        "user": account("octocat", 1),
    })
}

pub(super) fn account(login: &str, id: u64) -> Value {
    let url = format!("https://api.github.com/users/{login}");
    json!({
        "login": login,
        "id": id,
        "node_id": "MDQ6VXNlcjE=",
        "avatar_url": "https://github.com/images/error/octocat_happy.gif",
        "gravatar_id": "",
        "url": url,
        "html_url": format!("https://github.com/{login}"),
        "followers_url": format!("{url}/followers"),
        "following_url": format!("{url}/following{{/other_user}}"),
        "gists_url": format!("{url}/gists{{/gist_id}}"),
        "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{url}/subscriptions"),
        "organizations_url": format!("{url}/orgs"),
        "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events{{/privacy}}"),
        "received_events_url": format!("{url}/received_events"),
        "type": "User",
        "site_admin": false,
    })
}
