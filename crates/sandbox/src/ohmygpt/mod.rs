//! OhMyGPT: authorization, the calls with an OAuth token, and the keys of a user.

mod app;
mod envelope;
mod keys;
mod oauth;
mod store;

use axum::Router;

use crate::Shared;

pub(crate) use oauth::AUTHORIZE;
pub(crate) use store::OhMyGpt;

pub use store::OhMyGptUser;

/// What people open.
pub(crate) const PAGES: &[&str] = &[oauth::AUTHORIZE, oauth::SUCCEED];

/// The calls that change nothing.
pub(crate) const ASKING: &[&str] = &[app::INFO, keys::LIST, keys::BALANCE];

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .merge(oauth::routes())
        .merge(app::routes())
        .merge(keys::routes())
}
