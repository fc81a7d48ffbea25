//! A function as a sink.

use std::error::Error;
use std::fmt;

use super::Sink;
use crate::rotated::Rotated;

/// A sink that calls `save` with the new token. It has nothing to prepare, so a place that cannot
/// be written to is found only when there is a token to write: where that can be tried before,
/// write a [`Sink`].
///
/// ```no_run
/// # async fn store(_: &str) -> std::io::Result<()> { Ok(()) }
/// # async fn run(github: tokenturn::GitHub, old: tokenturn::Secret) -> Result<(), tokenturn::RotateError> {
/// use tokenturn::sink;
///
/// let sink = sink::from_fn(async |new| store(new.token.expose()).await);
/// // An error goes up: of all, `NotSaved` has the new token in it.
/// let new = tokenturn::rotate(&github, &old, sink).await?;
/// println!("{} is saved", new.token.fingerprint());
/// # Ok(())
/// # }
/// ```
pub fn from_fn<D, F, R, E>(save: F) -> FromFn<F>
where
    F: FnMut(Rotated<D>) -> R,
    R: Future<Output = Result<(), E>> + Send,
{
    FromFn(save)
}

/// Made by [`from_fn`].
#[derive(Clone, Copy)]
pub struct FromFn<F>(F);

impl<D, F, R, E> Sink<D> for FromFn<F>
where
    D: Clone + Sync + 'static,
    F: FnMut(Rotated<D>) -> R + Send + 'static,
    R: Future<Output = Result<(), E>> + Send,
    E: Into<Box<dyn Error + Send + Sync>> + Send,
{
    type Error = E;

    async fn prepare(&mut self) -> Result<(), E> {
        Ok(())
    }

    fn save(&mut self, new: &Rotated<D>) -> impl Future<Output = Result<(), E>> + Send {
        (self.0)(new.clone())
    }
}

// What a function has captured may be a secret.
impl<F> fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromFn").finish_non_exhaustive()
    }
}
