//! What GitHub's answers mean.

use std::time::Duration;

use tokenturn_client::github::types::{Authorization, BasicError};
use tokenturn_client::{Error as ClientError, RawResponse, ResponseValue, Secret};

use super::{Deletion, TokenCheck};
use crate::error::{Refusal, RefusalReason, RotateError};
use crate::outcome::{self, Answer};
use crate::rotated::{Receipt, Rotated};
use crate::salvage::{self, Found};

/// The answer to a call that makes a token out of `sent`.
pub(super) fn rotated(
    (authorization, response): Answer<Authorization>,
    sent: &Secret,
) -> Result<Rotated<Authorization>, RotateError> {
    let decoded = authorization
        .filter(|authorization| !authorization.token.is_empty())
        .map(|authorization| {
            let token = authorization.token.clone();
            let receipt = Receipt::of(
                &token,
                authorization.hashed_token.as_deref(),
                authorization.token_last_eight.as_deref(),
            );
            let mut found = Found::new(token, receipt);
            found.expires_at = authorization.expires_at;
            (found, authorization)
        });
    let salvage = |response: &RawResponse| salvage::token(response, sent);
    outcome::rotated(decoded, response, salvage, |response| {
        failure(response, &[sent])
    })
}

/// The answer to a check of `asked`.
pub(super) fn checked(
    (authorization, response): Answer<Authorization>,
    asked: &Secret,
) -> Result<TokenCheck, RotateError> {
    // GitHub repeats the token in its answer, so a success without one does not come from GitHub.
    let has_token = match &authorization {
        Some(authorization) => !authorization.token.is_empty(),
        None => response.status().is_success() && salvage::has_token(&response),
    };
    if has_token {
        return Ok(TokenCheck::Valid(authorization));
    }
    unless_invalid(failure(response, &[asked]), |request_id| {
        TokenCheck::Invalid { request_id }
    })
}

/// The answer to a deletion of `token`, or of what it stands for.
pub(super) fn deleted<E>(
    result: Result<ResponseValue<()>, ClientError<E>>,
    token: &Secret,
) -> Result<Deletion, RotateError> {
    match outcome::answer(result)? {
        (Some(_), _) => Ok(Deletion::Deleted),
        (None, response) => unless_invalid(failure(response, &[token]), |request_id| {
            Deletion::AlreadyGone { request_id }
        }),
    }
}

/// The answer to a revocation of `credentials`.
pub(super) fn revoked<E>(
    result: Result<ResponseValue<()>, ClientError<E>>,
    credentials: &[&Secret],
) -> Result<(), RotateError> {
    match outcome::answer(result)? {
        (Some(_), _) => Ok(()),
        (None, response) => Err(match failure(response, credentials) {
            // No token stands behind a 404 here.
            RotateError::Refused(mut refusal) if refusal.reason == RefusalReason::InvalidToken => {
                refusal.reason = RefusalReason::Other;
                RotateError::Refused(refusal)
            }
            error => error,
        }),
    }
}

/// GitHub's own 404 is an answer where a token may well be gone.
fn unless_invalid<T>(
    failure: RotateError,
    answer: impl FnOnce(Option<String>) -> T,
) -> Result<T, RotateError> {
    match failure {
        RotateError::Refused(refusal) if refusal.reason == RefusalReason::InvalidToken => {
            Ok(answer(refusal.request_id))
        }
        failure => Err(failure),
    }
}

/// What an answer without a token means.
fn failure(response: Box<RawResponse>, sent: &[&Secret]) -> RotateError {
    let message = message(&response);
    match reason(&response, message.as_deref()) {
        Some(reason) => RotateError::Refused(Refusal {
            reason,
            status: response.status().as_u16(),
            code: None,
            message: message.map(|message| outcome::presentable(&message, sent)),
            request_id: outcome::request_id(&response),
        }),
        None => outcome::unknown(response),
    }
}

/// GitHub's words about an error.
pub(super) fn message(response: &RawResponse) -> Option<String> {
    let error: Option<BasicError> = serde_json::from_slice(response.body()).ok();
    error.and_then(|error| error.message)
}

/// Why GitHub said no, or `None` when it did not say so.
pub(super) fn reason(response: &RawResponse, message: Option<&str>) -> Option<RefusalReason> {
    match response.status().as_u16() {
        300..=399 => Some(RefusalReason::Redirected),
        400 | 422 => Some(RefusalReason::Invalid),
        401 => Some(RefusalReason::BadCredentials),
        403 | 429 => Some(limited(response, message).unwrap_or(RefusalReason::MissingPermission)),
        // Whatever stands between us and GitHub has its own 404s, and they say nothing about a
        // token. GitHub's have a message.
        404 if message.is_some() => Some(RefusalReason::InvalidToken),
        // Not an answer of GitHub's: something on the way gave up waiting.
        408 => None,
        400..=499 => Some(RefusalReason::Other),
        _ => None,
    }
}

/// Rate limits, by <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>.
fn limited(response: &RawResponse, message: Option<&str>) -> Option<RefusalReason> {
    /// What the docs ask for when a secondary limit says nothing else.
    const SECONDARY: Duration = Duration::from_secs(60);
    let is_secondary =
        message.is_some_and(|m| m.to_ascii_lowercase().contains("secondary rate limit"));
    let retry_after = outcome::wait(response).or(is_secondary.then_some(SECONDARY));
    (retry_after.is_some() || response.status().as_u16() == 429)
        .then_some(RefusalReason::RateLimited { retry_after })
}
