//! A place in the queue of an app's calls.

use std::time::Duration;

use crate::entry::LONGEST;
use crate::time;

/// From the queue's next free place and when that was written, both in milliseconds since 1970: how
/// long it is until the place that is given now, and the next free place after it.
///
/// A clock that was put back since moves the queue along with it.
pub(crate) fn place(
    queue: Option<(i64, i64)>,
    now: i64,
    interval: Duration,
    hold: Duration,
) -> (Duration, i64) {
    let (next, written) = queue.unwrap_or((now, now));
    let next = next.saturating_sub(written.saturating_sub(now).max(0));
    // What is further ahead is nonsense.
    let next = match next.saturating_sub(now) < LONGEST {
        true => next,
        false => now,
    };
    let place = next.max(now.saturating_add(time::millis(hold)));
    let wait = Duration::from_millis(u64::try_from(place.saturating_sub(now)).unwrap_or_default());
    (wait, place.saturating_add(time::millis(interval)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const NOW: i64 = 1_000_000;

    #[test]
    fn places_are_an_interval_apart() {
        let (wait, next) = place(None, NOW, SECOND, Duration::ZERO);
        assert_eq!((wait, next), (Duration::ZERO, NOW + 1000));
        let (wait, next) = place(Some((next, NOW)), NOW + 100, SECOND, Duration::ZERO);
        assert_eq!((wait.as_millis(), next), (900, NOW + 2000));
    }

    #[test]
    fn nothing_is_saved_up() {
        let (wait, next) = place(
            Some((NOW - 60_000, NOW - 61_000)),
            NOW,
            SECOND,
            Duration::ZERO,
        );
        assert_eq!((wait, next), (Duration::ZERO, NOW + 1000));
    }

    #[test]
    fn a_hold_holds() {
        let (wait, next) = place(None, NOW, SECOND, 60 * SECOND);
        assert_eq!((wait.as_secs(), next), (60, NOW + 61_000));
    }

    #[test]
    fn nonsense_holds_nothing_up() {
        for queue in [
            (i64::MAX, NOW),
            (i64::MAX, i64::MIN),
            (NOW + 2 * LONGEST, NOW),
        ] {
            let (wait, next) = place(Some(queue), NOW, SECOND, Duration::ZERO);
            assert_eq!((wait, next), (Duration::ZERO, NOW + 1000));
        }
    }

    #[test]
    fn a_clock_that_was_put_back_holds_nothing_up() {
        let hour = 3_600_000;
        let (wait, _) = place(Some((NOW + 1000, NOW)), NOW - hour, SECOND, Duration::ZERO);
        assert_eq!(wait.as_millis(), 1000);
    }
}
