//! Saving a token through a sink that may fail.

use std::error::Error;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::error::{NotSaved, NotSent, RotateError};
use crate::rotated::Rotated;
use crate::sink::Sink;

/// How often a sink is asked to save a token.
const ATTEMPTS: u32 = 5;
/// The wait after the first attempt; each further one is four times as long, 8.5 s in all.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// How long one attempt to save may take.
const SAVE_TIMEOUT: Duration = Duration::from_secs(30);

/// A token whose saving was cut short.
#[derive(Debug, Default)]
pub(crate) struct CutShort(Mutex<Option<NotSaved>>);

impl CutShort {
    pub(crate) fn take(&self) -> Option<NotSaved> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<NotSaved>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks a sink whether it can save.
pub(crate) async fn prepare<D>(sink: &mut impl Sink<D>) -> Result<(), RotateError> {
    attempt(|| sink.prepare())
        .await
        .map_err(|why| RotateError::NotSent(NotSent::sink(why)))
}

/// Saves a token, in several attempts. If this future is dropped meanwhile, `cut_short` gets it.
pub(crate) async fn save<D>(
    cut_short: &CutShort,
    mut sink: impl Sink<D>,
    new: &Rotated<D>,
) -> Result<(), RotateError> {
    let mut pending = Pending {
        cut_short,
        unsaved: Some(new),
    };
    let (mut attempts, mut wait) = (1, FIRST_WAIT);
    let result = loop {
        let saving = attempt(|| sink.save(new));
        let result = match tokio::time::timeout(SAVE_TIMEOUT, saving).await {
            Ok(result) => result,
            Err(_) => Err("the sink took longer than 30 s".into()),
        };
        match result {
            Err(_) if attempts < ATTEMPTS => {
                let fingerprint = new.token.fingerprint();
                tracing::warn!(%fingerprint, attempt = attempts, "a sink did not save");
                tokio::time::sleep(wait).await;
                attempts += 1;
                wait *= 4;
            }
            result => break result,
        }
    };
    // It has done what it was for, whatever becomes of it.
    let _ = unless_it_panics(|| drop(sink));
    pending.unsaved = None;
    result.map_err(|why| RotateError::NotSaved(NotSaved::new(new, why)))
}

/// Keeps a token whose saving is cut short by the end of the runtime.
struct Pending<'a, D> {
    cut_short: &'a CutShort,
    unsaved: Option<&'a Rotated<D>>,
}

impl<D> Drop for Pending<'_, D> {
    fn drop(&mut self) {
        if let Some(new) = self.unsaved {
            let why = "the runtime ended before it was saved";
            *self.cut_short.lock() = Some(NotSaved::new(new, why));
        }
    }
}

type Why = Box<dyn Error + Send + Sync>;

/// One call of a sink. A panic in it is an error, wherever it comes: before there is a future, in the
/// future, when that is dropped, or when an error is turned into another one.
async fn attempt<F, E>(call: impl FnOnce() -> F) -> Result<(), Why>
where
    F: Future<Output = Result<(), E>>,
    E: Into<Why>,
{
    let mut call = Caught(Some(unless_it_panics(|| Box::pin(call()))?));
    let result = poll_fn(|context| call.poll(context)).await?;
    call.end()?;
    unless_it_panics(|| result.map_err(Into::into))?
}

/// A sink's future. Dropped before its end, it may panic, and nobody is hurt.
struct Caught<F>(Option<Pin<Box<F>>>);

impl<F: Future> Caught<F> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<F::Output, Why>> {
        let Some(call) = &mut self.0 else {
            return Poll::Pending;
        };
        match unless_it_panics(|| call.as_mut().poll(context)) {
            Ok(poll) => poll.map(Ok),
            Err(panicked) => Poll::Ready(Err(panicked)),
        }
    }
}

impl<F> Caught<F> {
    fn end(&mut self) -> Result<(), Why> {
        let call = self.0.take();
        unless_it_panics(|| drop(call))
    }
}

impl<F> Drop for Caught<F> {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

fn unless_it_panics<T>(work: impl FnOnce() -> T) -> Result<T, Why> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| "the sink panicked".into())
}
