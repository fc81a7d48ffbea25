//! How many calls an app may make in an hour.

use axum::http::{HeaderName, HeaderValue};
use chrono::{SubsecRound, TimeDelta};

use crate::clock::Moment;

/// For each OAuth app at github.com, by the docs.
pub(super) const DOCUMENTED: u64 = 5000;
const WINDOW: TimeDelta = TimeDelta::hours(1);

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const USED: HeaderName = HeaderName::from_static("x-ratelimit-used");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const RESOURCE: HeaderName = HeaderName::from_static("x-ratelimit-resource");

/// The primary limit and the calls of this hour.
pub(crate) struct Limit {
    /// What tests switch. Without it nothing is said of calls, as at first on Enterprise Server.
    enforced: Option<u64>,
    used: u64,
    /// A whole second, for that is what the header says.
    ends: Moment,
}

impl Limit {
    /// The first call begins the first hour.
    pub(crate) fn new(enforced: Option<u64>) -> Self {
        Self {
            enforced,
            used: 0,
            ends: Moment::MIN_UTC,
        }
    }

    /// Counts a call, if there is one left.
    pub(super) fn take(&mut self, now: Moment) -> bool {
        // Where the clock was turned back, it is another hour.
        if now >= self.ends || now < self.ends - WINDOW {
            self.used = 0;
            self.ends = now.trunc_subsecs(0) + WINDOW;
        }
        let is_left = self.enforced.is_none_or(|limit| self.used < limit);
        self.used += u64::from(is_left);
        is_left
    }

    pub(super) fn headers(&self) -> Option<[(HeaderName, HeaderValue); 5]> {
        let limit = self.enforced?;
        Some([
            (LIMIT, limit.into()),
            (REMAINING, limit.saturating_sub(self.used).into()),
            (USED, self.used.into()),
            (RESET, self.ends.timestamp().into()),
            (RESOURCE, HeaderValue::from_static("core")),
        ])
    }
}
