//! The pace of the polls of the device flow, and what is wrong while they go on.

use std::time::Duration;

use crate::error::{RefusalReason, RotateError};

/// What `slow_down` adds to the interval: RFC 8628, section 3.5, and GitHub's docs.
const SLOW_DOWN: Duration = Duration::from_secs(5);
/// Longer than this, only a server makes us wait: an outage may be over at any time.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);
/// When the code has ended, the server gets to say so before long.
const LAST_WORD: Duration = Duration::from_secs(10);
/// So many `slow_down`s have another reason than one hasty poll.
const CLOCK_IS_WRONG: u32 = 3;
/// An answer that comes so often in a row is what the provider has to say. Before, it may be that
/// of a gateway, or of one server of many.
const IS_MEANT: u32 = 3;

/// When the next poll is due.
pub(super) struct Polling {
    interval: Duration,
    /// How often the server has said `slow_down`.
    slow_downs: u32,
    /// What is wrong, and how many polls in a row have had nothing but trouble.
    trouble: Option<Trouble>,
    failures: u32,
    /// How many of them the same.
    repeated: u32,
    /// What a rate limit asks for, once.
    retry_after: Duration,
}

/// What one failed poll has in common with another.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Trouble {
    is_not_sent: bool,
    status: Option<u16>,
    reason: Option<&'static str>,
}

impl Polling {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            slow_downs: 0,
            trouble: None,
            failures: 0,
            repeated: 0,
            retry_after: Duration::ZERO,
        }
    }

    /// How long to wait now, when the code ends in `left`.
    ///
    /// A poll comes at the end of `left`, and it does not come too soon after the one before: rather
    /// than that, it takes the place of that one.
    pub(super) fn wait(&self, left: Duration) -> Duration {
        // A server that counts by a clock slower than ours, before it looks at anything else, finds
        // each poll at its interval too early, for ever. So its 5 s may be 6 of ours, or 7.
        let pace = self.interval.saturating_mul(5 + self.slow_downs) / 5;
        // RFC 8628, section 3.5.
        let backoff = pace.saturating_mul(1 << self.failures.min(16));
        let wait = backoff.min(LONGEST_BACKOFF).max(pace);
        let wait = wait.max(self.retry_after);
        if left.is_zero() {
            wait.min(LAST_WORD)
        } else if left < wait.saturating_add(pace) {
            left
        } else {
            wait
        }
    }

    /// Notes a poll that brought no token, and the interval that its answer asks for. Whether
    /// another one makes sense.
    pub(super) fn goes_on(&mut self, error: &RotateError, asked_for: Option<Duration>) -> bool {
        self.retry_after = Duration::ZERO;
        match error.refusal().map(|refusal| refusal.reason) {
            Some(RefusalReason::AuthorizationPending) => self.works(),
            Some(RefusalReason::SlowDown) => {
                self.works();
                self.slow_downs = self.slow_downs.saturating_add(1);
                let slower = self.interval.saturating_add(SLOW_DOWN);
                self.interval = asked_for.unwrap_or_default().max(slower);
                if self.slow_downs == CLOCK_IS_WRONG {
                    tracing::warn!(
                        "still waiting; each poll comes too soon for the login host: this \
                         machine's clock may be wrong"
                    );
                }
            }
            Some(RefusalReason::AccessDenied | RefusalReason::ExpiredDeviceCode) => return false,
            Some(RefusalReason::RateLimited { retry_after }) => {
                self.fails(error);
                self.retry_after = retry_after.unwrap_or_default();
            }
            Some(_) => {
                self.fails(error);
                return self.repeated < IS_MEANT;
            }
            None => self.fails(error),
        }
        true
    }

    fn works(&mut self) {
        self.failures = 0;
        if self.trouble.take().is_some() {
            tracing::info!("still waiting; the polls are answered again");
        }
    }

    fn fails(&mut self, error: &RotateError) {
        let trouble = Trouble {
            is_not_sent: error.is_not_sent(),
            status: error.status(),
            reason: error.refusal().map(|refusal| refusal.reason.as_str()),
        };
        self.failures = self.failures.saturating_add(1);
        if self.trouble == Some(trouble) {
            self.repeated = self.repeated.saturating_add(1);
            return;
        }
        self.trouble = Some(trouble);
        self.repeated = 1;
        match error {
            // That the outcome is unknown is no news: the next poll tells.
            RotateError::Unknown(error) => tracing::warn!(%error, "{FAILED}"),
            error => tracing::warn!(%error, "{FAILED}"),
        }
    }
}

