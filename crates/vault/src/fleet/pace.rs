//! When the next call may be made.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokenturn::{RateLimit, Refusal, RefusalReason};

use crate::app::App;
use crate::error::{StoreError, whole};
use crate::store::Store;

/// What GitHub's docs ask for when a limit says nothing else; it doubles from time to time.
const LIMITED: Duration = Duration::from_secs(60);
/// What it is at least, whatever the provider says. It doubles each time.
const LEAST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(3600);
/// The most that a provider is believed.
const MOST: Duration = Duration::from_secs(24 * 3600);
/// How often the store is asked whether somebody else was told to wait, when calls need no place.
const LOOK: Duration = Duration::from_millis(100);

/// The pace of one app's calls: places in a queue that all users of the store share.
pub(super) struct Pace {
    store: Arc<dyn Store>,
    app: App,
    interval: Duration,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    /// The next place, as far as this process alone is concerned.
    next: Instant,
    /// Until then nobody calls.
    held: Instant,
    looked: Option<Instant>,
    /// How many limits in a row.
    limited: u32,
    /// How long it was waited for them beyond what the provider or its rules have asked for.
    in_vain: Duration,
}

impl Pace {
    pub(super) fn new(store: Arc<dyn Store>, app: App, interval: Duration) -> Self {
        let known = Known {
            next: Instant::now(),
            held: Instant::now(),
            looked: None,
            limited: 0,
            in_vain: Duration::ZERO,
        };
        Self {
            store,
            app,
            interval,
            known: Mutex::new(known),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether calls are told apart by their places.
    pub(super) fn is_paced(&self) -> bool {
        !self.interval.is_zero()
    }

    /// Takes the next place, and says how long it is until then.
    pub(super) async fn place(&self) -> Result<Duration, StoreError> {
        let now = Instant::now();
        let needs_look = {
            let mut known = self.known();
            let is_due = known.looked.is_none_or(|looked| now - looked >= LOOK);
            if is_due {
                known.looked = Some(now);
            }
            is_due
        };
        let mut wait = Duration::ZERO;
        if self.is_paced() || needs_look {
            let shared = self
                .store
                .reserve(&self.app, self.interval, Duration::ZERO)
                .await?;
            wait = shared.unwrap_or_else(|| self.place_of_ours(now));
        }
        // A store counts in milliseconds, and a place may come a moment before the hold is over.
        let hold = self.known().held.saturating_duration_since(now);
        Ok(wait.max(hold))
    }

    /// Whether the provider wants to be left alone just now.
    pub(super) fn is_held(&self) -> bool {
        self.known().held > Instant::now()
    }

    fn place_of_ours(&self, now: Instant) -> Duration {
        let mut known = self.known();
        let place = known.next.max(now);
        known.next = place + self.interval;
        place - now
    }

    /// Lets nobody call before so long from now.
    pub(super) async fn tell(&self, time: Duration) {
        if let Err(error) = self.store.reserve(&self.app, Duration::ZERO, time).await {
            // This process keeps to it in any case.
            tracing::warn!(
                error = whole(&error),
                "other processes could not be told to wait"
            );
        }
    }

    /// Keeps to what a successful answer says about the calls that are left, of which so many may
    /// be under way. How long it holds, if none are left.
    pub(super) fn learn(&self, limit: Option<RateLimit>, under_way: usize) -> Option<Duration> {
        self.answered();
        let limit = limit.filter(|limit| limit.remaining <= under_way as u64)?;
        Some(self.known().hold(limit.resets_in))
    }

    /// A call was not refused for too many of them.
    pub(super) fn answered(&self) {
        let mut known = self.known();
        (known.limited, known.in_vain) = (0, Duration::ZERO);
    }

    /// For how long limits that were said to be over have held on.
    pub(super) fn in_vain(&self) -> Duration {
        self.known().in_vain
    }

    /// Keeps to a refusal, if it is for too many calls. How long that holds.
    pub(super) fn refused(&self, refusal: &Refusal) -> Option<Duration> {
        let RefusalReason::RateLimited { retry_after } = refusal.reason else {
            return None;
        };
        let mut known = self.known();
        // Those that were under way together are one.
        let is_first = known.held <= Instant::now();
        known.limited += u32::from(is_first);
        let times = known.limited.saturating_sub(1);
        let rule = LIMITED.saturating_mul(1 << times.min(6)).min(LONGEST);
        let told = retry_after.unwrap_or(rule);
        let least = LEAST.saturating_mul(1 << times.min(20)).min(LONGEST);
        if is_first {
            known.in_vain += least.saturating_sub(told);
        }
        Some(known.hold(told.max(least)))
    }
}

impl Known {
    /// Lets this process not call before so long from now. Others have to be [told](Pace::tell).
    fn hold(&mut self, time: Duration) -> Duration {
        let time = time.min(MOST);
        let until = Instant::now() + time;
        self.next = self.next.max(until);
        self.held = self.held.max(until);
        time
    }
}
