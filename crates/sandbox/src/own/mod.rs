//! What neither provider has: calls to the sandbox itself. They are in no log, and no fault hits them.

mod clock;
mod span;

use axum::Router;
use axum::routing::get;

use crate::Shared;

pub(crate) const CLOCK: &str = "/_sandbox/clock";

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route(CLOCK, get(clock::show).post(clock::turn))
}
