//! What came in, for tests to read.

use std::fmt;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::Shared;

/// No request of either provider comes near.
const LONGEST_BODY: usize = 1 << 20;

/// One request as it arrived.
#[derive(Clone)]
pub struct LoggedRequest {
    /// The HTTP method in capitals.
    pub method: String,
    /// The path as it stood in the request, percent-encoded.
    pub path: String,
    /// All headers. Some hold credentials.
    pub headers: HeaderMap,
    /// The body. Some hold tokens.
    pub body: Vec<u8>,
}

impl fmt::Debug for LoggedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Notes a request before it is answered.
pub(crate) async fn record(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    shared.world().requests.push(LoggedRequest {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        headers: parts.headers.clone(),
        body: body.to_vec(),
    });
    next.run(Request::from_parts(parts, Body::from(body))).await
}
