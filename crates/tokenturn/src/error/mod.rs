//! What can happen instead of a new token.

mod refusal;
mod unknown;

use std::error::Error;

use tokenturn_client::{ConfigError, Error as ClientError, Secret};

pub use refusal::{Refusal, RefusalReason};
pub use unknown::Unknown;

use crate::rotated::Rotated;

/// Why there is no new token, and what is known about the old one.
///
/// Neither `Display` nor `Debug`, nor any source, shows a body, a header or a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotateError {
    /// The provider said no. The token was not replaced.
    #[error("{0}")]
    Refused(Refusal),
    /// Nothing left this process. The token was not replaced, and the call may be sent again.
    #[error(transparent)]
    NotSent(NotSent),
    /// The call was sent and its outcome did not arrive. The token may have been replaced: check
    /// the old one before sending again.
    #[error("the outcome is unknown")]
    Unknown(#[source] Unknown),
    /// The token was replaced, and the sink did not save the new one, which is in here.
    #[error(transparent)]
    NotSaved(NotSaved),
}

impl RotateError {
    /// Whether the provider refused the call.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// Whether nothing was sent, so that the call may be made again.
    pub fn is_not_sent(&self) -> bool {
        matches!(self, Self::NotSent(_))
    }

    /// Whether the token may have been replaced.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Whether the token was replaced and the new one is in here and nowhere else.
    pub fn is_not_saved(&self) -> bool {
        matches!(self, Self::NotSaved(_))
    }

    /// What the provider said when it refused the call.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The HTTP status, or the status in OhMyGPT's envelope, when an answer came.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.status),
            Self::NotSent(_) => None,
            Self::Unknown(unknown) => unknown.status(),
            Self::NotSaved(unsaved) => Some(unsaved.status),
        }
    }

    /// The provider's name for the call, for its support.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => refusal.request_id.as_deref(),
            Self::NotSent(_) => None,
            Self::Unknown(unknown) => unknown.request_id(),
            Self::NotSaved(unsaved) => unsaved.request_id.as_deref(),
        }
    }
}

/// Why a token could not be checked. This says nothing about the token, so keep it.
#[derive(Debug, thiserror::Error)]
#[error("the token could not be checked")]
pub struct CheckError(#[source] pub(crate) RotateError);

impl CheckError {
    /// Whether nothing was sent.
    pub fn is_not_sent(&self) -> bool {
        self.0.is_not_sent()
    }

    /// What the provider said when it refused the call.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.0.refusal()
    }

    /// The HTTP status when an answer came.
    pub fn status(&self) -> Option<u16> {
        self.0.status()
    }

    /// The provider's name for the call, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id()
    }
}

/// Why it could not be found out what became of a call. The outcome is as unknown as before: keep
/// the old token, and ask again later.
///
/// In it is what became of the call that asked; [`RotateError::NotSaved`] is the exception, in
/// which the new token is known.
#[derive(Debug, thiserror::Error)]
#[error("the outcome is still unknown")]
pub struct RecoverError(#[source] pub RotateError);

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct NotSent(WhyNotSent);

#[derive(Debug, thiserror::Error)]
enum WhyNotSent {
    #[error(transparent)]
    Call(ClientError),
    #[error("nothing was sent, because the sink is not ready: {0}")]
    Sink(Box<dyn Error + Send + Sync>),
}

impl NotSent {
    pub(crate) fn call(error: ClientError) -> Self {
        Self(WhyNotSent::Call(error))
    }

    pub(crate) fn sink(error: Box<dyn Error + Send + Sync>) -> Self {
        Self(WhyNotSent::Sink(error))
    }

    /// Whether it was the sink that was not ready.
    pub fn is_sink(&self) -> bool {
        matches!(self.0, WhyNotSent::Sink(_))
    }
}

/// A new token that its sink did not save. Put it where it is safe: the old one is dead.
#[derive(Debug, thiserror::Error)]
#[error("the token was replaced, and the new one is not saved: {why}")]
pub struct NotSaved {
    token: Secret,
    status: u16,
    request_id: Option<String>,
    why: Box<dyn Error + Send + Sync>,
}

impl NotSaved {
    pub(crate) fn new<D>(new: &Rotated<D>, why: Box<dyn Error + Send + Sync>) -> Self {
        Self {
            token: new.token.clone(),
            status: new.status,
            request_id: new.request_id.clone(),
            why,
        }
    }

    /// The new token.
    pub fn token(&self) -> &Secret {
        &self.token
    }
}

/// Why a client cannot be built, and what to do about it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BuildError(pub(crate) String);

impl From<ConfigError> for BuildError {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}
