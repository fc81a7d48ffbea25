//! Saving a token through a sink that may fail.

use std::error::Error;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
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

/// Tokens that nobody has: their sinks failed, and their callers had gone.
#[derive(Debug, Default)]
pub(crate) struct Unsaved(Mutex<Vec<NotSaved>>);

impl Unsaved {
    pub(crate) fn add(&self, unsaved: impl IntoIterator<Item = NotSaved>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(unsaved);
    }

    pub(crate) fn take(&self) -> Vec<NotSaved> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *all)
    }
}

/// Asks a sink whether it can save.
pub(crate) async fn prepare<D>(sink: &mut impl Sink<D>) -> Result<(), RotateError> {
    sink.prepare()
        .await
        .map_err(|why| RotateError::NotSent(NotSent::sink(why.into())))
}

/// Saves a token, in several attempts. If the runtime ends meanwhile, `nobody_has` gets it.
pub(crate) async fn save<D>(
    nobody_has: &Unsaved,
    sink: &mut impl Sink<D>,
    new: &Rotated<D>,
) -> Result<(), RotateError> {
    let mut pending = Pending {
        nobody_has,
        unsaved: Some(new),
    };
    let (mut attempt, mut wait) = (1, FIRST_WAIT);
    let result = loop {
        match attempt_to_save(sink, new).await {
            Err(_) if attempt < ATTEMPTS => {
                let fingerprint = new.token.fingerprint();
                tracing::warn!(%fingerprint, attempt, "a sink did not save");
                tokio::time::sleep(wait).await;
                attempt += 1;
                wait *= 4;
            }
            result => break result,
        }
    };
    pending.unsaved = None;
    result.map_err(|why| RotateError::NotSaved(NotSaved::new(new, why)))
}

/// Keeps a token whose saving is cut short by the end of the runtime.
struct Pending<'a, D> {
    nobody_has: &'a Unsaved,
    unsaved: Option<&'a Rotated<D>>,
}

impl<D> Drop for Pending<'_, D> {
    fn drop(&mut self) {
        let why = "the runtime ended before it was saved";
        let unsaved = self.unsaved.map(|new| NotSaved::new(new, why.into()));
        self.nobody_has.add(unsaved);
    }
}

/// One attempt: a sink that panics or hangs has failed, and the token is still here.
async fn attempt_to_save<D>(
    sink: &mut impl Sink<D>,
    new: &Rotated<D>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut saving = pin!(sink.save(new));
    let saving = poll_fn(|context| {
        let poll = catch_unwind(AssertUnwindSafe(|| saving.as_mut().poll(context)));
        match poll {
            Ok(poll) => poll.map_err(Into::into),
            Err(_) => Poll::Ready(Err("the sink panicked".into())),
        }
    });
    match tokio::time::timeout(SAVE_TIMEOUT, saving).await {
        Ok(result) => result,
        Err(_) => Err("the sink took longer than 30 s".into()),
    }
}
