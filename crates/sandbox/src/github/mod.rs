//! GitHub: the API of the token family, and the login host's pages and grants.

mod access_token;
mod answer;
mod api;
mod authorize;
mod describe;
mod device;
mod expiring;
mod fields;
mod limit;
mod refresh;
mod revoke;
mod store;

use axum::Router;
use axum::http::Method;
use axum::routing::{get, post};

use crate::Shared;

pub(crate) use answer::not_found;
pub(crate) use api::routes as api;
pub(crate) use authorize::PATH as AUTHORIZE;
pub(crate) use limit::Limit;
pub(crate) use revoke::routes as revocation;
pub(crate) use store::{GitHub, Lifetimes};

pub use answer::SecondaryLimit;
pub use expiring::ExpiringToken;

/// What people open.
pub(crate) const PAGES: &[&str] = &[AUTHORIZE, device::PAGE];

/// What github.com answers, and an Enterprise Server at the same paths.
pub(crate) fn login() -> Router<Shared> {
    Router::new()
        .route(AUTHORIZE, get(authorize::page).post(authorize::press))
        .route("/login/oauth/access_token", post(access_token::exchange))
        .route("/login/device/code", post(device::start))
        .route(device::PAGE, get(device::page).post(device::press))
}

/// Whether a call only asks about a token.
pub(crate) fn is_check(method: &Method, path: &str) -> bool {
    let path = path.strip_prefix("/api/v3").unwrap_or(path);
    method == Method::POST && path.starts_with("/applications/") && path.ends_with("/token")
}
