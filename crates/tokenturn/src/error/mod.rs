//! What can happen instead of a new token.

mod refusal;
mod unheard;
mod unknown;

use std::error::Error;

use tokenturn_client::{ConfigError, Error as ClientError, Secret, Timestamp};

pub use refusal::{Refusal, RefusalReason};
pub use unheard::Unheard;
pub use unknown::Unknown;

use crate::rotated::Rotated;

/// Why there is no new token, and what is known about the old one.
///
/// It is also what can happen instead of a first token: then what was exchanged for it (a code, a
/// refresh token) takes the place of the old one.
///
/// Neither `Display` nor `Debug`, nor any source, shows a body, a header or a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotateError {
    /// The provider, or something before it, said no. Where it was the provider, the token was not
    /// replaced; [`RefusalReason::Other`] may be somebody else's word, so check the token.
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
            Self::NotSaved(unsaved) => Some(unsaved.new.status),
        }
    }

    /// The provider's name for the call, for its support.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => refusal.request_id.as_deref(),
            Self::NotSent(_) => None,
            Self::Unknown(unknown) => unknown.request_id(),
            Self::NotSaved(unsaved) => unsaved.new.request_id.as_deref(),
        }
    }
}

/// Why a call that brings no token that could be lost did not do what was asked.
///
/// A check that fails says nothing about the token, so keep it.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct CallError {
    what: &'static str,
    #[source]
    why: RotateError,
}

impl CallError {
    pub(crate) fn new(what: &'static str, why: RotateError) -> Self {
        Self { what, why }
    }

    /// What became of the call.
    pub fn into_why(self) -> RotateError {
        self.why
    }

    /// Whether nothing was sent.
    pub fn is_not_sent(&self) -> bool {
        self.why.is_not_sent()
    }

    /// Whether the provider refused the call.
    pub fn is_refused(&self) -> bool {
        self.why.is_refused()
    }

    /// What the provider said when it refused the call.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.why.refusal()
    }

    /// The HTTP status when an answer came.
    pub fn status(&self) -> Option<u16> {
        self.why.status()
    }

    /// The provider's name for the call, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.why.request_id()
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
    #[error("nothing was sent: {0}")]
    Impossible(String),
    #[error("nothing was sent, because the sink is not ready: {0}")]
    Sink(Box<dyn Error + Send + Sync>),
}

impl NotSent {
    pub(crate) fn call(error: ClientError) -> Self {
        Self(WhyNotSent::Call(error))
    }

    pub(crate) fn impossible(why: impl Into<String>) -> Self {
        Self(WhyNotSent::Impossible(why.into()))
    }

    pub(crate) fn sink(error: Box<dyn Error + Send + Sync>) -> Self {
        Self(WhyNotSent::Sink(error))
    }

    /// Whether this client, as it is set up, cannot make the call: its server does not have it, or
    /// credentials are missing, or the token is none that could be sent.
    pub fn is_impossible(&self) -> bool {
        matches!(self.0, WhyNotSent::Impossible(_))
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
    /// The sink has seen the details.
    new: Box<Rotated<()>>,
    why: Box<dyn Error + Send + Sync>,
}

impl NotSaved {
    pub(crate) fn new<D>(new: &Rotated<D>, why: Box<dyn Error + Send + Sync>) -> Self {
        Self {
            new: Box::new(new.without_details()),
            why,
        }
    }

    /// The new token.
    pub fn token(&self) -> &Secret {
        &self.new.token
    }

    /// When the new token dies, where the provider said so.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.new.expires_at
    }

    /// The refresh token that came with it.
    pub fn refresh_token(&self) -> Option<&Secret> {
        self.new.refresh_token.as_ref()
    }

    /// When the refresh token dies, where the provider said so.
    pub fn refresh_token_expires_at(&self) -> Option<Timestamp> {
        self.new.refresh_token_expires_at
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
