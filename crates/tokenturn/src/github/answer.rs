//! What GitHub's answers mean.

use std::time::Duration;

use serde::Deserialize;
use tokenturn_client::github::types::{Authorization, BasicError};
use tokenturn_client::{RawResponse, Secret};

use super::TokenCheck;
use crate::error::{Refusal, RefusalReason, RotateError};
use crate::outcome::{self, Answer};
use crate::rotated::{Receipt, Rotated};

/// What is left of an answer when nothing else in it is as specified.
#[derive(Deserialize)]
struct TokenOnly {
    token: Secret,
}

/// The token in a successful answer, decoded or not.
fn token((authorization, response): &Answer<Authorization>) -> Option<Secret> {
    let token = match authorization {
        Some(authorization) => authorization.token.clone(),
        None if response.status().is_success() => {
            let found: TokenOnly = serde_json::from_slice(response.body()).ok()?;
            found.token
        }
        None => return None,
    };
    (!token.is_empty()).then_some(token)
}

/// The answer to a reset of `old`.
pub(super) fn rotated(
    answer: Answer<Authorization>,
    old: &Secret,
) -> Result<Rotated<Authorization>, RotateError> {
    let token = token(&answer);
    let (authorization, response) = answer;
    let Some(token) = token else {
        return Err(failure(response, old));
    };
    let receipt = authorization.as_ref().map_or(Receipt::Absent, |a| {
        Receipt::of(
            &token,
            a.hashed_token.as_deref(),
            a.token_last_eight.as_deref(),
        )
    });
    Ok(Rotated {
        token,
        details: authorization,
        receipt,
        status: response.status().as_u16(),
        request_id: outcome::request_id(&response),
    })
}

/// The answer to a check of `asked`.
pub(super) fn checked(
    answer: Answer<Authorization>,
    asked: &Secret,
) -> Result<TokenCheck, RotateError> {
    // A success without a token in it does not come from GitHub.
    if token(&answer).is_some() {
        return Ok(TokenCheck::Valid(answer.0.map(Box::new)));
    }
    let failure = failure(answer.1, asked);
    match failure.refusal() {
        Some(refusal) if refusal.reason == RefusalReason::InvalidToken => Ok(TokenCheck::Invalid {
            request_id: refusal.request_id.clone(),
        }),
        _ => Err(failure),
    }
}

/// What an answer without a token means.
fn failure(response: Box<RawResponse>, sent: &Secret) -> RotateError {
    let error: Option<BasicError> = serde_json::from_slice(response.body()).ok();
    let message = error.and_then(|error| error.message);
    match reason(&response, message.as_deref()) {
        Some(reason) => RotateError::Refused(Refusal {
            reason,
            status: response.status().as_u16(),
            message: message.map(|message| outcome::presentable(&message, sent)),
            request_id: outcome::request_id(&response),
        }),
        None => outcome::unknown(response),
    }
}

/// Why GitHub said no, or `None` when it did not say so.
fn reason(response: &RawResponse, message: Option<&str>) -> Option<RefusalReason> {
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
