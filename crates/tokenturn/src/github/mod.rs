//! GitHub: github.com, Enterprise Server and data residency.

mod answer;
mod builder;
mod device;
mod device_answer;
#[cfg(feature = "serde")]
mod device_stored;
mod evidence;
mod login;
mod login_answer;
mod polling;
mod scoping;
mod server;
mod tokens;
mod web;

use std::sync::Arc;

use tokenturn_client::{Secret, check_secret, github, github_login};

pub use builder::GitHubBuilder;
pub use device_answer::DeviceCode;
pub use login_answer::UserToken;
pub use scoping::{Scoping, Target};
pub use server::api_url;
pub use tokenturn_client::github::types::{
    AppPermissions, Authorization, AuthorizationApp, ScopedInstallation, SimpleUser,
};
pub use web::Authorize;

use server::{Feature, Server};

use crate::answered::Deprecation;
use crate::calls::{Calls, with_header};
use crate::error::{BuildError, NotSent, RecoverError, RotateError};
use crate::evidence::Candidates;
use crate::provider::Provider;
use crate::rotated::{Recovery, Rotated};

/// An OAuth app (or a GitHub App, for its user tokens) at one GitHub.
///
/// A clone is cheap and shares the connections.
#[derive(Clone, Debug)]
pub struct GitHub {
    rest: github::Client,
    login: github_login::Client,
    app: Arc<App>,
}

#[derive(Debug)]
struct App {
    client_id: String,
    client_secret: Option<Secret>,
    server: Server,
    login_url: String,
    calls: Calls,
}

/// What GitHub says about a token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TokenCheck {
    /// The token works. The details are `None` when they could not be read.
    Valid(Option<Box<Authorization>>),
    /// GitHub says outright that this is not a valid token of this app.
    Invalid,
}

/// What became of something that was to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deletion {
    /// It is gone now.
    Deleted,
    /// The answer is a success, though not with the documented status 204.
    Accepted,
    /// GitHub says that it is not there: it was gone before, or never was.
    AlreadyGone,
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
        GitHubBuilder::new(client_id.into(), Some(client_secret.into()))
    }

    /// Begins a client for an app whose client secret is not at hand, such as a program on its
    /// users' computers.
    ///
    /// It has the device flow, the refresh of tokens that came by it, and
    /// [`revoke_credentials`](Self::revoke_credentials); the other calls are not sent.
    pub fn public_client(client_id: impl Into<String>) -> GitHubBuilder {
        GitHubBuilder::new(client_id.into(), None)
    }

    /// The client ID of the app.
    pub fn client_id(&self) -> &str {
        &self.app.client_id
    }

    /// Whether it has no client secret, and so only the calls of a [`public_client`](Self::public_client).
    pub fn is_public(&self) -> bool {
        self.app.client_secret.is_none()
    }

    /// The base URL of the API, without a slash at its end.
    ///
    /// ```
    /// let github = tokenturn::GitHub::builder("abcde12345fghij67890", "secret");
    /// let github = github.enterprise_server("ghe.example.com", "3.14").build()?;
    /// assert_eq!(github.base_url(), "https://ghe.example.com/api/v3");
    /// assert_eq!(github.client_id(), "abcde12345fghij67890");
    /// # Ok::<(), tokenturn::BuildError>(())
    /// ```
    pub fn base_url(&self) -> &str {
        self.rest.transport().base_url()
    }

    /// The same client, and the same connections, with a header more in each call: for one call, such
    /// as a `traceparent`. `accept` is not sent to the login host.
    ///
    /// ```
    /// # use tokenturn::{GitHub, Secret, sink::FileSink};
    /// # async fn run(github: GitHub, old: Secret, context: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// let traced = github.with_header("traceparent", context)?;
    /// // An error goes up: of all, `NotSaved` has the new token in it.
    /// let new = tokenturn::rotate(&traced, &old, FileSink::new("token.txt")).await?;
    /// println!("{} is saved", new.token.fingerprint());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When it is no header, or one that the calls set themselves.
    pub fn with_header(&self, name: &str, value: &str) -> Result<Self, BuildError> {
        let rest = with_header(self.rest.transport(), name, value)?;
        let login = match name.eq_ignore_ascii_case("accept") {
            true => self.login.clone(),
            false => github_login::Client::new(with_header(self.login.transport(), name, value)?),
        };
        Ok(Self {
            rest: github::Client::new(rest),
            login,
            app: Arc::clone(&self.app),
        })
    }

    /// The first notice in an answer to this client, or to a clone of it, that what was called will be
    /// gone, such as a version of the API.
    pub fn deprecation(&self) -> Option<&Deprecation> {
        self.app.calls.notice()
    }

    /// What to know of the server before it is relied on: Enterprise Server 2.20 has these calls as a
    /// preview.
    pub fn warning(&self) -> Option<&'static str> {
        self.app.server.warning()
    }

    /// The client secret, for the calls that cannot be made without it.
    fn client_secret(&self) -> Result<&Secret, RotateError> {
        let secret = self.app.client_secret.as_ref();
        secret.ok_or_else(|| {
            let why = "this call needs the client secret; begin with `GitHub::builder`";
            RotateError::NotSent(NotSent::impossible(why))
        })
    }

    /// Refuses what the server does not have.
    fn require(&self, feature: Feature) -> Result<(), RotateError> {
        match self.app.server.lacks(feature) {
            Some(why) => Err(RotateError::NotSent(NotSent::impossible(why))),
            None => Ok(()),
        }
    }
}

/// Refuses what cannot be a token: GitHub would say that there is none such, and it would be taken
/// for dead.
fn sendable(what: &str, token: &Secret) -> Result<(), RotateError> {
    check_secret(what, token)
        .map_err(|why| RotateError::NotSent(NotSent::impossible(why.to_string())))
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

    async fn recover_with(
        &self,
        old: &Secret,
        candidates: &Candidates,
    ) -> Result<Recovery<Authorization>, RecoverError> {
        self.recover_with(old, candidates).await
    }
}
