//! A provider's no.

use std::fmt;
use std::time::Duration;

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
