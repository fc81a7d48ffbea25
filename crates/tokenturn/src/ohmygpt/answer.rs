//! What OhMyGPT's answers mean.

use tokenturn_client::ohmygpt::types::{
    ErrorEnvelope, IssueTokenResponse, OAuthToken, RotateUserAdminTokenResponse, UserAdminToken,
};
use tokenturn_client::{Error as ClientError, RawResponse, ResponseValue, Secret};

use crate::error::{Refusal, RefusalReason, RotateError};
use crate::outcome::{self, Answer};
use crate::rotated::{Receipt, Rotated};
use crate::salvage::{self, Found};

/// The answer to a rotation with `oauth_token`.
pub(super) fn rotated(
    (envelope, response): Answer<RotateUserAdminTokenResponse>,
    oauth_token: &Secret,
) -> Result<Rotated<UserAdminToken>, RotateError> {
    let data = envelope.filter(|envelope| envelope.status_code == 200);
    let data = data.and_then(|envelope| envelope.data);
    let decoded = data.map(|data| (data.token.clone(), data));
    token(decoded, response, oauth_token, &[oauth_token])
}

/// The answer to an exchange of `code`. `secrets` are all that the call carried.
pub(super) fn issued(
    (envelope, response): Answer<IssueTokenResponse>,
    code: &Secret,
    secrets: &[&Secret],
) -> Result<Rotated<OAuthToken>, RotateError> {
    let data = envelope.filter(|envelope| envelope.status_code == 200);
    let data = data.and_then(|envelope| envelope.data);
    let decoded = data.map(|data| (data.token.clone(), data));
    token(decoded, response, code, secrets)
}

fn token<D>(
    decoded: Option<(Secret, D)>,
    response: Box<RawResponse>,
    sent: &Secret,
    secrets: &[&Secret],
) -> Result<Rotated<D>, RotateError> {
    let decoded = decoded
        .filter(|(token, _)| !token.is_empty())
        // OhMyGPT says nothing about the token but the token itself.
        .map(|(token, data)| (Found::new(token, Receipt::Absent), Box::new(data)));
    let salvage = |response: &RawResponse| salvage::token(response, sent);
    outcome::rotated(decoded, response, salvage, |response| {
        failure(response, secrets)
    })
}

/// An envelope: its `statusCode` and its `data`.
pub(super) trait Envelope {
    /// What the call was made for.
    type Data;

    /// `None` where the envelope says no, or lacks what the call was made for.
    fn into_data(self) -> Option<Self::Data>;
}

/// The answer to a call that brings no token that could be lost.
pub(super) fn data<T: Envelope, E>(
    result: Result<ResponseValue<T>, ClientError<E>>,
    secrets: &[&Secret],
) -> Result<T::Data, RotateError> {
    let (envelope, response) = outcome::answer(result)?;
    let data = envelope.and_then(|envelope| envelope.into_data());
    data.ok_or_else(|| failure(response, secrets))
}

/// What an answer without what was asked for means.
fn failure(response: Box<RawResponse>, sent: &[&Secret]) -> RotateError {
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
            code: envelope
                .error_type
                .map(|code| outcome::presentable(&code, sent)),
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
