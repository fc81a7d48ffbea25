//! When a call that may be repeated is repeated.

use std::time::{Duration, SystemTime};

use crate::{Error, Operation, RawResponse, Retry};

/// The first wait; each further one is twice as long.
const BASE: Duration = Duration::from_millis(200);
/// The longest wait, whether we choose it or the server asks for it. A caller who is asked to
/// wait longer wants to know.
const CAP: Duration = Duration::from_secs(5);

/// How long to wait before the next attempt, or `None` when the result stands.
pub(super) fn delay(result: &Result<Box<RawResponse>, Error>, attempt: u32) -> Option<Duration> {
    let asked = match result {
        Err(Error::NotSent(error)) => error.is_connect().then_some(None),
        Err(Error::NoResponse(_)) => Some(None),
        Err(_) => None,
        Ok(response) => match response.status().as_u16() {
            408 | 502 | 503 | 504 => Some(retry_after(response)),
            // Without the header it is a limit that lasts longer than any wait of ours.
            429 => retry_after(response).map(Some),
            _ => None,
        },
    }?;
    match asked {
        Some(asked) => (asked <= CAP).then_some(asked),
        None => Some(backoff(attempt)),
    }
}

/// Whether a result is worth more than a later one that tells nothing: of a call that changes something,
/// one after which nobody knows whether it was applied; of others, an answer.
pub(super) fn is_kept(result: &Result<Box<RawResponse>, Error>, operation: &Operation) -> bool {
    match result {
        Ok(response) => response.status() != 429 || operation.retry == Retry::Safe,
        Err(Error::NotSent(_)) => false,
        Err(_) => operation.retry != Retry::Safe,
    }
}

/// Whether the result of a repeated attempt tells what became of those before it. That the last one was
/// not sent, or was cut short, or was refused, does not: only that it worked, or that there is nothing any
/// more.
pub(super) fn resolves(result: &Result<Box<RawResponse>, Error>, operation: &Operation) -> bool {
    match result {
        Err(Error::NotSent(_) | Error::OutOfTime) => false,
        Ok(response) if operation.retry != Retry::Safe => {
            let status = response.status().as_u16();
            !(300..500).contains(&status) || status == 404
        }
        _ => true,
    }
}

/// RFC 9110, section 10.2.3: seconds, or a date, which is read by the clock that dates the answer.
fn retry_after(response: &RawResponse) -> Option<Duration> {
    let after = response.header("retry-after")?.trim();
    if let Ok(seconds) = after.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let dated = |date| httpdate::parse_http_date(date).ok();
    let now = response.header("date").and_then(dated);
    let wait = dated(after)?.duration_since(now.unwrap_or_else(SystemTime::now));
    Some(wait.unwrap_or_default())
}

/// Exponential, with full jitter so that many clients do not return at once.
fn backoff(attempt: u32) -> Duration {
    let longest = BASE.saturating_mul(1 << (attempt - 1).min(16)).min(CAP);
    longest.mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
    use zeroize::Zeroizing;

    use super::*;

    fn answer(status: u16, retry_after: Option<&'static str>) -> Result<Box<RawResponse>, Error> {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
        }
        Ok(Box::new(RawResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Zeroizing::default(),
            complete: true,
            decoded: true,
        }))
    }

    #[test]
    fn waits_only_for_what_may_pass() {
        for status in [200, 301, 400, 401, 403, 404, 422, 500] {
            assert_eq!(delay(&answer(status, None), 1), None, "{status}");
        }
        for status in [408, 502, 503, 504] {
            assert!(delay(&answer(status, None), 1) <= Some(BASE), "{status}");
            assert!(delay(&answer(status, None), 1).is_some(), "{status}");
        }
        let invalid = Err(Error::InvalidRequest(String::new()));
        assert_eq!(delay(&invalid, 1), None);
    }

    #[test]
    fn waits_as_long_as_asked_up_to_the_cap() {
        for status in [429, 503] {
            let two = Some(Duration::from_secs(2));
            assert_eq!(delay(&answer(status, Some("2")), 1), two, "{status}");
            assert_eq!(delay(&answer(status, Some("3600")), 1), None, "{status}");
        }
        assert_eq!(delay(&answer(429, None), 1), None);
    }

    #[test]
    fn a_date_is_read_by_the_clock_of_the_answer() {
        for (after, wait) in [
            ("Sun, 22 Nov 2026 10:00:03 GMT", Some(3)),
            ("Sun, 22 Nov 2026 09:00:00 GMT", Some(0)),
            ("Sun, 22 Nov 2026 11:00:00 GMT", None),
        ] {
            let mut answer = answer(503, Some(after));
            let headers = answer.as_mut().map(|answer| &mut answer.headers);
            let now = HeaderValue::from_static("Sun, 22 Nov 2026 10:00:00 GMT");
            headers.unwrap().insert(DATE, now);
            assert_eq!(delay(&answer, 1), wait.map(Duration::from_secs), "{after}");
        }
    }

    #[test]
    fn backs_off_up_to_the_cap() {
        for attempt in 1..100 {
            assert!(backoff(attempt) <= CAP);
        }
    }
}
