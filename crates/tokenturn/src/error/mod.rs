//! What can happen instead of a new token.

mod not_saved;
mod not_sent;
mod refusal;
mod unheard;
mod unknown;

use tokenturn_client::{ConfigError, Error as ClientError};

pub use not_saved::NotSaved;
pub use not_sent::NotSent;
pub use refusal::{Refusal, RefusalReason};
pub use unheard::Unheard;
pub use unknown::Unknown;

use crate::evidence::Candidates;
use crate::outcome;
use crate::rate_limit::RateLimit;

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

    /// Whether the time ran out while connecting or waiting for the answer to begin.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::NotSent(why) => why.is_timeout(),
            Self::Unknown(unknown) => unknown.is_timeout(),
            Self::Refused(_) | Self::NotSaved(_) => false,
        }
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
            Self::NotSaved(unsaved) => Some(unsaved.rotated().status),
        }
    }

    /// How many more calls the provider takes, where an answer said it.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        match self {
            Self::Refused(refusal) => refusal.rate_limit.as_deref().copied(),
            Self::NotSent(_) => None,
            Self::Unknown(unknown) => unknown.rate_limit(),
            Self::NotSaved(unsaved) => unsaved.rotated().rate_limit,
        }
    }

    /// The provider's name for the call, for its support.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => refusal.request_id.as_deref(),
            Self::NotSent(_) => None,
            Self::Unknown(unknown) => unknown.request_id(),
            Self::NotSaved(unsaved) => unsaved.rotated().request_id.as_deref(),
        }
    }
}

/// What came of a call of a client of one's own: nothing of an answer is believed.
impl From<ClientError> for RotateError {
    fn from(error: ClientError) -> Self {
        match error.into_response() {
            Ok(response) => {
                let candidates = Candidates::in_body(response.body());
                outcome::unknown(response, candidates)
            }
            Err(error) if error.is_not_sent() => Self::NotSent(NotSent::call(error)),
            Err(error) => Self::Unknown(Unknown::failed(error)),
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
    /// `what` was not done, such as "the token could not be checked", and this became of the call.
    pub fn new(what: &'static str, why: RotateError) -> Self {
        Self { what, why }
    }

    /// What became of the call.
    pub fn why(&self) -> &RotateError {
        &self.why
    }

    /// The same, taken out.
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

    /// Whether what was asked for may have been done all the same.
    pub fn is_unknown(&self) -> bool {
        self.why.is_unknown()
    }

    /// Whether the time ran out while connecting or waiting for the answer to begin.
    pub fn is_timeout(&self) -> bool {
        self.why.is_timeout()
    }

    /// What the provider said when it refused the call.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.why.refusal()
    }

    /// The HTTP status when an answer came.
    pub fn status(&self) -> Option<u16> {
        self.why.status()
    }

    /// How many more calls the provider takes, where an answer said it.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.why.rate_limit()
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

/// Why a client cannot be built, and what to do about it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BuildError(pub(crate) String);

impl BuildError {
    /// A client cannot be built. `why` says what to do about it, and shows no secret.
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl From<ConfigError> for BuildError {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}