const FAILED: &str = "still waiting; the last poll failed";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{NotSent, Refusal};

    const FAR: Duration = Duration::from_secs(900);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn refused(reason: RefusalReason, status: u16) -> RotateError {
        RotateError::Refused(Refusal::new(reason, status))
    }

    fn outage() -> RotateError {
        RotateError::NotSent(NotSent::impossible("the network is down"))
    }

    #[test]
    fn slows_down_by_more_than_is_asked_for() {
        let mut polling = Polling::new(seconds(5));
        assert_eq!(polling.wait(FAR), seconds(5));
        let slow_down = refused(RefusalReason::SlowDown, 200);
        for (asked_for, wait) in [
            (None, 12),
            (Some(seconds(15)), 21),
            (Some(seconds(7)), 32),
            (Some(seconds(100)), 180),
        ] {
            assert!(polling.goes_on(&slow_down, asked_for));
            assert_eq!(polling.wait(FAR), seconds(wait));
        }
        let pending = refused(RefusalReason::AuthorizationPending, 200);
        assert!(polling.goes_on(&pending, None));
        assert_eq!(polling.wait(FAR), seconds(180));
    }

    /// The clock of the server is slower than ours, and it adds 5 s to what it wants each time.
    #[test]
    fn a_slow_clock_does_not_make_each_poll_early() {
        let slow_down = refused(RefusalReason::SlowDown, 200);
        let pending = refused(RefusalReason::AuthorizationPending, 200);
        for percent in [1, 5, 10, 20, 30] {
            let mut polling = Polling::new(seconds(5));
            let (mut wanted, mut early) = (seconds(5), 0);
            for _ in 0..20 {
                let there = polling.wait(seconds(100_000)) * (100 - percent) / 100;
                let answer = if there < wanted {
                    wanted += seconds(5);
                    early += 1;
                    &slow_down
                } else {
                    &pending
                };
                assert!(polling.goes_on(answer, Some(wanted)));
            }
            let most = if percent <= 10 { 1 } else { 3 };
            assert!(early <= most, "{percent} %: {early}");
        }
    }

    #[test]
    fn an_outage_is_over_when_it_is_over() {
        let mut polling = Polling::new(seconds(5));
        for wait in [10, 20, 40, 60, 60] {
            assert!(polling.goes_on(&outage(), None));
            assert_eq!(polling.wait(FAR), seconds(wait));
        }
        let limited = |retry_after| {
            let retry_after = Some(seconds(retry_after));
            refused(RefusalReason::RateLimited { retry_after }, 429)
        };
        for wait in [100, 100, 100, 100] {
            assert!(polling.goes_on(&limited(wait), None));
            assert_eq!(polling.wait(FAR), seconds(wait));
        }
        let pending = refused(RefusalReason::AuthorizationPending, 200);
        assert!(polling.goes_on(&pending, None));
        assert_eq!(polling.wait(FAR), seconds(5));
        // A server may want more than a minute.
        let mut polling = Polling::new(seconds(100));
        assert!(polling.goes_on(&outage(), None));
        assert_eq!(polling.wait(FAR), seconds(100));
    }

    #[test]
    fn the_last_poll_comes_before_the_end() {
        let polling = Polling::new(seconds(5));
        for (left, wait) in [(900, 5), (10, 5), (9, 9), (5, 5), (4, 4), (1, 1), (0, 5)] {
            assert_eq!(polling.wait(seconds(left)), seconds(wait), "{left}");
        }
        // In an outage, the pace is what counts.
        let mut polling = Polling::new(seconds(1));
        for _ in 0..3 {
            assert!(polling.goes_on(&outage(), None));
        }
        for (left, wait) in [(11, 8), (9, 8), (8, 8), (7, 7)] {
            assert_eq!(polling.wait(seconds(left)), seconds(wait), "{left}");
        }
        let polling = Polling::new(Duration::MAX);
        assert_eq!(polling.wait(seconds(7)), seconds(7));
        assert_eq!(polling.wait(seconds(0)), seconds(10));
    }

    #[test]
    fn what_is_said_three_times_in_a_row_is_meant() {
        let mut polling = Polling::new(seconds(5));
        let odd = refused(RefusalReason::IncorrectDeviceCode, 200);
        let page = refused(RefusalReason::Other, 404);
        let pending = refused(RefusalReason::AuthorizationPending, 200);
        for answer in [&odd, &odd, &page, &page, &odd, &odd, &pending, &odd, &odd] {
            assert!(polling.goes_on(answer, None));
        }
        assert!(!polling.goes_on(&odd, None));
        for reason in [
            RefusalReason::AccessDenied,
            RefusalReason::ExpiredDeviceCode,
        ] {
            assert!(!Polling::new(seconds(5)).goes_on(&refused(reason, 200), None));
        }
        for _ in 0..100 {
            assert!(polling.goes_on(&outage(), None));
        }
    }
}
