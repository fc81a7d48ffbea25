//! What the front door asks of a provider.

use crate::error::{RecoverError, RotateError};
use crate::evidence::Candidates;
use crate::rotated::{Recovery, Rotated};
use tokenturn_client::Secret;

/// Replaces a token, and finds out what became of a call whose outcome is unknown.
///
/// [`GitHub`](crate::GitHub) and [`OhMyGpt`](crate::OhMyGpt) are providers. A clone must be cheap.
pub trait Provider: Clone + Send + Sync + 'static {
    /// What the provider says beside the new token.
    type Details: Send + Sync + 'static;

    /// Replaces a token, by a call that is sent once.
    fn replace(
        &self,
        old: &Secret,
    ) -> impl Future<Output = Result<Rotated<Self::Details>, RotateError>> + Send;

    /// Finds out whether a call with an unknown outcome replaced the token.
    fn recover(
        &self,
        old: &Secret,
    ) -> impl Future<Output = Result<Recovery<Self::Details>, RecoverError>> + Send;

    /// The same, where an answer has [candidates](crate::Unknown::candidates) for the new token. A
    /// provider that issues another one instead does not look at them.
    fn recover_with(
        &self,
        old: &Secret,
        candidates: &Candidates,
    ) -> impl Future<Output = Result<Recovery<Self::Details>, RecoverError>> + Send {
        let _ = candidates;
        self.recover(old)
    }
}
