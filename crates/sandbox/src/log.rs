//! What came in, for tests to read.

use std::fmt;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};

use crate::Shared;

/// No request of either provider comes near.
pub(crate) const LONGEST_BODY: usize = 1 << 20;

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

/// All of them, in the order of arrival.
pub(crate) struct Requests {
    pub(crate) recording: bool,
    pub(crate) so_far: Vec<LoggedRequest>,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            recording: true,
            so_far: Vec::new(),
        }
    }
}

/// Notes a request before it is answered, and hands it back.
pub(crate) async fn record(shared: &Shared, request: Request) -> Result<Request, StatusCode> {
    if !shared.world().requests.recording {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LONGEST_BODY).await;
    let body = body.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    shared.world().requests.so_far.push(LoggedRequest {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        headers: parts.headers.clone(),
        body: body.to_vec(),
    });
    Ok(Request::from_parts(parts, Body::from(body)))
}
