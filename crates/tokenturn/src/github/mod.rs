//! GitHub: github.com, Enterprise Server and data residency.

mod answer;
mod builder;
mod server;

use tokenturn_client::{Secret, github};

pub use builder::GitHubBuilder;
pub use tokenturn_client::github::types::{Authorization, AuthorizationApp, SimpleUser};

use crate::error::{CheckError, RecoverError, RotateError};
use crate::outcome;
use crate::provider::Provider;
use crate::rotated::{Recovery, Rotated};

/// An OAuth app (or a GitHub App, for its user tokens) at one GitHub.
///
/// A clone is cheap and shares the connections.
#[derive(Clone, Debug)]
pub struct GitHub {
    client: github::Client,
    client_id: String,
}

/// What GitHub says about a token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TokenCheck {
    /// The token works. The details are `None` when they could not be read.
    Valid(Option<Box<Authorization>>),
    /// GitHub says outright that this is not a valid token of this app.
    Invalid {
        /// GitHub's name for the call, for its support.
        request_id: Option<String>,
    },
}

impl TokenCheck {
    /// Whether the token works.
    pub fn is_valid(&self) -> bool {
        matches!(self, Self::Valid(_))
    }
}

impl GitHub {
    /// Begins a client for an app, with its client ID and its client secret.
    ///
    /// Without further calls it talks to github.com.
    pub fn builder(
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> GitHubBuilder {
        GitHubBuilder::new(client_id.into(), client_secret.into())
    }

    /// Asks whether a token of this app is valid.
    ///
    /// A failure that may pass is tried again, three times in all.
    ///
    /// Source: [Check a token](https://docs.github.com/en/rest/apps/oauth-applications#check-a-token).
    ///
    /// ```no_run
    /// # async fn run(github: tokenturn::GitHub, token: tokenturn::Secret) -> Result<(), tokenturn::CheckError> {
    /// if !github.check_token(&token).await?.is_valid() {
    ///     println!("ask the user to authorize the app again");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Whenever GitHub did not answer the question: an outage never makes a token invalid.
    pub async fn check_token(&self, token: &Secret) -> Result<TokenCheck, CheckError> {
        let result = self
            .client
            .check_token()
            .client_id(&self.client_id)
            .body_map(|body| body.access_token(token.clone()))
            .send()
            .await;
        outcome::answer(result)
            .and_then(|answer| answer::checked(answer, token))
            .map_err(CheckError)
    }

    /// Replaces a token. The old one is dead at once; the new one is in the result and nowhere
    /// else.
    ///
    /// The call is sent exactly once. It does not protect against this process ending, or this
    /// future being dropped, between GitHub's answer and your saving the token: for that,
    /// [`rotate`](crate::rotate) is there.
    ///
    /// Source: [Reset a token](https://docs.github.com/en/rest/apps/oauth-applications#reset-a-token).
    ///
    /// ```no_run
    /// # async fn run(github: tokenturn::GitHub, old: tokenturn::Secret) -> Result<(), tokenturn::RotateError> {
    /// let rotated = github.reset_token(&old).await?;
    /// println!("{} is now {}", old.fingerprint(), rotated.token.fingerprint());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RotateError`] tells whether the token may have been replaced all the same.
    pub async fn reset_token(&self, old: &Secret) -> Result<Rotated<Authorization>, RotateError> {
        let result = self
            .client
            .reset_token()
            .client_id(&self.client_id)
            .body_map(|body| body.access_token(old.clone()))
            .send()
            .await;
        answer::rotated(outcome::answer(result)?, old)
    }

    /// Finds out what became of a reset whose outcome is unknown, by a check of the old token.
    ///
    /// Nothing but GitHub's own 404 makes a token [`Lost`](Recovery::Lost).
    ///
    /// # Errors
    ///
    /// Whenever GitHub did not answer the question: the outcome is as unknown as before, so keep
    /// the old token and ask again later.
    pub async fn recover(&self, old: &Secret) -> Result<Recovery<Authorization>, RecoverError> {
        match self.check_token(old).await {
            Ok(TokenCheck::Valid(_)) => Ok(Recovery::NotReplaced),
            Ok(TokenCheck::Invalid { request_id }) => Ok(Recovery::Lost { request_id }),
            Err(CheckError(why)) => Err(RecoverError(why)),
        }
    }
}

/// Replaces by [`GitHub::reset_token`].
impl Provider for GitHub {
    type Details = Authorization;

    async fn replace(&self, old: &Secret) -> Result<Rotated<Authorization>, RotateError> {
        self.reset_token(old).await
    }

    async fn recover(&self, old: &Secret) -> Result<Recovery<Authorization>, RecoverError> {
        self.recover(old).await
    }
}
