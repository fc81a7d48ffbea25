//! What can happen instead of a new token.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use tokenturn_client::{ConfigError, Error as ClientError, RawResponse, Secret};

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

/// The provider said no.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// What the answer means.
    pub reason: RefusalReason,
    /// The HTTP status, or the status in OhMyGPT's envelope where HTTP said 200.
    pub status: u16,
    /// The provider's own words, cut to a line, with the credentials of the call struck out.
    pub message: Option<String>,
    /// The provider's name for the call, for its support.
    pub request_id: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused with status {}: {}", self.status, self.reason)?;
        match &self.message {
            Some(message) => write!(f, " ({message})"),
            None => Ok(()),
        }
    }
}

/// Why the provider said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalReason {
    /// The client's own credentials are wrong. Stop: at GitHub, many wrong tries lock the app out.
    BadCredentials,
    /// The token is not, or no longer, a valid one. Its user has to authorize the app again.
    InvalidToken,
    /// The app may not do this.
    MissingPermission,
    /// Too many calls.
    RateLimited {
        /// How long to wait, where the provider says it or its rules do.
        retry_after: Option<Duration>,
    },
    /// The user's balance is too low (OhMyGPT).
    InsufficientBalance,
    /// The provider could not make sense of the request.
    Invalid,
    /// The API lives elsewhere. Redirects are not followed: they could carry the credentials away.
    Redirected,
    /// Something else; the status and the message tell more.
    Other,
}

impl RefusalReason {
    /// The reason as one word in `snake_case`, for reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::BadCredentials => "bad_credentials",
            Self::InvalidToken => "invalid_token",
            Self::MissingPermission => "missing_permission",
            Self::RateLimited { .. } => "rate_limited",
            Self::InsufficientBalance => "insufficient_balance",
            Self::Invalid => "invalid",
            Self::Redirected => "redirected",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadCredentials => "the client's credentials are wrong",
            Self::InvalidToken => "the token is not valid",
            Self::MissingPermission => "the app may not do this",
            Self::RateLimited { .. } => "too many calls",
            Self::InsufficientBalance => "the user's balance is too low",
            Self::Invalid => "the request makes no sense to the provider",
            Self::Redirected => "the API lives at another address",
            Self::Other => "the provider said no",
        })?;
        match self {
            Self::RateLimited {
                retry_after: Some(wait),
            } => write!(f, ", wait {} s", wait.as_secs()),
            _ => Ok(()),
        }
    }
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct NotSent(WhyNotSent);

#[derive(Debug, thiserror::Error)]
enum WhyNotSent {
    #[error(transparent)]
    Call(ClientError),
    #[error("nothing was sent, because the new token could not be saved: {0}")]
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

/// What is known about a call whose outcome did not arrive.
#[derive(Debug)]
pub struct Unknown {
    answer: Answer,
    request_id: Option<String>,
}

#[derive(Debug)]
enum Answer {
    Came(Box<RawResponse>),
    Failed(ClientError),
    /// Nobody was there to receive one.
    Abandoned,
}

impl Unknown {
    pub(crate) fn answered(response: Box<RawResponse>, request_id: Option<String>) -> Self {
        Self {
            answer: Answer::Came(response),
            request_id,
        }
    }

    pub(crate) fn failed(error: ClientError) -> Self {
        Self {
            answer: Answer::Failed(error),
            request_id: None,
        }
    }

    pub(crate) fn abandoned() -> Self {
        Self {
            answer: Answer::Abandoned,
            request_id: None,
        }
    }

    fn response(&self) -> Option<&RawResponse> {
        match &self.answer {
            Answer::Came(response) => Some(response),
            _ => None,
        }
    }

    /// The HTTP status, when an answer began.
    pub fn status(&self) -> Option<u16> {
        Some(self.response()?.status().as_u16())
    }

    /// The body as far as it arrived. Treat it as a secret: there may be a token in it.
    pub fn body(&self) -> Option<&[u8]> {
        Some(self.response()?.body())
    }

    /// The provider's name for the call, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.answer {
            Answer::Failed(error) => error.fmt(f),
            Answer::Abandoned => f.write_str("the call was abandoned when its runtime ended"),
            Answer::Came(response) if !response.status().is_success() => {
                let status = response.status().as_u16();
                write!(f, "the provider answered with HTTP status {status}")
            }
            Answer::Came(response) if !response.is_complete() => f.write_str(
                "the provider answered with success, and the answer broke off before a token",
            ),
            Answer::Came(_) => {
                f.write_str("the provider answered with success, and without a token")
            }
        }
    }
}

impl Error for Unknown {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.answer {
            Answer::Failed(error) => error.source(),
            _ => None,
        }
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
