//! What a browser is told when something does not work.

use std::error::Error;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use tokenturn::{CallError, CallbackError, Refusal, RefusalReason, RotateError};
use tokenturn_vault::{StoreError, VaultError};

use crate::html;

#[derive(Debug)]
pub(crate) enum Failure {
    /// Only a new sign-in brings a token. Why.
    SignIn(String),
    /// The request is none that is granted.
    Refused(&'static str),
    /// GitHub is away, or has no time for so long.
    NoGitHub(Duration),
    /// The vault is away.
    NoVault,
    /// Something that does not pass by itself.
    Broken,
}

/// How long to wait where nobody knows better.
pub(crate) const A_MOMENT: Duration = Duration::from_secs(10);

impl Failure {
    /// No error here shows a secret.
    pub(crate) fn broken(error: impl Error) -> Self {
        tracing::error!(error = whole(&error), "broken");
        Self::Broken
    }

    /// Whether the same request may work in a moment.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::NoGitHub(_) | Self::NoVault)
    }

    fn no_github(error: impl Error) -> Self {
        tracing::warn!(error = whole(&error), "GitHub is away");
        Self::NoGitHub(A_MOMENT)
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        match error {
            error if error.needs_authorization() => Self::SignIn(error.to_string()),
            // The other one: the application has been set up for another app at GitHub since.
            VaultError::NotFound(_) | VaultError::WrongClient { .. } => {
                Self::SignIn("This session is over.".into())
            }
            VaultError::Store(error) => error.into(),
            VaultError::Refused(refusal) => refusal.into(),
            VaultError::NotSent(error) | VaultError::Unknown(error) => error.into(),
            VaultError::Call(error) => error.into(),
            // The row is in doubt now, which the next request finds out about.
            VaultError::NotSaved { why, .. } => why.into(),
            error => Self::broken(error),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        if error.is_damaged() && error.id().is_some() {
            tracing::error!(error = whole(&error), "a session cannot be read");
            return Self::SignIn("This session is broken.".into());
        }
        if error.is_unavailable() || error.is_busy() {
            tracing::warn!(error = whole(&error), "the vault is away");
            return Self::NoVault;
        }
        Self::broken(error)
    }
}

impl From<RotateError> for Failure {
    fn from(error: RotateError) -> Self {
        match error {
            RotateError::Refused(refusal) => refusal.into(),
            RotateError::NotSaved(unsaved) => {
                tracing::error!(error = whole(&unsaved), "a new token is not in the vault");
                Self::NoVault
            }
            // It was asked before the call was sent.
            RotateError::NotSent(why) if why.is_sink() => {
                tracing::warn!(error = whole(&why), "the vault is away");
                Self::NoVault
            }
            error => Self::no_github(error),
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        error.into_why().into()
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal.reason {
            RefusalReason::BadVerificationCode => {
                Self::Refused("GitHub does not take this sign-in: it is over, or was used before.")
            }
            RefusalReason::RateLimited { retry_after } => {
                tracing::warn!(%refusal, "GitHub has no time");
                Self::NoGitHub(retry_after.unwrap_or(A_MOMENT))
            }
            // Something on the way, which may pass.
            RefusalReason::Other => {
                tracing::warn!(%refusal, "GitHub is away");
                Self::NoGitHub(A_MOMENT)
            }
            _ => {
                tracing::error!(%refusal, "broken");
                Self::Broken
            }
        }
    }
}

impl From<CallbackError> for Failure {
    fn from(error: CallbackError) -> Self {
        match error.reason() {
            Some(RefusalReason::AccessDenied) => Self::Refused("You did not let this app in."),
            Some(_) => {
                tracing::error!(%error, "GitHub refuses to ask");
                Self::Broken
            }
            None => Self::Refused("This is no answer to a sign-in that was begun here."),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, title, text) = match &self {
            Self::SignIn(why) => (StatusCode::UNAUTHORIZED, "Please sign in again", &**why),
            Self::Refused(why) => (StatusCode::BAD_REQUEST, "That did not work", *why),
            Self::NoGitHub(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "GitHub does not answer",
                "Nothing is lost. Try again in a moment.",
            ),
            Self::NoVault => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Our database does not answer",
                "Nothing is lost. Try again in a moment.",
            ),
            Self::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something is broken",
                "It is noted, and does not pass by itself.",
            ),
        };
        let link = match &self {
            Self::SignIn(_) => "<a href=\"/sign-in\">Sign in with GitHub</a>",
            _ => "<a href=\"/\">Go on</a>",
        };
        let body = format!("<p>{}</p>\n<p>{link}</p>", html::escape(text));
        let mut response = (status, html::page(title, &body)).into_response();
        let wait = match self {
            Self::NoGitHub(wait) => Some(wait),
            Self::NoVault => Some(A_MOMENT),
            _ => None,
        };
        if let Some(wait) = wait {
            let seconds = wait.as_secs().max(1).into();
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}

/// What an error says, and what its causes say.
fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
