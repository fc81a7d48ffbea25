//! What an app does with a user's OAuth token.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;

use super::envelope::{bearer, success};
use crate::Shared;
use crate::replacements::Replacement;

pub(super) const INFO: &str = "/api/v1/user/oauth/app/query-user-basic-info";

pub(super) fn routes() -> Router<Shared> {
    Router::new().route(INFO, post(info)).route(
        "/api/v1/user/oauth/app/rotate-user-admin-token",
        post(rotate),
    )
}

/// Both names are those that a client reads. The type of the number and the message are not
/// documented: the number is a string as in most other answers.
async fn info(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let mut world = shared.world();
    let user = match world.ohmygpt.caller(bearer(&headers)) {
        Ok(user) => world.ohmygpt.user(user),
        Err(refusal) => return refusal.into_response(),
    };
    let data = json!({
        "userId": user.id.to_string(),
        "userEmail": format!("user{}@example.com", user.id),
    });
    success("success", data)
}

/// The documents do not say what becomes of the old admin token; here it dies.
async fn rotate(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let mut world = shared.world();
    let now = world.clock.now();
    let oauth_token = bearer(&headers);
    let user = match world.ohmygpt.caller(oauth_token) {
        Ok(user) => user,
        Err(refusal) => return refusal.into_response(),
    };
    let old = world.ohmygpt.rotate(user, now);
    let user = world.ohmygpt.user(user);
    let (id, new) = (user.id, user.admin_token.to_string());
    let data = json!({ "user_id": id, "token": new });
    let oauth_token = oauth_token.map(str::to_owned);
    let done = Replacement::new(old.to_string(), new, oauth_token);
    let done = world.replacements.note(done);
    drop(world);
    done.mark(success("Rotate User Admin Token success", data))
}
