//! The claims that are under way in this process.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::change::Claim;

/// The rows that are claimed through this vault and not settled yet, each with the fence of its
/// claim. They are not claimed once more, even when a clock was set and their claims seem to have
/// run out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own(Arc<Mutex<HashSet<(String, u64)>>>);

/// Keeps a claim among them until it is dropped.
#[derive(Debug)]
#[must_use = "the claim is under way as long as this lives"]
pub(crate) struct Held {
    own: Own,
    claim: (String, u64),
}

impl Own {
    pub(crate) fn hold(&self, id: impl Into<String>, claim: Claim) -> Held {
        let claim = (id.into(), claim.fence);
        self.claims().insert(claim.clone());
        let own = self.clone();
        Held { own, claim }
    }

    pub(crate) fn has(&self, id: &str, fence: u64) -> bool {
        self.claims().contains(&(id.to_owned(), fence))
    }

    fn claims(&self) -> MutexGuard<'_, HashSet<(String, u64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.own.claims().remove(&self.claim);
    }
}
