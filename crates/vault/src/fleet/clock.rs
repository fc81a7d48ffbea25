//! Noticing that the clock of this host was set.

use std::time::{Duration, Instant, SystemTime};

/// Less may be the clock being steered.
const SET: Duration = Duration::from_secs(1);

/// Compares the clock that is set with the one that is not.
#[derive(Debug)]
pub(super) struct Clock {
    set: SystemTime,
    steady: Instant,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            set: SystemTime::now(),
            steady: Instant::now(),
        }
    }

    /// Whether it was set since the last time.
    pub(super) fn was_set(&mut self) -> bool {
        let before = std::mem::replace(self, Self::new());
        let expected = before.set + (self.steady - before.steady);
        let distance = match self.set.duration_since(expected) {
            Ok(ahead) => ahead,
            Err(behind) => behind.duration(),
        };
        distance > SET
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_clock_is_noticed_once() {
        let mut clock = Clock::new();
        assert!(!clock.was_set());
        for hour in [-3600, 3600_i64] {
            let hour_off = Duration::from_secs(hour.unsigned_abs());
            match hour < 0 {
                true => clock.set -= hour_off,
                false => clock.set += hour_off,
            }
            assert!(clock.was_set());
            assert!(!clock.was_set());
        }
    }
}
