//! Calls that go on without their caller, and the one place at which they need not.

use std::error::Error;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokenturn_client::Secret;
use tokio::sync::{Notify, oneshot};
use tracing::Instrument;

use crate::error::{RotateError, Unheard, Unknown};
use crate::save::CutShort;

/// What the calls of one set share.
#[derive(Debug, Default)]
pub(crate) struct State {
    running: AtomicUsize,
    /// Told when none is running any more.
    ended: Notify,
    unheard: Mutex<Vec<Unheard>>,
}

/// What is known of a call from its beginning, and what its task leaves when it is cut short.
pub(crate) struct Call {
    state: Arc<State>,
    /// The token that it may replace.
    old: Option<Secret>,
    pub(crate) cut_short: CutShort,
}

/// Runs a call to its end, whatever becomes of the future that waits for it.
pub(crate) async fn detached<T, F>(
    state: &Arc<State>,
    old: Option<Secret>,
    call: impl FnOnce(Arc<Call>) -> F,
) -> Result<T, RotateError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, RotateError>> + Send + 'static,
{
    let known = Arc::new(Call {
        state: Arc::clone(state),
        old,
        cut_short: CutShort::default(),
    });
    // The layers below would copy a future of some kilobytes again and again.
    let call = Box::pin(call(Arc::clone(&known)));
    let (answer, waiting) = oneshot::channel();
    let mut teller = Teller {
        answer: Some(answer),
        rest: Arc::new(Rest {
            rests: AtomicBool::new(true),
            laid_down: Mutex::default(),
        }),
        known: Arc::clone(&known),
        _running: Running::begin(Arc::clone(state)),
    };
    let task = async move {
        if let Some(result) = unless_at_rest(call, &mut teller).await {
            teller.tell(result);
        }
    };
    tokio::spawn(task.in_current_span());
    let mut waiting = Waiting(waiting, known);
    (&mut waiting.0).await.unwrap_or_else(|_| abandoned())
}

fn abandoned<T>() -> Result<T, RotateError> {
    Err(RotateError::Unknown(Unknown::abandoned()))
}

tokio::task_local! {
    static REST: Arc<Rest>;
}

/// Whether the call of a task rests: nothing of it is under way, so nothing can be lost but what it
/// has laid down here.
struct Rest {
    rests: AtomicBool,
    laid_down: Mutex<Option<Unknown>>,
}

/// Waits, and gives back `kept`. A caller who goes away ends the call here, and not before; then
/// `kept` is what is left of it.
pub(crate) async fn rest(duration: Duration, kept: Option<Unknown>) -> Option<Unknown> {
    // There is no such place outside of the front door.
    let Ok(rest) = REST.try_with(Arc::clone) else {
        tokio::time::sleep(duration).await;
        return kept;
    };
    *rest.lock() = kept;
    rest.rests.store(true, Relaxed);
    tokio::time::sleep(duration).await;
    rest.rests.store(false, Relaxed);
    rest.lock().take()
}

impl Rest {
    fn lock(&self) -> MutexGuard<'_, Option<Unknown>> {
        self.laid_down
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `call` to its end, or until it rests and nobody waits for its answer any more.
async fn unless_at_rest<T>(
    call: impl Future<Output = Result<T, RotateError>>,
    teller: &mut Teller<T>,
) -> Option<Result<T, RotateError>> {
    teller.rest.rests.store(false, Relaxed);
    let mut call = pin!(REST.scope(Arc::clone(&teller.rest), call));
    poll_fn(|context| match call.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        // Asked in any case, so that the caller's going wakes this task.
        Poll::Pending if teller.nobody_waits(context) && teller.rest.rests.load(Relaxed) => {
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

    /// Hands over what was kept.
    pub(crate) fn take(&self) -> Vec<Unheard> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Unheard>> {
        self.unheard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    /// Keeps what is in a result that nobody takes.
    fn keep<T>(&self, unheard: Result<T, RotateError>) {
        let Err(error) = unheard else { return };
        let why: &(dyn Error + 'static) = &error;
        tracing::warn!(error = why, "a call failed, and its caller had gone");
        let unheard = match error {
            RotateError::NotSaved(unsaved) => Unheard::NotSaved(unsaved),
            RotateError::Unknown(unknown) => {
                let old = self.old.as_ref().map(Secret::fingerprint);
                Unheard::Unknown { old, unknown }
            }
            // The old token is as it was.
            RotateError::NotSent(_) | RotateError::Refused(_) => return,
        };
        self.state.lock().push(unheard);
    }
}

/// The task's end. When it is dropped within the call, by a panic or with its runtime, it tells what
/// is known.
struct Teller<T> {
    answer: Option<oneshot::Sender<Result<T, RotateError>>>,
    /// Whether nothing is under way: the call has not begun, or waits.
    rest: Arc<Rest>,
    known: Arc<Call>,
    /// Until all is told.
    _running: Running,
}

impl<T> Teller<T> {
    fn nobody_waits(&mut self, context: &mut Context<'_>) -> bool {
        let answer = self.answer.as_mut();
        answer.is_none_or(|answer| answer.poll_closed(context).is_ready())
    }

    fn tell(&mut self, result: Result<T, RotateError>) {
        let Some(answer) = self.answer.take() else {
            return;
        };
        if let Err(unheard) = answer.send(result) {
            self.known.keep(unheard);
        }
    }
}

impl<T> Drop for Teller<T> {
    fn drop(&mut self) {
        if let Some(unsaved) = self.known.cut_short.take() {
            self.tell(Err(RotateError::NotSaved(unsaved)));
        } else if !self.rest.rests.load(Relaxed) {
            self.tell(abandoned());
        } else {
            let laid_down = self.rest.lock().take();
            if let Some(unknown) = laid_down.filter(Unknown::may_hold_token) {
                self.tell(Err(RotateError::Unknown(unknown)));
            }
        }
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
struct Waiting<T>(oneshot::Receiver<Result<T, RotateError>>, Arc<Call>);

impl<T> Drop for Waiting<T> {
    fn drop(&mut self) {
        self.0.close();
        if let Ok(unheard) = self.0.try_recv() {
            self.1.keep(unheard);
        }
    }
}
