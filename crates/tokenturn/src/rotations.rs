//! The front door: a token that was replaced is saved, whatever becomes of the caller.

use std::error::Error;
use std::sync::{Arc, LazyLock};

use tokenturn_client::Secret;
use tokio::sync::{oneshot, watch};
use tracing::Instrument;

use crate::error::{NotSaved, RecoverError, RotateError, Unknown};
use crate::provider::Provider;
use crate::rotated::{Recovery, Rotated};
use crate::save::{Unsaved, prepare, save};
use crate::sink::Sink;

/// Replaces a token and saves the new one before it returns; see [`Rotations::rotate`].
///
/// It is counted in [`Rotations::shared`].
///
/// # Errors
///
/// As [`Rotations::rotate`].
pub async fn rotate<P: Provider, S: Sink<P::Details>>(
    provider: &P,
    old: &Secret,
    sink: S,
) -> Result<Rotated<P::Details>, RotateError> {
    Rotations::shared().rotate(provider, old, sink).await
}

/// Finds out what became of a call whose outcome is unknown; see [`Rotations::recover`].
///
/// It is counted in [`Rotations::shared`].
///
/// # Errors
///
/// As [`Rotations::recover`].
pub async fn recover<P: Provider, S: Sink<P::Details>>(
    provider: &P,
    old: &Secret,
    sink: S,
) -> Result<Recovery<P::Details>, RecoverError> {
    Rotations::shared().recover(provider, old, sink).await
}

/// The calls that are under way, so that a runtime can be kept alive until they have ended.
///
/// Each runs in a task of its own, which goes on when its caller goes away. Only the end of the
/// runtime stops it: wait for [`drain`](Self::drain) before.
///
/// ```no_run
/// # async fn serve() {}
/// #[tokio::main]
/// async fn main() {
///     serve().await; // calls `tokenturn::rotate`
///     for unsaved in tokenturn::Rotations::shared().drain().await {
///         eprintln!("{unsaved}"); // and put `unsaved.token()` where it is safe
///     }
/// }
/// ```
///
/// A clone is the same set of calls.
#[derive(Clone, Debug, Default)]
pub struct Rotations(Arc<State>);

#[derive(Debug, Default)]
struct State {
    running: watch::Sender<usize>,
    unsaved: Unsaved,
}

impl Rotations {
    /// A set of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// The set that [`rotate`] and [`recover`] use.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Rotations> = LazyLock::new(Rotations::new);
        &SHARED
    }

    /// Asks `sink` whether it can save, replaces `old`, saves the new token, and then returns it.
    ///
    /// Until `sink` has answered, nothing was sent and dropping this future ends it. After that
    /// it goes on by itself: a caller who drops the future or lets it time out finds the new token
    /// in the sink.
    ///
    /// ```no_run
    /// use tokenturn::{GitHub, Secret, sink::FileSink};
    ///
    /// # async fn run(github: GitHub, old: Secret) -> Result<(), tokenturn::RotateError> {
    /// tokenturn::rotate(&github, &old, FileSink::new("token.txt")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RotateError`] tells whether the token may have been replaced all the same. With
    /// [`RotateError::NotSaved`] it was, and the new one is in the error.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime; nothing was sent then. The runtime needs time and I/O
    /// (`enable_all`).
    pub async fn rotate<P: Provider, S: Sink<P::Details>>(
        &self,
        provider: &P,
        old: &Secret,
        mut sink: S,
    ) -> Result<Rotated<P::Details>, RotateError> {
        prepare(&mut sink).await?;
        let (provider, old, state) = (provider.clone(), old.clone(), Arc::clone(&self.0));
        self.detached(async move {
            let rotated = provider.replace(&old).await?;
            save(&state.unsaved, &mut sink, &rotated).await?;
            Ok(rotated)
        })
        .await
        .unwrap_or_else(|| Err(RotateError::Unknown(Unknown::abandoned())))
    }

    /// Finds out what became of a call whose outcome is unknown, by [`Provider::recover`]. Where
    /// that brings a new token, it is saved as in [`rotate`](Self::rotate).
    ///
    /// # Errors
    ///
    /// Whenever that could not be found out: the outcome is as unknown as before, so keep the old
    /// token and ask again later.
    pub async fn recover<P: Provider, S: Sink<P::Details>>(
        &self,
        provider: &P,
        old: &Secret,
        mut sink: S,
    ) -> Result<Recovery<P::Details>, RecoverError> {
        prepare(&mut sink).await.map_err(RecoverError)?;
        let (provider, old, state) = (provider.clone(), old.clone(), Arc::clone(&self.0));
        self.detached(async move {
            let recovery = provider.recover(&old).await?;
            if let Recovery::Rotated(rotated) = &recovery {
                save(&state.unsaved, &mut sink, rotated)
                    .await
                    .map_err(RecoverError)?;
            }
            Ok(recovery)
        })
        .await
        .unwrap_or_else(|| Err(RecoverError(RotateError::Unknown(Unknown::abandoned()))))
    }

    /// Waits until every call has ended, and hands over the tokens that nobody has: their sinks
    /// failed, and their callers had gone.
    pub async fn drain(&self) -> Vec<NotSaved> {
        let mut running = self.0.running.subscribe();
        // It fails when the sender is gone, and that is `self.0`.
        let _ = running.wait_for(|running| *running == 0).await;
        self.0.unsaved.take()
    }

    /// Runs `call` to its end, whatever becomes of the future that waits for it. `None` when the
    /// runtime ended first.
    async fn detached<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Option<Result<T, E>>
    where
        T: Send + 'static,
        E: CanHoldToken + Send + 'static,
    {
        let (answer, waiting) = oneshot::channel();
        let running = Running::begin(Arc::clone(&self.0));
        let task = async move {
            let result = call.await;
            if let Err(unheard) = answer.send(result) {
                running.0.keep(unheard);
            }
        };
        tokio::spawn(task.in_current_span());
        let mut waiting = Waiting(waiting, Arc::clone(&self.0));
        (&mut waiting.0).await.ok()
    }
}

impl State {
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
        state.running.send_modify(|running| *running += 1);
        Self(state)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running -= 1);
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
trait CanHoldToken: Error {
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
