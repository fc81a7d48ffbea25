//! How the API answers.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;

use crate::clock::Moment;
use crate::world::World;
use crate::{Shared, random};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-github-request-id");
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=60, s-maxage=60");
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

pub(super) const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// A status and a body, which is absent when it is empty.
pub(super) type Answer = (StatusCode, String);

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

    let content_type = (!body.is_empty()).then_some((CONTENT_TYPE, JSON));
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.extend(limit.into_iter().flatten());
    headers.insert(CACHE_CONTROL, CACHED);
    let request_id = random::pick(24, "0123456789ABCDEF");
    headers.extend(HeaderValue::try_from(request_id).map(|id| (REQUEST_ID, id)));
    headers.extend(retry_after.map(|after| (RETRY_AFTER, after.into())));
    headers.extend(content_type);
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
    (StatusCode::FORBIDDEN, body.to_string())
}

fn slow_down(limit: SecondaryLimit) -> Answer {
    let status = StatusCode::from_u16(limit.status).unwrap_or(StatusCode::FORBIDDEN);
    let body = json!({
        "message": "You have exceeded a secondary rate limit. Please wait a few minutes before \
                    you try again.",
        "documentation_url": DOCUMENTATION,
    });
    (status, body.to_string())
}

/// For every path, and every method of a path, that is not there.
pub(crate) async fn not_found(State(shared): State<Shared>) -> Response {
    let body = json!({ "message": "Not Found", "documentation_url": DOCUMENTATION });
    serve(&shared, |_, _| {
        Err((StatusCode::NOT_FOUND, body.to_string()))
    })
}

/// For a call that is there and a token that is not: it points to the page of the calls.
pub(super) fn no_such_token() -> Answer {
    let page = format!("{DOCUMENTATION}/apps/oauth-applications");
    let body = json!({ "message": "Not Found", "documentation_url": page });
    (StatusCode::NOT_FOUND, body.to_string())
}

pub(super) fn problem(status: StatusCode, message: &str) -> Answer {
    (status, json!({ "message": message }).to_string())
}

pub(super) fn invalid(field: &str, code: &str) -> Answer {
    let body = json!({
        "message": "Invalid request",
        "documentation_url": DOCUMENTATION,
        "errors": [{ "field": field, "code": code }],
    });
    (StatusCode::UNPROCESSABLE_ENTITY, body.to_string())
}
