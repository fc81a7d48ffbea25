//! OhMyGPT: rotate a user's admin token.

use axum::Router;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use crate::Shared;
use crate::world::ohmygpt_token;

pub(crate) const ROTATE: &str = "/api/v1/user/oauth/app/rotate-user-admin-token";

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route(ROTATE, post(rotate))
}

/// The documents do not say what becomes of the old admin token; here it dies.
async fn rotate(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let mut world = shared.world();
    let user = world
        .users
        .iter_mut()
        .find(|user| is_bearer(&headers, &user.oauth_token));
    let Some(user) = user else {
        // Which HTTP status carries this body is not documented; the documented body has 401.
        let body = json!({
            "statusCode": 401,
            "errorType": "oauth_invalid_token_error",
            "message": "Incorrect OhMyGPT OAuth token provided. Please try to re-authenticate \
                        with the OAuth provider.",
            "data": null,
        });
        return reply(StatusCode::UNAUTHORIZED, &body);
    };
    user.admin_token = ohmygpt_token();
    let body = json!({
        "statusCode": 200,
        "message": "Rotate User Admin Token success",
        "data": { "user_id": user.id, "token": user.admin_token },
    });
    reply(StatusCode::OK, &body)
}

fn is_bearer(headers: &HeaderMap, token: &str) -> bool {
    headers
        .get(AUTHORIZATION)
        .is_some_and(|value| value == format!("Bearer {token}").as_str())
}

fn reply(status: StatusCode, body: &Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json")];
    (status, headers, body.to_string()).into_response()
}
