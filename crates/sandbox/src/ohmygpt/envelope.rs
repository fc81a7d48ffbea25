//! What every answer to a program is wrapped in.

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A refusal in words that are not documented.
///
/// The documented refusals have an `errorType` too, but which ones there are is not documented.
pub(super) struct Refusal {
    status: StatusCode,
    message: &'static str,
}

impl Refusal {
    pub(super) const fn bad_request(message: &'static str) -> Self {
        let status = StatusCode::BAD_REQUEST;
        Self { status, message }
    }

    /// Documented for a wrong admin token are the status and its title; clients know these words.
    pub(super) const INVALID_ADMIN_TOKEN: Self = Self {
        status: StatusCode::UNAUTHORIZED,
        message: "Invalid account token",
    };
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status;
        let body = json!({ "statusCode": status.as_u16(), "message": self.message, "data": null });
        reply(status, &body)
    }
}

pub(super) fn success(message: &str, data: Value) -> Response {
    let body = json!({ "statusCode": 200, "message": message, "data": data });
    reply(StatusCode::OK, &body)
}

/// The documented refusals of calls with an OAuth token, word by word.
pub(super) enum OAuthRefusal {
    InvalidToken,
    InsufficientBalance,
}

/// Which HTTP status carries these bodies is not documented; here it is the one in the body.
impl IntoResponse for OAuthRefusal {
    fn into_response(self) -> Response {
        let (status, error_type, message) = match self {
            Self::InvalidToken => (
                StatusCode::UNAUTHORIZED,
                "oauth_invalid_token_error",
                "Incorrect OhMyGPT OAuth token provided. Please try to re-authenticate with the \
                 OAuth provider.",
            ),
            Self::InsufficientBalance => (
                StatusCode::PAYMENT_REQUIRED,
                "insufficient_balance_error",
                "User balance is insufficient, your request has been rejected, please recharge in \
                 time at https://www.ohmygpt.com/pay .",
            ),
        };
        let body = json!({
            "statusCode": status.as_u16(),
            "errorType": error_type,
            "message": message,
            "data": null,
        });
        reply(status, &body)
    }
}

/// The token that a call is made with.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ")
}

fn reply(status: StatusCode, body: &Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json")];
    (status, headers, body.to_string()).into_response()
}
