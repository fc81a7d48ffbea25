//! Limits that a provider has told of: until one is over, it is not asked again to replace the same token. Others
//! may need other calls, which have limits of their own.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokenturn::{Refusal, RefusalReason};

/// What GitHub's docs ask for when a limit says nothing else.
const LIMITED: Duration = Duration::from_secs(60);
/// The most that a provider is believed about one token: GitHub counts by the hour. A run goes by the day, and
/// its caller sees that it waits.
const MOST: Duration = Duration::from_secs(3600);

/// The rows whose calls were too many, in this process.
#[derive(Debug, Default)]
pub(crate) struct Limits(Mutex<HashMap<String, Limit>>);

#[derive(Clone, Debug)]
struct Limit {
    /// The hash of the secrets that the call was made with.
    secrets: u64,
    until: Instant,
    refusal: Refusal,
}

impl Limits {
    /// Notes the refusal, where it is for too many calls.
    pub(crate) fn note(&self, id: &str, secrets: u64, refusal: &Refusal) {
        if let RefusalReason::RateLimited { retry_after } = refusal.reason {
            let now = Instant::now();
            let limit = Limit {
                secrets,
                until: now + retry_after.unwrap_or(LIMITED).min(MOST),
                refusal: refusal.clone(),
            };
            let mut known = self.known();
            known.retain(|_, limit| limit.until > now);
            known.insert(id.to_owned(), limit);
        }
    }

    /// Whether there is one of a row of this name.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.known().contains_key(id)
    }

    /// The refusal that a call with these secrets would meet just now, with the time that is left.
    pub(crate) fn get(&self, id: &str, secrets: u64) -> Option<Refusal> {
        let limit = self.known().get(id).cloned();
        let limit = limit.filter(|limit| limit.secrets == secrets)?;
        let left = limit.until.checked_duration_since(Instant::now())?;
        let mut refusal = limit.refusal;
        refusal.reason = RefusalReason::RateLimited {
            retry_after: Some(left),
        };
        Some(refusal)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Limit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
