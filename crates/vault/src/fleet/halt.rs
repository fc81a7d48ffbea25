//! Stopping a run, and saying how it goes.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::outcome::Stop;

/// Stops a run from elsewhere, such as the handler of a signal.
#[derive(Clone)]
pub struct Stopper(pub(super) Arc<Halt>);

impl Stopper {
    /// Begins nothing new. What is under way is finished, and what was replaced is handed on, once.
    pub fn stop(&self) {
        self.0.stop(Stop::Asked);
    }

    /// The same, and ends whatever hands tokens on just now. The next run does so again.
    pub fn stop_deliveries(&self) {
        self.stop();
        self.0.is_cut.send_replace(true);
    }
}

impl fmt::Debug for Stopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopper").finish_non_exhaustive()
    }
}

/// How a run goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// It makes calls.
    Running,
    /// It waits.
    #[non_exhaustive]
    Paused {
        /// For what.
        why: String,
        /// Until when.
        until: Instant,
    },
}

/// What the parts of a run tell each other.
pub(super) struct Halt {
    /// That of the whole run, where this is of one app, which may end alone.
    run: Option<Arc<Halt>>,
    is_stopped: watch::Sender<bool>,
    is_cut: watch::Sender<bool>,
    why: Mutex<Option<Stop>>,
    status: Mutex<Status>,
}

impl Halt {
    pub(super) fn new() -> Self {
        Self {
            run: None,
            is_stopped: watch::Sender::new(false),
            is_cut: watch::Sender::new(false),
            why: Mutex::new(None),
            status: Mutex::new(Status::Running),
        }
    }

    /// That of one app, for which the others need not stop.
    pub(super) fn of_app(run: &Arc<Self>) -> Self {
        Self {
            run: Some(Arc::clone(run)),
            ..Self::new()
        }
    }

    /// The first reason is the one that counts, and one for the whole run more than one for an app.
    pub(super) fn stop(&self, why: Stop) {
        match &self.run {
            Some(run) if why.is_of_app() => {
                tracing::warn!(%why, "an app of the run ends");
                run.note(why);
            }
            Some(run) => run.stop(why),
            None => self.note(why),
        }
        self.is_stopped.send_replace(true);
    }

    fn note(&self, why: Stop) {
        let mut first = self.why.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = match &*first {
            None => true,
            Some(first) => first.is_of_app() && !why.is_of_app() && !matches!(why, Stop::Asked),
        };
        if is_first {
            *first = Some(why);
        }
    }

    /// Begins nothing new, when all apps have ended alone: each has said why.
    pub(super) fn stop_the_rest(&self) {
        self.is_stopped.send_replace(true);
    }

    pub(super) fn is_stopped(&self) -> bool {
        *self.is_stopped.borrow()
            || self
                .run
                .as_ref()
                .is_some_and(|run| *run.is_stopped.borrow())
    }

    pub(super) async fn stopped(&self) {
        let run = self.run.as_deref().unwrap_or(self);
        tokio::select! {
            () = self.was_stopped() => {}
            () = run.was_stopped() => {}
        }
    }

    async fn was_stopped(&self) {
        let mut is_stopped = self.is_stopped.subscribe();
        // It fails when the sender is gone, and that is `self`.
        let _ = is_stopped.wait_for(|stopped| *stopped).await;
    }

    pub(super) fn is_cut(&self) -> bool {
        *self.is_cut.borrow()
    }

    /// Waits until deliveries are to end.
    pub(super) async fn cut(&self) {
        let _ = self.is_cut.subscribe().wait_for(|cut| *cut).await;
    }

    /// Waits so long, or until it is stopped. Whether it goes on.
    pub(super) async fn sleep(&self, time: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stopped() => false,
            () = tokio::time::sleep(time) => true,
        }
    }

    /// The same, and says why, unless it is short.
    pub(super) async fn pause(&self, time: Duration, why: impl FnOnce() -> String) -> bool {
        const WORTH_TELLING: Duration = Duration::from_secs(2);
        if time >= WORTH_TELLING {
            let (why, until) = (why(), Instant::now() + time);
            self.set_status(Status::Paused { why, until });
        }
        let goes_on = self.sleep(time).await;
        self.set_status(Status::Running);
        goes_on
    }

    pub(super) fn set_status(&self, status: Status) {
        let whole = self.run.as_deref().unwrap_or(self);
        *whole.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }

    pub(super) fn status(&self) -> Status {
        self.status
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn take_why(&self) -> Option<Stop> {
        self.why
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stops_the_run_counts_more_than_what_ends_an_app() {
        let run = Arc::new(Halt::new());
        let app = Halt::of_app(&run);
        app.stop(Stop::ProviderUnavailable("away".into()));
        assert!(app.is_stopped() && !run.is_stopped());
        app.stop(Stop::Lost(3));
        assert!(run.is_stopped());
        run.stop(Stop::Asked);
        let why = run.why.lock().unwrap();
        assert!(matches!(*why, Some(Stop::Lost(3))), "{why:?}");
    }
}
