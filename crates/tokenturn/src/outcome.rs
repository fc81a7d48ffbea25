//! What the answers of both providers have in common.

use std::time::{Duration, SystemTime};

use tokenturn_client::{Error as ClientError, RawResponse, ResponseValue, Secret};

use crate::error::{NotSent, RotateError, Unknown};

/// The decoded value, where there is one, and the answer; an error where none came.
pub(crate) type Answer<T> = (Option<T>, Box<RawResponse>);

pub(crate) fn answer<T>(
    result: Result<ResponseValue<T>, ClientError>,
) -> Result<Answer<T>, RotateError> {
    match result {
        Ok(value) => {
            let (value, response) = value.into_parts();
            Ok((Some(value), response))
        }
        Err(error) => match error.into_response() {
            Ok(response) => Ok((None, response)),
            Err(error) if error.is_not_sent() => Err(RotateError::NotSent(NotSent::from(error))),
            Err(error) => Err(RotateError::Unknown(Unknown { answer: Err(error) })),
        },
    }
}

pub(crate) fn unknown(response: Box<RawResponse>) -> RotateError {
    RotateError::Unknown(Unknown {
        answer: Ok(response),
    })
}

pub(crate) fn request_id(response: &RawResponse) -> Option<&str> {
    response.header("x-github-request-id")
}

/// How long a rate-limited caller should wait, by GitHub's documented rules: `retry-after` first,
/// then the reset of an exhausted limit.
pub(crate) fn wait(response: &RawResponse) -> Option<Duration> {
    let number = |name: &str| response.header(name)?.trim().parse::<u64>().ok();
    if let Some(seconds) = number("retry-after") {
        return Some(Duration::from_secs(seconds));
    }
    if number("x-ratelimit-remaining") != Some(0) {
        return None;
    }
    let reset = SystemTime::UNIX_EPOCH + Duration::from_secs(number("x-ratelimit-reset")?);
    Some(reset.duration_since(SystemTime::now()).unwrap_or_default())
}

/// A provider's message as one line that can be shown: without control characters, of bounded
/// length, and without the secret that the call carried, should the provider repeat it.
pub(crate) fn presentable(message: &str, sent: &Secret) -> String {
    const LONGEST: usize = 300;
    let message = match sent.is_empty() {
        true => message.to_owned(),
        false => message.replace(sent.expose(), "[redacted]"),
    };
    let line = message
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c });
    line.take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_fit_to_be_shown() {
        let sent = Secret::new("gho_abc");
        assert_eq!(
            presentable("no gho_abc\x1b[2J\n", &sent),
            "no [redacted] [2J "
        );
        assert_eq!(presentable("no", &Secret::new("")), "no");
        assert_eq!(presentable(&"x".repeat(1000), &sent).len(), 300);
    }
}
