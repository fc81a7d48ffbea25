//! GitHub: check and reset a token.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Shared;
use crate::world::{App, Authorization, World, github_token, now, random};

/// Calls in an hour, for each app.
const RATE_LIMIT: usize = 5000;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-github-request-id");

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/applications/{client_id}/token", post(check).patch(reset))
}

async fn check(
    State(shared): State<Shared>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut world = shared.world();
    let answer = find(&mut world, &client_id, &headers, &body).map(|found| found.clone());
    reply(&mut world, answer)
}

async fn reset(
    State(shared): State<Shared>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut world = shared.world();
    let answer = find(&mut world, &client_id, &headers, &body).map(|found| {
        found.token = github_token();
        found.updated_at = now();
        found.clone()
    });
    reply(&mut world, answer)
}

type Problem = (StatusCode, Value);

/// The authorization whose token the body names, after all that can be wrong with the request.
fn find<'a>(
    world: &'a mut World,
    client_id: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<&'a mut Authorization, Problem> {
    let problem = |status, message| (status, json!({ "message": message }));
    authenticate(&world.app, headers)
        .map_err(|message| problem(StatusCode::UNAUTHORIZED, message))?;
    let body: Value = serde_json::from_slice(body)
        .map_err(|_| problem(StatusCode::BAD_REQUEST, "Problems parsing JSON"))?;
    if !body.is_object() {
        return Err(problem(
            StatusCode::BAD_REQUEST,
            "Body should be a JSON object",
        ));
    }
    let token = body["access_token"].as_str().ok_or_else(|| {
        let error = json!({
            "message": "Invalid request",
            "documentation_url": "https://docs.github.com/rest",
            "errors": [{ "field": "access_token", "code": "missing_field" }],
        });
        (StatusCode::UNPROCESSABLE_ENTITY, error)
    })?;
    world
        .authorizations
        .iter_mut()
        .find(|found| client_id == world.app.client_id && found.token == token)
        .ok_or_else(|| problem(StatusCode::NOT_FOUND, "Not Found"))
}

fn authenticate(app: &App, headers: &HeaderMap) -> Result<(), &'static str> {
    let authorization = headers
        .get(AUTHORIZATION)
        .ok_or("Requires authentication")?;
    let pair = format!("{}:{}", app.client_id, app.client_secret);
    let expected = format!("Basic {}", STANDARD.encode(pair));
    if authorization == expected.as_str() {
        Ok(())
    } else {
        Err("Bad credentials")
    }
}

/// The answer with the headers that recordings of the real one show.
fn reply(world: &mut World, answer: Result<Authorization, Problem>) -> Response {
    let (status, body) = match answer {
        Ok(authorization) => (StatusCode::OK, describe(&world.app, &authorization)),
        Err(problem) => problem,
    };
    world.github_calls += 1;
    let headers = [
        (CONTENT_TYPE, "application/json; charset=utf-8".into()),
        (CACHE_CONTROL, "public, max-age=60, s-maxage=60".into()),
        (LIMIT, RATE_LIMIT.to_string()),
        (
            REMAINING,
            RATE_LIMIT.saturating_sub(world.github_calls).to_string(),
        ),
        (REQUEST_ID, random(24, "0123456789ABCDEF")),
    ];
    (status, headers, body.to_string()).into_response()
}

fn describe(app: &App, authorization: &Authorization) -> Value {
    let Authorization {
        id,
        token,
        created_at,
        updated_at,
    } = authorization;
    let digest = Sha256::digest(token.as_bytes());
    let hashed_token: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "id": id,
        "url": format!("https://api.github.com/authorizations/{id}"),
        "scopes": ["public_repo"],
        "token": token,
        "token_last_eight": &token[token.len() - 8..],
        "hashed_token": hashed_token,
        "app": {
            "url": "http://my-github-app.com",
            "name": "my github app",
            "client_id": app.client_id,
        },
        "note": null,
        "note_url": null,
        "updated_at": updated_at,
        "created_at": created_at,
        "fingerprint": null,
        "expires_at": null,
        "user": {
            "login": "octocat",
            "id": 1,
            "node_id": "MDQ6VXNlcjE=",
            "avatar_url": "https://github.com/images/error/octocat_happy.gif",
            "gravatar_id": "",
            "url": "https://api.github.com/users/octocat",
            "html_url": "https://github.com/octocat",
            "followers_url": "https://api.github.com/users/octocat/followers",
            "following_url": "https://api.github.com/users/octocat/following{/other_user}",
            "gists_url": "https://api.github.com/users/octocat/gists{/gist_id}",
            "starred_url": "https://api.github.com/users/octocat/starred{/owner}{/repo}",
            "subscriptions_url": "https://api.github.com/users/octocat/subscriptions",
            "organizations_url": "https://api.github.com/users/octocat/orgs",
            "repos_url": "https://api.github.com/users/octocat/repos",
            "events_url": "https://api.github.com/users/octocat/events{/privacy}",
            "received_events_url": "https://api.github.com/users/octocat/received_events",
            "type": "User",
            "site_admin": false,
        },
    })
}
