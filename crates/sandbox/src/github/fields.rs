//! How the login host answers programs: with 200, whatever happened.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use form_urlencoded::Serializer;
use serde_json::{Map, Value, json};

/// Why no token is given out.
pub(super) struct Refusal {
    error: &'static str,
    description: &'static str,
    uri: &'static str,
    /// The seconds between two polls from now on.
    interval: Option<u32>,
}

const GENERAL: &str = "https://docs.github.com";
const OF_DEVICES: &str = "https://docs.github.com/developers/apps/authorizing-oauth-apps\
    #error-codes-for-the-device-flow";

/// The page about an error of the code exchange.
macro_rules! about {
    ($anchor:literal) => {
        concat!(
            "https://docs.github.com/apps/managing-oauth-apps/",
            "troubleshooting-oauth-app-access-token-request-errors/#",
            $anchor
        )
    };
}

impl Refusal {
    pub(super) const INCORRECT_CLIENT_CREDENTIALS: Self = Self::new(
        "incorrect_client_credentials",
        "The client_id and/or client_secret passed are incorrect.",
        about!("incorrect-client-credentials"),
    );
    pub(super) const REDIRECT_URI_MISMATCH: Self = Self::new(
        "redirect_uri_mismatch",
        "The redirect_uri MUST match the registered callback URL for this application.",
        about!("redirect-uri-mismatch2"),
    );
    pub(super) const BAD_VERIFICATION_CODE: Self = Self::new(
        "bad_verification_code",
        "The code passed is incorrect or expired.",
        about!("bad-verification-code"),
    );
    pub(super) const UNVERIFIED_USER_EMAIL: Self = Self::new(
        "unverified_user_email",
        "The user must have a verified primary email.",
        about!("unverified_user_email"),
    );
    pub(super) const BAD_REFRESH_TOKEN: Self = Self::new(
        "bad_refresh_token",
        "The refresh token passed is incorrect or expired.",
        about!("bad-verification-code"),
    );
    /// The words are not documented.
    pub(super) const UNSUPPORTED_GRANT_TYPE: Self = Self::new(
        "unsupported_grant_type",
        "The grant_type is not supported.",
        OF_DEVICES,
    );
    /// The words are not documented.
    pub(super) const DEVICE_FLOW_DISABLED: Self = Self::new(
        "device_flow_disabled",
        "Device flow has not been enabled in the app's settings.",
        OF_DEVICES,
    );
    pub(super) const AUTHORIZATION_PENDING: Self = Self::new(
        "authorization_pending",
        "The authorization request is still pending.",
        OF_DEVICES,
    );
    pub(super) const EXPIRED_TOKEN: Self =
        Self::new("expired_token", "The device_code has expired.", OF_DEVICES);
    pub(super) const INCORRECT_DEVICE_CODE: Self = Self::new(
        "incorrect_device_code",
        "The device_code provided is not valid.",
        OF_DEVICES,
    );
    pub(super) const ACCESS_DENIED: Self = Self::new(
        "access_denied",
        "The authorization request was denied.",
        OF_DEVICES,
    );

    const fn new(error: &'static str, description: &'static str, uri: &'static str) -> Self {
        Self {
            error,
            description,
            uri,
            interval: None,
        }
    }

    pub(super) const fn slow_down(interval: u32) -> Self {
        Self {
            error: "slow_down",
            description: "Too many requests have been made in the same timeframe.",
            uri: GENERAL,
            interval: Some(interval),
        }
    }
}

impl From<Refusal> for Value {
    fn from(refusal: Refusal) -> Self {
        let mut fields = json!({
            "error": refusal.error,
            "error_description": refusal.description,
            "error_uri": refusal.uri,
        });
        if let Some(interval) = refusal.interval {
            fields["interval"] = interval.into();
        }
        fields
    }
}

/// JSON for those who ask for it, and a form for all others.
pub(super) fn reply(headers: &HeaderMap, outcome: Result<Value, Refusal>) -> Response {
    let fields = outcome.unwrap_or_else(Value::from);
    let is_json = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("application/json"));
    let (content_type, body) = if is_json {
        ("application/json; charset=utf-8", fields.to_string())
    } else {
        let content_type = "application/x-www-form-urlencoded; charset=utf-8";
        (content_type, encode(fields.as_object()))
    };
    ([(CONTENT_TYPE, content_type)], body).into_response()
}

fn encode(fields: Option<&Map<String, Value>>) -> String {
    let mut form = Serializer::new(String::new());
    for (name, value) in fields.into_iter().flatten() {
        match value {
            Value::String(text) => form.append_pair(name, text),
            other => form.append_pair(name, &other.to_string()),
        };
    }
    form.finish()
}
