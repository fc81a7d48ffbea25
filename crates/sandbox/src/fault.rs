//! Failures on demand.

use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::{Shared, github, ohmygpt};

/// How the sandbox fails until it is told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A call that changes something is answered with 502, and nothing is changed.
    BeforeChange,
    /// A call that changes something is answered with 502, and the change is made.
    AfterChange,
    /// Every call is answered with 503, and nothing is changed.
    Outage,
}

/// Spoils the answers.
pub(crate) async fn inject(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let is_change = is_change(request.method(), request.uri().path());
    let fault = shared.world().fault;
    match fault {
        Some(Fault::Outage) => page(StatusCode::SERVICE_UNAVAILABLE),
        Some(Fault::BeforeChange) if is_change => page(StatusCode::BAD_GATEWAY),
        Some(Fault::AfterChange) if is_change => {
            next.run(request).await;
            page(StatusCode::BAD_GATEWAY)
        }
        _ => next.run(request).await,
    }
}

/// Every call of a program does, but for those that only ask. The pages are for people.
fn is_change(method: &Method, path: &str) -> bool {
    let is_page = github::PAGES.contains(&path) || ohmygpt::PAGES.contains(&path);
    let only_asks = github::is_check(method, path) || ohmygpt::ASKING.contains(&path);
    method != Method::GET && !is_page && !only_asks
}

/// What stands in front of a provider answers in HTML.
fn page(status: StatusCode) -> Response {
    let html = format!("<html><body><h1>{status}</h1></body></html>");
    (status, [(CONTENT_TYPE, "text/html")], html).into_response()
}
