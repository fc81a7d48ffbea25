//! What GitLab's answers mean.

use std::time::Duration;

use tokenturn::{Refusal, RefusalReason, RotateError, Rotated, Secret};
use tokenturn_client::{Error, RawResponse, ResponseValue};

use crate::client::types::{Token, Unauthorized};

/// The answer to a rotation of `old`.
///
/// Nothing but GitLab's own description of another token that works is a new token. What else looks like one
/// stays with the error.
pub(crate) fn rotated<E>(
    answer: Result<ResponseValue<Token>, Error<E>>,
    old: &Secret,
) -> Result<Rotated<Token>, RotateError> {
    let answer = answer.map_err(failure)?;
    let new = answer
        .token
        .clone()
        .filter(|new| new != old && !new.is_empty());
    match new.filter(|_| is_described(&answer)) {
        Some(token) => {
            let (details, response) = answer.into_parts();
            let mut rotated = found(token, *details);
            rotated.request_id = request_id(&response);
            Ok(rotated)
        }
        None => Err(unknown(answer)),
    }
}

/// A token that works, and what GitLab says about it.
pub(crate) fn found(token: Secret, details: Token) -> Rotated<Token> {
    let mut rotated = Rotated::new(token);
    let date = details.expires_at.as_deref();
    rotated.expires_at = date.and_then(|date| format!("{date}T00:00:00Z").parse().ok());
    rotated.details = Some(Box::new(details));
    rotated
}

/// The answer to a question about a token: it works, and this is what it is.
pub(crate) fn described<E>(
    answer: Result<ResponseValue<Token>, Error<E>>,
) -> Result<Token, RotateError> {
    let answer = answer.map_err(failure)?;
    match is_described(&answer) {
        true => Ok(answer.into_inner()),
        false => Err(unknown(answer)),
    }
}

/// The answer to a revocation. A second one finds the token dead.
pub(crate) fn revoked<E>(answer: Result<ResponseValue<()>, Error<E>>) -> Result<(), RotateError> {
    match answer.map_err(failure) {
        Err(error) if !is_dead(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Whether GitLab itself has said that the token is dead.
pub(crate) fn is_dead(error: &RotateError) -> bool {
    let refusal = error.refusal();
    refusal.is_some_and(|refusal| refusal.reason == RefusalReason::InvalidToken)
}

/// Whether it is GitLab's description of a token that works just now, and not one that a cache has kept.
fn is_described(answer: &ResponseValue<Token>) -> bool {
    let is_fresh = answer.headers().get("age").is_none_or(|age| age == "0");
    let works = answer.active == Some(true) && answer.revoked == Some(false);
    is_fresh && works && answer.id.is_some()
}

fn unknown(answer: ResponseValue<Token>) -> RotateError {
    Error::UnexpectedResponse(answer.into_parts().1).into()
}

/// Who says no, and about what. Whatever is neither a yes nor a no leaves the outcome unknown.
fn failure<E>(error: Error<E>) -> RotateError {
    let response = match error.into_response() {
        Ok(response) => response,
        Err(error) => return error.into(),
    };
    let status = response.status().as_u16();
    let said: Unauthorized = serde_json::from_slice(response.body()).unwrap_or_default();
    let about = said.error_description.unwrap_or_default();
    let is_fresh = response.header("age").is_none_or(|age| age == "0");
    let is_dead = about.starts_with("Token was revoked") || about.starts_with("Token is expired");
    let reason = match (status, said.error.as_deref()) {
        // Without these words it may be that the token did not arrive there, or that it is switched off.
        (401, Some("invalid_token")) if is_fresh && is_dead => RefusalReason::InvalidToken,
        (403, Some("insufficient_scope")) => RefusalReason::MissingPermission,
        (429, _) => RefusalReason::RateLimited {
            retry_after: wait(&response),
        },
        (302 | 303 | 408, _) => return Error::UnexpectedResponse(response).into(),
        (300..=399, _) => RefusalReason::Redirected,
        (400..=499, _) => RefusalReason::Other,
        _ => return Error::UnexpectedResponse(response).into(),
    };
    let mut refusal = Refusal::new(reason, status);
    refusal.code = said.error;
    refusal.request_id = request_id(&response);
    RotateError::Refused(refusal)
}

fn wait(response: &RawResponse) -> Option<Duration> {
    let seconds = response.header("retry-after")?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn request_id(response: &RawResponse) -> Option<String> {
    response.header("x-request-id").map(str::to_owned)
}
