//! What is true of all requests and answers.

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::html;

/// Pages are nobody else's to keep, to show inside their own, or to put something into; what is in a URL of
/// ours, such as a code, is told to no other site.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    // Without any referrer, browsers do not say whose form was sent.
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// Refuses forms of other sites, which browsers would send with this one's cookies and passwords.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(ORIGIN);
    let is_ours = origin.is_some_and(|origin| origin == &*app.public_url);
    let mut response = match request.method().is_safe() || is_ours {
        true => next.run(request).await,
        false => {
            let text = format!(
                "<p>This was not sent from {}.</p>",
                html::escape(&app.public_url)
            );
            (StatusCode::FORBIDDEN, html::page("No", &text)).into_response()
        }
    };
    response.headers_mut().extend(HEADERS);
    response
}
