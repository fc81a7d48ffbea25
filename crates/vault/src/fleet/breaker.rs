//! A pause when a provider is in trouble.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So many failures in a row open it.
const FAILURES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A circuit breaker: closed while calls get answers, open for a while after a burst of failures,
/// then half open, for one call that finds out.
#[derive(Debug)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    trouble: Option<Trouble>,
}

#[derive(Debug)]
struct Trouble {
    since: Instant,
    until: Instant,
    pause: Duration,
    is_probing: bool,
    why: String,
}

/// Whether a call may be made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pass {
    Go,
    /// This call finds out whether the provider is back.
    Probe,
    /// Not for so long, because of this, which goes on since.
    Wait {
        pause: Duration,
        why: String,
        trouble: Duration,
    },
}

impl Breaker {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State::default()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn pass(&self, now: Instant) -> Pass {
        const LOOK_AGAIN: Duration = Duration::from_millis(50);
        let mut state = self.state();
        let Some(trouble) = &mut state.trouble else {
            return Pass::Go;
        };
        if now >= trouble.until && !trouble.is_probing {
            trouble.is_probing = true;
            return Pass::Probe;
        }
        Pass::Wait {
            pause: trouble.until.saturating_duration_since(now).max(LOOK_AGAIN),
            why: trouble.why.clone(),
            trouble: now - trouble.since,
        }
    }

    /// Whether calls are made as usual.
    pub(super) fn is_closed(&self) -> bool {
        self.state().trouble.is_none()
    }

    /// A probe was not made after all.
    pub(super) fn not_probed(&self) {
        if let Some(trouble) = &mut self.state().trouble {
            trouble.is_probing = false;
        }
    }

    /// The provider answered.
    pub(super) fn succeeded(&self) {
        *self.state() = State::default();
    }

    /// The provider did not answer, or not as it should.
    pub(super) fn failed(&self, was_probe: bool, why: &dyn std::fmt::Display, now: Instant) {
        let mut state = self.state();
        state.failures += 1;
        let failures = state.failures;
        match &mut state.trouble {
            Some(trouble) if was_probe => {
                trouble.pause = (2 * trouble.pause).min(LONGEST_PAUSE);
                trouble.until = now + trouble.pause;
                trouble.is_probing = false;
                trouble.why = why.to_string();
            }
            // Calls that were under way already.
            Some(_) => {}
            None if failures >= FAILURES => {
                tracing::warn!(%why, "the provider is in trouble, and is left alone for a while");
                state.trouble = Some(Trouble {
                    since: now,
                    until: now + FIRST_PAUSE,
                    pause: FIRST_PAUSE,
                    is_probing: false,
                    why: why.to_string(),
                });
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(breaker: &Breaker, failures: u32, now: Instant) {
        for _ in 0..failures {
            breaker.failed(false, &"502", now);
        }
    }

    #[test]
    fn opens_after_a_burst_and_lets_one_call_find_out() {
        let (breaker, now) = (Breaker::new(), Instant::now());
        after(&breaker, 4, now);
        assert_eq!(breaker.pass(now), Pass::Go);
        after(&breaker, 1, now);
        assert!(matches!(breaker.pass(now), Pass::Wait { pause, .. } if pause == FIRST_PAUSE));
        let later = now + FIRST_PAUSE;
        assert_eq!(breaker.pass(later), Pass::Probe);
        assert!(matches!(breaker.pass(later), Pass::Wait { .. }), "one only");
        breaker.failed(true, &"503", later);
        let Pass::Wait { pause, why, .. } = breaker.pass(later) else {
            panic!("it is open again")
        };
        assert_eq!((pause, why.as_str()), (2 * FIRST_PAUSE, "503"));
        let later = later + pause;
        assert_eq!(breaker.pass(later), Pass::Probe);
        breaker.succeeded();
        assert_eq!(breaker.pass(later), Pass::Go);
    }

    #[test]
    fn successes_between_failures_keep_it_closed() {
        let (breaker, now) = (Breaker::new(), Instant::now());
        for _ in 0..10 {
            after(&breaker, 4, now);
            breaker.succeeded();
        }
        assert_eq!(breaker.pass(now), Pass::Go);
    }

    #[test]
    fn a_pause_has_a_longest_length() {
        let (breaker, mut now) = (Breaker::new(), Instant::now());
        after(&breaker, 5, now);
        for _ in 0..20 {
            now += LONGEST_PAUSE;
            assert_eq!(breaker.pass(now), Pass::Probe);
            breaker.failed(true, &"503", now);
        }
        assert!(matches!(breaker.pass(now), Pass::Wait { pause, .. } if pause == LONGEST_PAUSE));
    }
}
