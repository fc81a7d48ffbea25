//! OhMyGPT: the open OAuth API.

mod answer;

use tokenturn_client::{Error as ClientError, Secret, Transport, TransportBuilder, ohmygpt};

pub use tokenturn_client::ohmygpt::types::{UserAdminToken, UserId};

use crate::error::{BuildError, NotSent, RecoverError, RotateError};
use crate::outcome;
use crate::provider::Provider;
use crate::rotated::{Recovery, Rotated};

/// The documented addresses of the API, as base URLs.
///
/// Source: the server list of the operation's page, and the provider's home page.
pub mod hosts {
    /// The one that the page of the OAuth calls names, a reverse proxy; the default.
    pub const LINE1: &str = "https://cn2us02.opapi.win";
    /// The main site in the USA, reached directly.
    pub const MAIN: &str = "https://api.ohmygpt.com";
    /// Cloudflare's CDN. It cuts an answer after 100 seconds.
    pub const CLOUDFLARE_CDN: &str = "https://cfcus02.opapi.win";
    /// Cloudflare's Workers. They cut an answer after 100 seconds.
    pub const CLOUDFLARE_WORKER: &str = "https://cfwus02.opapi.win";
    /// The "optimised CDN".
    pub const OPTIMISED_CDN: &str = "https://c-z0-api-01.hash070.com";
    /// Another reverse proxy.
    pub const PROXY1: &str = "https://www.aigptx.top";
}

/// The open OAuth API of OhMyGPT.
///
/// A clone is cheap and shares the connections.
#[derive(Clone, Debug)]
pub struct OhMyGpt {
    transport: Transport,
}

impl OhMyGpt {
    /// Begins a client. Without further calls it talks to [`hosts::LINE1`].
    pub fn builder() -> OhMyGptBuilder {
        OhMyGptBuilder {
            transport: Transport::builder(hosts::LINE1),
        }
    }

    /// Issues a new management (admin) token of the user whose OAuth token this is.
    ///
    /// The OAuth token stays as it is. The app needs the permission `trusted_full_access`. What
    /// happens to the old management token is not documented; take it for dead.
    ///
    /// The call is sent exactly once. It does not protect against this process ending, or this
    /// future being dropped, between the answer and your saving the token: for that,
    /// [`rotate`](crate::rotate) is there.
    ///
    /// Source: the provider's page "Update user management token through OAuth Token", modified
    /// 2025-10-15.
    ///
    /// ```no_run
    /// # async fn run(oauth_token: tokenturn::Secret) -> Result<(), Box<dyn std::error::Error>> {
    /// let ohmygpt = tokenturn::OhMyGpt::builder().build()?;
    /// let rotated = ohmygpt.rotate_admin_token(&oauth_token).await?;
    /// println!("the new admin token is {}", rotated.token.fingerprint());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RotateError`] tells whether the token may have been replaced all the same. After an
    /// unknown outcome the call may be made again: the OAuth token is not what it replaces.
    pub async fn rotate_admin_token(
        &self,
        oauth_token: &Secret,
    ) -> Result<Rotated<UserAdminToken>, RotateError> {
        let transport = self.transport.with_bearer(oauth_token).map_err(|e| {
            RotateError::NotSent(NotSent::call(ClientError::InvalidRequest(e.to_string())))
        })?;
        let client = ohmygpt::Client::new(transport);
        let result = client.rotate_user_admin_token().send().await;
        answer::rotated(outcome::answer(result)?, oauth_token)
    }

    /// Ends the doubt about a rotation whose outcome is unknown, by another rotation: the OAuth
    /// token that authorizes the call is not the token that it replaces.
    ///
    /// # Errors
    ///
    /// When the rotation fails too: the outcome of the first one is as unknown as before.
    pub async fn recover(
        &self,
        oauth_token: &Secret,
    ) -> Result<Recovery<UserAdminToken>, RecoverError> {
        let rotated = self.rotate_admin_token(oauth_token).await;
        rotated.map(Recovery::Rotated).map_err(RecoverError)
    }
}

/// Replaces by [`OhMyGpt::rotate_admin_token`]; what is given as the old token is the user's OAuth
/// token.
impl Provider for OhMyGpt {
    type Details = UserAdminToken;

    async fn replace(&self, oauth_token: &Secret) -> Result<Rotated<UserAdminToken>, RotateError> {
        self.rotate_admin_token(oauth_token).await
    }

    async fn recover(
        &self,
        oauth_token: &Secret,
    ) -> Result<Recovery<UserAdminToken>, RecoverError> {
        self.recover(oauth_token).await
    }
}

/// Begins with [`OhMyGpt::builder`].
#[derive(Debug)]
#[must_use = "a builder does nothing before `build`"]
pub struct OhMyGptBuilder {
    transport: TransportBuilder,
}

impl OhMyGptBuilder {
    /// Talks to another address: one of [`hosts`], or a server in a test.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.transport = self.transport.base_url(base_url);
        self
    }

    /// Sets up how requests are sent: user agent, timeout, limits, root certificates.
    pub fn transport(mut self, set_up: impl FnOnce(TransportBuilder) -> TransportBuilder) -> Self {
        self.transport = set_up(self.transport);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// When the address is not one to which credentials may go.
    pub fn build(self) -> Result<OhMyGpt, BuildError> {
        let transport = self.transport.build()?;
        Ok(OhMyGpt { transport })
    }
}
