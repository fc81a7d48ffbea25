//! Limits that a provider has told of: until one is over, it is not asked about the same row again. Other rows
//! may need other calls, which have limits of their own.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokenturn::{Refusal, RefusalReason};

/// What GitHub's docs ask for when a limit says nothing else.
const LIMITED: Duration = Duration::from_secs(60);
/// The most that a provider is believed: GitHub counts by the hour.
const MOST: Duration = Duration::from_secs(3600);

/// The rows whose calls were too many, in this process.
#[derive(Debug, Default)]
pub(crate) struct Limits(Mutex<HashMap<String, (Instant, Refusal)>>);

impl Limits {
    /// Notes the refusal, where it is for too many calls.
    pub(crate) fn note(&self, id: &str, refusal: &Refusal) {
        if let RefusalReason::RateLimited { retry_after } = refusal.reason {
            let now = Instant::now();
            let until = now + retry_after.unwrap_or(LIMITED).min(MOST);
            let mut known = self.known();
            known.retain(|_, (until, _)| *until > now);
            known.insert(id.to_owned(), (until, refusal.clone()));
        }
    }

    /// The refusal that a call would meet just now, with the time that is left.
    pub(crate) fn get(&self, id: &str) -> Option<Refusal> {
        let (until, mut refusal) = self.known().get(id)?.clone();
        let left = until.checked_duration_since(Instant::now())?;
        refusal.reason = RefusalReason::RateLimited {
            retry_after: Some(left),
        };
        Some(refusal)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, (Instant, Refusal)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
