//! What the answers of both providers have in common.

mod page;
mod presentable;

use std::time::Duration;

use tokenturn_client::{Error as ClientError, RawResponse, ResponseValue, Secret, Timestamp};

pub(crate) use presentable::presentable;

use crate::answered::Deprecation;
use crate::error::{RotateError, Unknown};
use crate::evidence::{Candidates, Text, number};
use crate::rate_limit::{RateLimit, answered_at, dated};
use crate::rotated::{Receipt, Rotated};

/// The decoded value, where there is one, and the answer; an error where none came.
pub(crate) type Answer<T> = (Option<Box<T>>, Box<RawResponse>);

pub(crate) fn answer<T, E>(
    result: Result<ResponseValue<T>, ClientError<E>>,
) -> Result<Answer<T>, RotateError> {
    match result {
        Ok(value) => {
            let (value, response) = value.into_parts();
            Ok((Some(value), response))
        }
        Err(error) => Ok((None, error.into_response()?)),
    }
}

/// A token, and what belongs to it.
pub(crate) struct Found {
    pub(crate) token: Secret,
    /// Whether the rest of the answer vouches for it.
    pub(crate) receipt: Receipt,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) refresh_token_expires_at: Option<Timestamp>,
}

impl Found {
    pub(crate) fn new(token: Secret, receipt: Receipt) -> Self {
        Self {
            token,
            receipt,
            expires_at: None,
            refresh_token: None,
            refresh_token_expires_at: None,
        }
    }

    /// The token of an answer that is believed.
    pub(crate) fn rotated<D>(self, details: Option<Box<D>>, response: &RawResponse) -> Rotated<D> {
        Rotated {
            token: self.token,
            expires_at: self.expires_at,
            refresh_token: self.refresh_token,
            refresh_token_expires_at: self.refresh_token_expires_at,
            answered_at: Timestamp::try_from(answered_at(response)).ok(),
            details,
            receipt: self.receipt,
            status: response.status().as_u16(),
            request_id: request_id(response),
            rate_limit: RateLimit::of(response),
            deprecation: Deprecation::of(response).map(Box::new),
        }
    }
}

/// What an answer is from which no token can be taken: a refusal, unless it contradicts itself by
/// what may be a token beside that of `sent`.
pub(crate) fn without_token(
    response: Box<RawResponse>,
    sent: &Secret,
    failure: impl FnOnce(Box<RawResponse>) -> RotateError,
) -> RotateError {
    let candidates = Candidates::in_body(response.body()).without(sent);
    match candidates.is_empty() {
        true => failure(response),
        false => unknown(response, candidates),
    }
}

pub(crate) fn unknown(response: Box<RawResponse>, candidates: Candidates) -> RotateError {
    let request_id = request_id(&response);
    RotateError::Unknown(Unknown::from_response(response, request_id, candidates))
}

/// Whether an answer is to this request, and not one that a cache has kept.
pub(crate) fn is_fresh(response: &RawResponse) -> bool {
    values(response, "age").all(|age| age.parse() == Ok(0_u64))
}

/// The values of a header that may be there more than once, or be a list.
pub(crate) fn values<'a>(response: &'a RawResponse, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = response.headers().get_all(name).into_iter();
    // What is no text is no number either.
    let lines = lines.flat_map(|line| line.to_str().unwrap_or_default().split(','));
    lines.map(str::trim)
}

/// Whether an answer says what is wrong. Some have a `message` in any case.
pub(crate) fn has_complaint(response: &RawResponse, has_message: bool) -> bool {
    let is_complaint = |name: &[u8], value: &[u8]| match name {
        b"message" if has_message => false,
        b"error" | b"errors" | b"errorMessage" | b"errorType" | b"fault" | b"message" => {
            !value.starts_with(b"n")
        }
        b"success" => value.starts_with(b"false"),
        b"status" | b"statusCode" => number::<u32>(value).is_some_and(|status| status >= 400),
        _ => false,
    };
    Text::of(response.body()).has_member(is_complaint)
}

/// Whether an answer is a page for people.
pub(crate) fn is_page(response: &RawResponse) -> bool {
    let is_markup = |kind: &str| {
        let kind = kind.to_ascii_lowercase();
        kind.contains("html") || kind.contains("xml")
    };
    response.header("content-type").is_some_and(is_markup) || Text::of(response.body()).is_page()
}

/// The text of an answer for people, such as what a firewall or a proxy says.
pub(crate) fn words(response: &RawResponse) -> Option<String> {
    let text = String::from_utf8_lossy(response.body());
    // Not data under a wrong name, nor what is packed.
    if !response.is_decoded() || text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let media = response.header("content-type").unwrap_or_default();
    let is_text = media.trim_start().get(..10);
    let is_text = is_text.is_some_and(|media| media.eq_ignore_ascii_case("text/plain"));
    let words = if is_page(response) {
        page::words(&text)
    } else if is_text {
        text.trim().to_owned()
    } else {
        return None;
    };
    (!words.is_empty()).then_some(words)
}

/// The provider's name for the call. OhMyGPT documents none.
pub(crate) fn request_id(response: &RawResponse) -> Option<String> {
    let id = response.header("x-github-request-id")?.trim();
    // What gateways write for nothing.
    (!["", "-"].contains(&id)).then(|| id.to_owned())
}

/// How long a rate-limited caller should wait, by GitHub's documented rules: `retry-after` first,
/// then the reset of an exhausted limit.
pub(crate) fn wait(response: &RawResponse) -> Option<Duration> {
    if let Some(after) = response.header("retry-after").map(str::trim) {
        if let Ok(seconds) = after.parse() {
            return Some(Duration::from_secs(seconds));
        }
        // A date, by the clock that dates the answer.
        let wait = dated(Some(after)).map(|then| then.duration_since(answered_at(response)));
        if let Some(wait) = wait {
            return Some(wait.unwrap_or_default());
        }
    }
    let limit = RateLimit::of(response)?;
    (limit.remaining == 0).then_some(limit.resets_in)
}
