//! Anybody's call that kills credentials which have leaked. No Enterprise Server is sure to have it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use serde_json::{Value, json};

use super::GitHub;
use super::answer::{Answer, DOCUMENTATION, problem, serve};
use super::api::parse;
use crate::Shared;

/// Credentials in one call.
const MOST: usize = 1000;

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/credentials/revoke", post(revoke))
}

async fn revoke(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    serve(&shared, |world, _| {
        if headers.contains_key(AUTHORIZATION) {
            // The words are not documented, the status is.
            return Err(problem(StatusCode::FORBIDDEN, "Forbidden"));
        }
        let body = parse(&body)?;
        for credential in credentials(&body)? {
            kill(&mut world.github, credential);
        }
        Ok((StatusCode::ACCEPTED, "{}".into()))
    })
}

fn credentials(body: &Value) -> Result<Vec<&str>, Answer> {
    body["credentials"]
        .as_array()
        .filter(|list| (1..=MOST).contains(&list.len()))
        .and_then(|list| list.iter().map(Value::as_str).collect())
        .ok_or_else(|| {
            // The shape is documented, the words are not.
            let body = json!({
                "message": "Validation Failed",
                "documentation_url": DOCUMENTATION,
                "errors": [format!("credentials must be 1 to {MOST} strings")],
            });
            (StatusCode::UNPROCESSABLE_ENTITY, body.to_string())
        })
}

/// The named one only: whether its companion dies with it is not documented.
fn kill(github: &mut GitHub, credential: &str) {
    github.tokens.remove(credential);
    github.refresh_tokens.remove(credential);
}
