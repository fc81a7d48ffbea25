//! What OhMyGPT's answers mean.

use tokenturn_client::ohmygpt::types::{
    ErrorEnvelope, RotateUserAdminTokenResponse, UserAdminToken,
};
use tokenturn_client::{RawResponse, Secret};

use crate::error::{Refusal, RefusalReason, RotateError};
use crate::outcome::{self, Answer};
use crate::rotated::{Receipt, Rotated};
use crate::salvage::Found;

/// The answer to a rotation with `oauth_token`.
pub(super) fn rotated(
    (envelope, response): Answer<RotateUserAdminTokenResponse>,
    oauth_token: &Secret,
) -> Result<Rotated<UserAdminToken>, RotateError> {
    let decoded = envelope
        .filter(|envelope| envelope.status_code == 200)
        .and_then(|envelope| envelope.data)
        .filter(|data| !data.token.is_empty())
        .map(|data| {
            let token = data.token.clone();
            // OhMyGPT says nothing about the token but the token itself.
            let receipt = Receipt::Absent;
            (Found { token, receipt }, data)
        });
    outcome::rotated(decoded, response, oauth_token, failure)
}

/// What an answer without a token means.
fn failure(response: Box<RawResponse>, sent: &Secret) -> RotateError {
    let envelope: ErrorEnvelope = serde_json::from_slice(response.body()).unwrap_or_default();
    let http = response.status().as_u16();
    // An error may come with HTTP 200; then the envelope has the status that counts.
    let status = match envelope.status_code {
        Some(code) if response.status().is_success() => u16::try_from(code).unwrap_or(http),
        _ => http,
    };
    match reason(&response, status, envelope.error_type.as_deref()) {
        Some(reason) => RotateError::Refused(Refusal {
            reason,
            status,
            message: envelope
                .message
                .map(|message| outcome::presentable(&message, sent)),
            request_id: outcome::request_id(&response),
        }),
        None => outcome::unknown(response),
    }
}

/// Why OhMyGPT said no, or `None` when it did not say so.
fn reason(response: &RawResponse, status: u16, error_type: Option<&str>) -> Option<RefusalReason> {
    match status {
        300..=399 => Some(RefusalReason::Redirected),
        400 | 422 => Some(RefusalReason::Invalid),
        401 if error_type == Some("oauth_invalid_token_error") => Some(RefusalReason::InvalidToken),
        401 => Some(RefusalReason::BadCredentials),
        402 => Some(RefusalReason::InsufficientBalance),
        403 => Some(RefusalReason::MissingPermission),
        // Not an answer of the provider's: something on the way gave up waiting.
        408 => None,
        429 => Some(RefusalReason::RateLimited {
            retry_after: outcome::wait(response),
        }),
        400..=499 => Some(RefusalReason::Other),
        // A 5xx in the envelope says as little about the outcome as one from HTTP.
        _ => None,
    }
}
