//! What happens to every call around its operation.

use axum::extract::{Request, State};
use axum::http::header::DATE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::{Shared, fault, log};

/// Notes the request, fails on demand, and dates the answer: the HTTP server would write the host's
/// time.
pub(crate) async fn attend(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let mut response = match log::record(&shared, request).await {
        Ok(request) => fault::inject(&shared, request, next).await,
        Err(too_long) => too_long.into_response(),
    };
    let mut world = shared.world();
    world.replacements.answered(&response);
    world.refreshes.answered(&response);
    let now = world.clock.now();
    let date = world.clock.http_date(now);
    response.headers_mut().extend(date.map(|date| (DATE, date)));
    response
}
