//! What the answers of both providers have in common.

use std::time::Duration;

use tokenturn_client::{Error as ClientError, RawResponse, ResponseValue, Secret};

use crate::error::{NotSent, RotateError, Unknown};
use crate::rate_limit::RateLimit;
use crate::rotated::{Receipt, Rotated};
use crate::salvage::Found;

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
        Err(error) => match error.into_response() {
            Ok(response) => Ok((None, response)),
            Err(error) if error.is_not_sent() => Err(RotateError::NotSent(NotSent::call(error))),
            Err(error) => Err(RotateError::Unknown(Unknown::failed(error))),
        },
    }
}

/// Hands over what there is: the decoded token, or else one that stands somewhere in the answer.
///
/// # Errors
///
/// What `failure` makes of an answer without a token. A token in an answer that is no success
/// contradicts it, and counts only when the rest of the answer vouches for it.
pub(crate) fn rotated<D>(
    decoded: Option<(Found, Box<D>)>,
    response: Box<RawResponse>,
    salvage: impl FnOnce(&RawResponse) -> Option<Found>,
    failure: impl FnOnce(Box<RawResponse>) -> RotateError,
) -> Result<Rotated<D>, RotateError> {
    let (found, details) = match decoded {
        Some((found, details)) => (Some(found), Some(details)),
        None => (salvage(&response), None),
    };
    match found {
        None => Err(failure(response)),
        Some(found) if !response.status().is_success() && found.receipt != Receipt::Verified => {
            Err(unknown(response))
        }
        Some(found) => Ok(Rotated {
            token: found.token,
            expires_at: found.expires_at,
            refresh_token: found.refresh_token,
            refresh_token_expires_at: found.refresh_token_expires_at,
            details,
            receipt: found.receipt,
            status: response.status().as_u16(),
            request_id: request_id(&response),
            rate_limit: RateLimit::of(&response),
        }),
    }
}

pub(crate) fn unknown(response: Box<RawResponse>) -> RotateError {
    let request_id = request_id(&response);
    RotateError::Unknown(Unknown::answered(response, request_id))
}

/// The provider's name for the call. OhMyGPT documents none.
pub(crate) fn request_id(response: &RawResponse) -> Option<String> {
    response.header("x-github-request-id").map(str::to_owned)
}

/// How long a rate-limited caller should wait, by GitHub's documented rules: `retry-after` first,
/// then the reset of an exhausted limit.
pub(crate) fn wait(response: &RawResponse) -> Option<Duration> {
    let retry_after = response.header("retry-after");
    if let Some(seconds) = retry_after.and_then(|after| after.trim().parse().ok()) {
        return Some(Duration::from_secs(seconds));
    }
    let limit = RateLimit::of(response)?;
    (limit.remaining == 0).then_some(limit.resets_in)
}

/// A provider's message as one line that can be shown: without control characters, of bounded
/// length, and without the secrets that the call carried, should the provider repeat them.
pub(crate) fn presentable(message: &str, sent: &[&Secret]) -> String {
    const LONGEST: usize = 300;
    let mut message = message.to_owned();
    for secret in sent.iter().filter(|secret| !secret.is_empty()) {
        message = message.replace(secret.expose(), REDACTED);
    }
    let mut line = String::new();
    for word in message.split_inclusive(|c| !is_token_character(c)) {
        let bare = word.trim_end_matches(|c| !is_token_character(c));
        if looks_secret(bare) {
            line.push_str(REDACTED);
        } else {
            line.push_str(bare);
        }
        line.push_str(&word[bare.len()..]);
    }
    let line = line.chars().map(|c| if c.is_control() { ' ' } else { c });
    line.take(LONGEST).collect()
}

const REDACTED: &str = "[redacted]";

/// Tokens of both providers consist of these.
fn is_token_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Whether a word could be a token or a client secret: longer than words are, and with a digit.
fn looks_secret(word: &str) -> bool {
    word.len() >= 16 && word.contains(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_fit_to_be_shown() {
        let sent = Secret::new("sent");
        for (message, shown) in [
            ("no sent\x1b[2J\n", "no [redacted] [2J "),
            ("abcdefgh12345678!", "[redacted]!"),
            ("a 0123456789abcdef0123, b", "a [redacted], b"),
            ("gho_abcdefg-1234567", "[redacted]"),
            (
                "recharge in time at https://www.ohmygpt.com/pay .",
                "recharge in time at https://www.ohmygpt.com/pay .",
            ),
            (
                "OAuthAccess is internationalization",
                "OAuthAccess is internationalization",
            ),
        ] {
            assert_eq!(presentable(message, &[&sent]), shown);
        }
        assert_eq!(presentable("no", &[&Secret::new("")]), "no");
        assert_eq!(presentable(&"x ".repeat(1000), &[]).len(), 300);
    }
}
