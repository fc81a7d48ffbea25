//! The rows that are under way in this process.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The rows that this process has claimed and not settled yet. It does not claim them once more,
/// even when a clock was set and their claims seem to have run out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own(Arc<Mutex<HashSet<String>>>);

/// Keeps a row among them until it is dropped.
#[derive(Debug)]
#[must_use = "the row is under way as long as this lives"]
pub(crate) struct Held {
    own: Own,
    id: String,
}

impl Own {
    pub(crate) fn hold(&self, id: impl Into<String>) -> Held {
        let id = id.into();
        self.rows().insert(id.clone());
        let own = self.clone();
        Held { own, id }
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.rows().contains(id)
    }

    fn rows(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.own.rows().remove(&self.id);
    }
}
