//! Calls that go on without their caller, and the one place at which they need not.

use std::error::Error;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tracing::Instrument;

use crate::error::{NotSaved, RecoverError, RotateError};
use crate::save::Unsaved;

/// What the calls of one set share.
#[derive(Debug, Default)]
pub(crate) struct State {
    running: AtomicUsize,
    /// Told when none is running any more.
    ended: Notify,
    pub(crate) unsaved: Unsaved,
}

/// Runs `call` to its end, whatever becomes of the future that waits for it. `None` when the
/// runtime ended first.
pub(crate) async fn detached<T, E>(
    state: &Arc<State>,
    call: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Option<Result<T, E>>
where
    T: Send + 'static,
    E: CanHoldToken + Send + 'static,
{
    // The layers below would copy a future of some kilobytes again and again.
    let call = Box::pin(call);
    let (mut answer, waiting) = oneshot::channel();
    let running = Running::begin(Arc::clone(state));
    let task = async move {
        let Some(result) = unless_at_rest(call, &mut answer).await else {
            return;
        };
        if let Err(unheard) = answer.send(result) {
            running.0.keep(unheard);
        }
    };
    tokio::spawn(task.in_current_span());
    let mut waiting = Waiting(waiting, Arc::clone(state));
    (&mut waiting.0).await.ok()
}

tokio::task_local! {
    /// Whether the call of this task rests: nothing of it is under way, so nothing can be lost.
    static RESTS: Arc<AtomicBool>;
}

/// Waits. A caller who goes away ends the call here, and not before.
pub(crate) async fn rest(duration: Duration) {
    let set = |rests| {
        // There is no such flag outside of the front door.
        let _ = RESTS.try_with(|flag| flag.store(rests, Relaxed));
    };
    set(true);
    tokio::time::sleep(duration).await;
    set(false);
}

/// Runs `call` to its end, or until it rests and nobody waits for its answer any more.
async fn unless_at_rest<T>(
    call: impl Future<Output = T>,
    answer: &mut oneshot::Sender<T>,
) -> Option<T> {
    let rests = Arc::new(AtomicBool::new(false));
    let mut call = pin!(RESTS.scope(Arc::clone(&rests), call));
    poll_fn(|context| match call.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        // Asked in any case, so that the caller's going wakes this task.
        Poll::Pending if answer.poll_closed(context).is_ready() && rests.load(Relaxed) => {
            Poll::Ready(None)
        }
        Poll::Pending => Poll::Pending,
    })
    .await
}

impl State {
    /// Waits until no call is under way.
    pub(crate) async fn idle(&self) {
        // An end after this line is not missed.
        let mut ended = pin!(self.ended.notified());
        while self.running.load(Acquire) > 0 {
            ended.as_mut().await;
            ended.set(self.ended.notified());
        }
    }

    /// Keeps the token in a result that nobody takes.
    fn keep<T, E: CanHoldToken>(&self, unheard: Result<T, E>) {
        let Err(error) = unheard else { return };
        tracing::warn!(%error, "a call failed, and its caller had gone");
        self.unsaved.add(error.into_not_saved());
    }
}

/// Counts a call until it is dropped.
struct Running(Arc<State>);

impl Running {
    fn begin(state: Arc<State>) -> Self {
        state.running.fetch_add(1, Relaxed);
        Self(state)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.running.fetch_sub(1, AcqRel) == 1 {
            self.0.ended.notify_waiters();
        }
    }
}

/// The caller's end. What has been sent to it and not been read is kept when it goes away.
struct Waiting<T, E: CanHoldToken>(oneshot::Receiver<Result<T, E>>, Arc<State>);

impl<T, E: CanHoldToken> Drop for Waiting<T, E> {
    fn drop(&mut self) {
        self.0.close();
        if let Ok(unheard) = self.0.try_recv() {
            self.1.keep(unheard);
        }
    }
}

/// An error that can have a token in it.
pub(crate) trait CanHoldToken: Error {
    fn into_not_saved(self) -> Option<NotSaved>;
}

impl CanHoldToken for RotateError {
    fn into_not_saved(self) -> Option<NotSaved> {
        match self {
            Self::NotSaved(unsaved) => Some(unsaved),
            _ => None,
        }
    }
}

impl CanHoldToken for RecoverError {
    fn into_not_saved(self) -> Option<NotSaved> {
        self.0.into_not_saved()
    }
}
