//! What a provider says about the calls that are left.

use std::time::{Duration, SystemTime};

use tokenturn_client::RawResponse;

/// The provider's count of calls, as it stood in an answer.
///
/// GitHub counts the calls of an app in a window of an hour. OhMyGPT documents no such count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// The calls of a whole window, where the provider says it.
    pub limit: Option<u64>,
    /// The calls that are left in this window.
    pub remaining: u64,
    /// How long this window lasted when the answer was written. It is counted by the clock that
    /// dates the answer, so this host's clock may be wrong.
    pub resets_in: Duration,
}

impl RateLimit {
    /// So many calls are left in a window that lasts so long.
    pub fn new(remaining: u64, resets_in: Duration) -> Self {
        Self {
            limit: None,
            remaining,
            resets_in,
        }
    }

    pub(crate) fn of(response: &RawResponse) -> Option<Self> {
        Self::read(|name| response.header(name), SystemTime::now())
    }

    fn read<'a>(header: impl Fn(&str) -> Option<&'a str>, host: SystemTime) -> Option<Self> {
        let number = |name: &str| header(name)?.trim().parse::<u64>().ok();
        let (resets_at, remaining) = (
            number("x-ratelimit-reset")?,
            number("x-ratelimit-remaining")?,
        );
        let answered = dated(header("date")).unwrap_or(host);
        let answered = answered.duration_since(SystemTime::UNIX_EPOCH);
        let answered = answered.unwrap_or_default().as_secs();
        Some(Self {
            limit: number("x-ratelimit-limit"),
            remaining,
            resets_in: Duration::from_secs(resets_at.saturating_sub(answered)),
        })
    }
}

/// When an answer was written, by the provider's clock: ours may be wrong.
pub(crate) fn answered_at(response: &RawResponse) -> SystemTime {
    dated(response.header("date")).unwrap_or_else(SystemTime::now)
}

pub(crate) fn dated(date: Option<&str>) -> Option<SystemTime> {
    httpdate::parse_http_date(date?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On a host whose clock stands at this second.
    fn read(headers: &[(&str, &'static str)], host: u64) -> Option<RateLimit> {
        let header = |name: &str| {
            let mut found = headers.iter().filter(|(found, _)| *found == name);
            found.next().map(|(_, value)| *value)
        };
        RateLimit::read(header, SystemTime::UNIX_EPOCH + Duration::from_secs(host))
    }

    const LIMIT: (&str, &str) = ("x-ratelimit-limit", "5000");
    const REMAINING: (&str, &str) = ("x-ratelimit-remaining", "4999");
    const RESET: (&str, &str) = ("x-ratelimit-reset", "1784802861");
    const AN_HOUR_BEFORE: (&str, &str) = ("date", "Thu, 23 Jul 2026 09:34:21 GMT");

    #[test]
    fn the_window_is_counted_by_the_clock_that_dates_the_answer() {
        let headers = [LIMIT, REMAINING, RESET, AN_HOUR_BEFORE];
        for host in [0, 1_784_802_861, 9_999_999_999] {
            let read = read(&headers, host).unwrap();
            assert_eq!(read.limit, Some(5000));
            assert_eq!(read.remaining, 4999);
            assert_eq!(read.resets_in, Duration::from_secs(3600), "{host}");
        }
    }

    #[test]
    fn without_a_date_it_is_counted_by_this_hosts_clock() {
        for headers in [
            &[REMAINING, RESET][..],
            &[REMAINING, RESET, ("date", "yesterday")],
        ] {
            for (host, left) in [(1_784_802_851, 10), (1_784_802_871, 0)] {
                let read = read(headers, host).unwrap();
                assert_eq!(read.limit, None);
                assert_eq!(read.resets_in, Duration::from_secs(left), "{headers:?}");
            }
        }
    }

    #[test]
    fn a_count_that_cannot_be_read_is_none() {
        for headers in [
            &[LIMIT, REMAINING][..],
            &[LIMIT, RESET],
            &[REMAINING, ("x-ratelimit-reset", "-1")],
            &[REMAINING, ("x-ratelimit-reset", "soon")],
            &[RESET, ("x-ratelimit-remaining", "many")],
            &[],
        ] {
            assert_eq!(read(headers, 0), None, "{headers:?}");
        }
    }
}
