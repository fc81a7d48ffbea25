//! The front door: a token that was replaced is saved, whatever becomes of the caller.

use std::sync::{Arc, LazyLock};

use tokenturn_client::Secret;

use crate::detached::{State, detached};
use crate::error::{RecoverError, RotateError, Unheard};
use crate::evidence::Candidates;
use crate::provider::Provider;
use crate::rotated::{Recovery, Rotated};
use crate::save::{prepare, save};
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

/// Makes a call that brings a token, and saves the token before it returns; see
/// [`Rotations::obtain`].
///
/// It is counted in [`Rotations::shared`].
///
/// # Errors
///
/// As [`Rotations::obtain`].
pub async fn obtain<D: Send + Sync + 'static, S: Sink<D>>(
    call: impl Future<Output = Result<Rotated<D>, RotateError>> + Send + 'static,
    sink: S,
) -> Result<Rotated<D>, RotateError> {
    Rotations::shared().obtain(call, sink).await
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

/// The same, where the answer of the call has candidates for the new token; see
/// [`Rotations::recover_with`].
///
/// It is counted in [`Rotations::shared`].
///
/// # Errors
///
/// As [`Rotations::recover_with`].
pub async fn recover_with<P: Provider, S: Sink<P::Details>>(
    provider: &P,
    old: &Secret,
    candidates: &Candidates,
    sink: S,
) -> Result<Recovery<P::Details>, RecoverError> {
    let shared = Rotations::shared();
    shared.recover_with(provider, old, candidates, sink).await
}

/// The calls that are under way, so that a runtime can be kept alive until they have ended.
///
/// Each runs in a task of its own, which goes on when its caller goes away. Only the end of the
/// runtime stops it: wait for [`drain`](Self::drain) before.
///
/// ```no_run
/// # async fn serve() {}
/// # fn keep(token: &tokenturn::Secret) { let _ = token; }
/// #[tokio::main]
/// async fn main() {
///     serve().await; // calls `tokenturn::rotate`
///     for unheard in tokenturn::Rotations::shared().drain().await {
///         eprintln!("{unheard}"); // says what to do
///         if let tokenturn::Unheard::NotSaved(unsaved) = unheard {
///             keep(unsaved.token()); // where it is safe
///         }
///     }
/// }
/// ```
///
/// A clone is the same set of calls.
#[derive(Clone, Debug, Default)]
pub struct Rotations(Arc<State>);

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
    /// use tokenturn::{GitHub, RotateError, Secret, sink::FileSink};
    ///
    /// async fn turn(github: GitHub, old: Secret) -> Result<(), RotateError> {
    ///     // An error goes up: of all, `NotSaved` has the new token in it.
    ///     let new = tokenturn::rotate(&github, &old, FileSink::new("token.txt")).await?;
    ///     println!("{} is saved", new.token.fingerprint());
    ///     Ok(())
    /// }
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
        sink: S,
    ) -> Result<Rotated<P::Details>, RotateError> {
        let (provider, replaced) = (provider.clone(), old.clone());
        // A future of a kilobyte would be copied into each of those around it.
        let call = Box::pin(async move { provider.replace(&replaced).await });
        self.make(Some(old), call, sink).await
    }

    /// Asks `sink` whether it can save, makes `call`, saves the token that it brings, and then
    /// returns it: [`rotate`](Self::rotate) for calls that do not begin with an old token.
    ///
    /// `call` is the future of one of the bare calls. Futures do nothing before they are polled, so
    /// nothing is sent before the sink has answered.
    ///
    /// ```no_run
    /// use tokenturn::sink::FileSink;
    /// use tokenturn::{AuthorizationCode, GitHub, RotateError};
    ///
    /// async fn sign_in(github: GitHub, code: AuthorizationCode) -> Result<(), RotateError> {
    ///     // An error goes up: of all, `NotSaved` has the new token in it.
    ///     let new = tokenturn::obtain(github.exchange_code(code), FileSink::new("token.txt")).await?;
    ///     println!("{} is saved", new.token.fingerprint());
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RotateError`] tells whether there may be a new token all the same. With
    /// [`RotateError::NotSaved`] there is, and it is in the error.
    ///
    /// # Panics
    ///
    /// As [`rotate`](Self::rotate).
    pub async fn obtain<D: Send + Sync + 'static, S: Sink<D>>(
        &self,
        call: impl Future<Output = Result<Rotated<D>, RotateError>> + Send + 'static,
        sink: S,
    ) -> Result<Rotated<D>, RotateError> {
        self.make(None, call, sink).await
    }

    async fn make<D: Send + Sync + 'static, S: Sink<D>>(
        &self,
        old: Option<&Secret>,
        call: impl Future<Output = Result<Rotated<D>, RotateError>> + Send + 'static,
        mut sink: S,
    ) -> Result<Rotated<D>, RotateError> {
        prepare(&mut sink).await?;
        detached(&self.0, old.cloned(), |known| async move {
            let rotated = call.await?;
            save(&known.cut_short, sink, &rotated).await?;
            Ok(rotated)
        })
        .await
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
        sink: S,
    ) -> Result<Recovery<P::Details>, RecoverError> {
        let none = Candidates::default();
        self.recover_with(provider, old, &none, sink).await
    }

    /// The same, where the answer of the call has [candidates](crate::Unknown::candidates) for the new token,
    /// by [`Provider::recover_with`].
    ///
    /// # Errors
    ///
    /// As [`recover`](Self::recover).
    pub async fn recover_with<P: Provider, S: Sink<P::Details>>(
        &self,
        provider: &P,
        old: &Secret,
        candidates: &Candidates,
        mut sink: S,
    ) -> Result<Recovery<P::Details>, RecoverError> {
        prepare(&mut sink).await.map_err(RecoverError)?;
        let (provider, asked, candidates) = (provider.clone(), old.clone(), candidates.clone());
        detached(&self.0, Some(old.clone()), |known| async move {
            let recovery = provider.recover_with(&asked, &candidates).await;
            let recovery = recovery.map_err(|RecoverError(why)| why)?;
            if let Recovery::Rotated(rotated) = &recovery {
                save(&known.cut_short, sink, rotated).await?;
            }
            Ok(recovery)
        })
        .await
        .map_err(RecoverError)
    }

    /// Waits until every call has ended, and hands over what their callers, who had gone, did not
    /// hear of: tokens that their sinks did not save, and calls whose outcome is unknown. A call that
    /// a panic or the end of its runtime has cut short is one of them.
    pub async fn drain(&self) -> Vec<Unheard> {
        self.0.idle().await;
        self.0.take()
    }
}
