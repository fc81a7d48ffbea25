//! How the API answers.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::GitHub;
use crate::clock::{Moment, seconds};
use crate::world::World;
use crate::{Shared, random};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-github-request-id");
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=60, s-maxage=60");
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

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
    operation: impl FnOnce(&mut World, Moment) -> Result<Answer, Answer>,
) -> Response {
    let mut world = shared.world();
    let now = world.clock.now();
    let done_before = world.replacements.count();
    let is_allowed = world.github.limit.take(now);
    let mut retry_after = None;
    let (status, body) = match world.github.settings.secondary_limit {
        _ if !is_allowed => exhausted(),
        Some(limit) => {
            retry_after = limit.retry_after;
            slow_down(limit)
        }
        None => operation(&mut world, now).unwrap_or_else(|problem| problem),
    };
    let limit = world.github.limit.headers();
    let done = world.replacements.since(done_before);
    drop(world);

    let mut response = status.into_response();
    if !body.is_null() {
        *response.body_mut() = body.to_string().into();
    }
    let headers = response.headers_mut();
    headers.reserve(9);
    headers.extend(limit);
    headers.insert(CACHE_CONTROL, CACHED);
    let request_id = random::pick(24, "0123456789ABCDEF");
    headers.extend(HeaderValue::try_from(request_id).map(|id| (REQUEST_ID, id)));
    headers.extend(retry_after.map(|after| (RETRY_AFTER, after.into())));
    headers.extend((!body.is_null()).then_some((CONTENT_TYPE, JSON)));
    match done {
        Some(done) => done.mark(response),
        None => response,
    }
}

/// Which app or user it is that made too many calls follows in other words.
fn exhausted() -> Answer {
    let body = json!({
        "message": "API rate limit exceeded for user ID 1.",
        "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api",
    });
    (StatusCode::FORBIDDEN, body)
}

fn slow_down(limit: SecondaryLimit) -> Answer {
    let status = StatusCode::from_u16(limit.status).unwrap_or(StatusCode::FORBIDDEN);
    let body = json!({
        "message": "You have exceeded a secondary rate limit. Please wait a few minutes before \
                    you try again.",
        "documentation_url": DOCUMENTATION,
    });
    (status, body)
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

/// The authorization of a known token, with the values of the documented example, which stay the
/// same on a server.
pub(super) fn describe(github: &GitHub, value: &str) -> Result<Answer, Answer> {
    let token = github.tokens.get(value).ok_or_else(no_such_thing)?;
    let id = token.id;
    let digest = Sha256::digest(value.as_bytes());
    let hashed_token: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let body = json!({
        "id": id,
        "url": format!("https://api.github.com/authorizations/{id}"),
        "scopes": token.scopes[..],
        "token": value,
        "token_last_eight": &value[value.len() - 8..],
        "hashed_token": hashed_token,
        "app": {
            "url": "http://my-github-app.com",
            "name": "my github app",
            "client_id": github.client_id,
        },
        "note": null,
        "note_url": null,
        "updated_at": seconds(token.updated_at),
        "created_at": seconds(token.created_at),
        "fingerprint": null,
        "expires_at": token.expires_at.map(seconds),
        "user": account("octocat", 1),
    });
    Ok((StatusCode::OK, body))
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
