//! When rows in doubt come before others.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const LOOK: Duration = Duration::from_millis(100);

/// To find rows in doubt, all rows that are being rotated are read, so they do not come first each time.
#[derive(Debug, Default)]
pub(crate) struct Doubts(Mutex<Option<Instant>>);

impl Doubts {
    pub(crate) fn are_due(&self) -> bool {
        let mut looked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = looked.is_none_or(|looked| looked.elapsed() >= LOOK);
        if is_due {
            *looked = Some(Instant::now());
        }
        is_due
    }
}
