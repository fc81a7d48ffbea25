//! What the answers of the device flow mean, but for the token.

use std::fmt;
use std::time::Duration;

use tokenturn_client::github_login::types::DeviceCodeResponse;
use tokenturn_client::{RawResponse, Seconds, Secret};
use tokio::time::Instant;

use super::login_answer::failure;
use crate::error::RotateError;
use crate::evidence::Text;
use crate::outcome::Answer;

/// What there is by the [docs](https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#device-flow).
pub(super) const EXPIRES_IN: Duration = Duration::from_secs(900);
/// RFC 8628, section 3.2, for a server that does not say.
pub(super) const INTERVAL: Duration = Duration::from_secs(5);

/// Show the user [`user_code`](Self::user_code) and
/// [`verification_uri`](Self::verification_uri), and wait with
/// [`GitHub::wait_for_device`](crate::GitHub::wait_for_device). With the feature `serde`, it can be
/// serialized, to wait in another process.
#[derive(Clone)]
#[non_exhaustive]
pub struct DeviceCode {
    /// What the user types in.
    pub user_code: String,
    /// Where the user types it in.
    pub verification_uri: String,
    /// How long the user has, from the moment at which the code came: what the server says, in
    /// seconds, or else GitHub's 15 minutes. In one that was deserialized, what was left of it then.
    pub expires_in: Duration,
    /// How long to wait between two polls: what the server says, in seconds, or else the 5 of
    /// [RFC 8628, section 3.2](https://datatracker.ietf.org/doc/html/rfc8628#section-3.2). A
    /// server that says 0 has not said.
    pub interval: Duration,
    /// What stands for the user on this side.
    pub device_code: Secret,
    /// When `expires_in` began.
    pub(super) came: Instant,
}

// Whoever knows the user code can pretend to be the user's device.
impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCode")
            .field("verification_uri", &self.verification_uri)
            .field("expires_in", &self.expires_in)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

/// The answer to a request for a device code.
pub(super) fn device_code(
    (body, response): Answer<DeviceCodeResponse>,
) -> Result<DeviceCode, RotateError> {
    let body = body.or_else(|| from_form(&response).map(Box::new));
    let code = body.and_then(|body| {
        Some(DeviceCode {
            device_code: body.device_code.filter(|code| !code.is_empty())?,
            user_code: body.user_code?,
            verification_uri: body.verification_uri?,
            expires_in: said(body.expires_in).unwrap_or(EXPIRES_IN),
            interval: said(body.interval).unwrap_or(INTERVAL),
            came: Instant::now(),
        })
    });
    code.ok_or_else(|| failure(response, &[]))
}

/// The interval that comes with `slow_down`.
pub(super) fn interval(response: &RawResponse) -> Option<Duration> {
    let in_form = || {
        let mut pairs = form_urlencoded::parse(response.body());
        pairs.find(|(name, _)| name == "interval")?.1.parse().ok()
    };
    let text = Text::of(response.body());
    said(text.number_at(&["interval"]).or_else(in_form))
}

/// A span of time that is one.
pub(super) fn said(seconds: Option<Seconds>) -> Option<Duration> {
    seconds?.duration().filter(|duration| !duration.is_zero())
}

/// The form in which this host answers when something on the way has lost our `accept` header.
fn from_form(response: &RawResponse) -> Option<DeviceCodeResponse> {
    if !response.is_complete() {
        return None;
    }
    let mut found = DeviceCodeResponse::default();
    for (name, value) in form_urlencoded::parse(response.body().trim_ascii()) {
        match &*name {
            "device_code" => found.device_code = Some(Secret::new(value)),
            "user_code" => found.user_code = Some(value.into_owned()),
            "verification_uri" => found.verification_uri = Some(value.into_owned()),
            "expires_in" => found.expires_in = value.parse().ok(),
            "interval" => found.interval = value.parse().ok(),
            _ => {}
        }
    }
    Some(found)
}
