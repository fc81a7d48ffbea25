//! The sandbox's own time, which tests move.

use std::time::{Duration, SystemTime};

use axum::http::HeaderValue;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// A point of the sandbox's time.
pub(crate) type Moment = DateTime<Utc>;

/// A thousand years, so that no sum of times overflows.
const FURTHEST: TimeDelta = TimeDelta::days(1000 * 365);

/// The host's clock and how far the sandbox is ahead of it.
#[derive(Default)]
pub(crate) struct Clock {
    /// Less than nothing where it is behind.
    ahead: TimeDelta,
    /// The last second that was written, which thousands of answers share.
    written: Option<(i64, HeaderValue)>,
}

impl Clock {
    pub(crate) fn now(&self) -> Moment {
        // Whoever turns the host's clock back, too, must not get before 1970 either.
        (Utc::now() + self.ahead).max(beginning())
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.ahead = (self.ahead + delta(by)).min(FURTHEST);
    }

    pub(crate) fn turn_back(&mut self, by: Duration) {
        self.ahead -= delta(by).min(self.now() - beginning());
    }

    /// Now, as the header `date` has it.
    pub(crate) fn http_date(&mut self, now: Moment) -> Option<HeaderValue> {
        let second = now.timestamp();
        if self.written.as_ref().is_none_or(|(at, _)| *at != second) {
            let date = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            self.written = Some((second, HeaderValue::from_str(&date).ok()?));
        }
        self.written.as_ref().map(|(_, date)| date.clone())
    }
}

/// There is no time before 1970.
fn beginning() -> Moment {
    SystemTime::UNIX_EPOCH.into()
}

/// As long, but not longer than any sum of times can take.
pub(crate) fn delta(long: Duration) -> TimeDelta {
    TimeDelta::from_std(long).map_or(FURTHEST, |delta| delta.min(FURTHEST))
}

/// A moment as GitHub writes it.
pub(crate) fn seconds(moment: Moment) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A moment as OhMyGPT writes it.
pub(crate) fn millis(moment: Moment) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Millis, true)
}
