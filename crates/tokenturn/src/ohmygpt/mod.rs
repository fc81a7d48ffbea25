//! OhMyGPT: the open OAuth API.

mod answer;
mod builder;
mod keys;
mod tokens;
mod web;

use std::sync::Arc;

use tokenturn_client::{Secret, Transport, ohmygpt};

pub use builder::OhMyGptBuilder;
pub use keys::{ApiKeyUpdate, NewApiKey};
pub use tokenturn_client::ohmygpt::types::{
    ApiToken, OAuthToken, UserAdminToken, UserBalance, UserBasicInfo, UserId,
};
pub use web::Authorize;

use crate::answered::Deprecation;
use crate::calls::{Calls, with_header};
use crate::error::{BuildError, NotSent, RecoverError, RotateError};
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
    /// The site of the authorize page.
    pub const PAGES: &str = "https://next.ohmygpt.com";
    /// A mirror of the authorize page.
    pub const PAGES_MIRROR: &str = "https://next.aigptx.top";
}

/// The open OAuth API of OhMyGPT, and its API keys.
///
/// A clone is cheap and shares the connections.
#[derive(Clone, Debug)]
pub struct OhMyGpt {
    /// Without credentials.
    client: ohmygpt::Client,
    transport: Transport,
    set_up: Arc<SetUp>,
}

#[derive(Debug)]
struct SetUp {
    app: Option<(String, Secret)>,
    pages_url: String,
    calls: Calls,
}

impl OhMyGpt {
    /// Begins a client. Without further calls it talks to [`hosts::LINE1`].
    pub fn builder() -> OhMyGptBuilder {
        OhMyGptBuilder::new()
    }

    /// The base URL of the API, without a slash at its end.
    ///
    /// ```
    /// use tokenturn::{OhMyGpt, ohmygpt::hosts};
    ///
    /// assert_eq!(OhMyGpt::builder().build()?.base_url(), hosts::LINE1);
    /// # Ok::<(), tokenturn::BuildError>(())
    /// ```
    pub fn base_url(&self) -> &str {
        self.transport.base_url()
    }

    /// The same client, and the same connections, with a header more in each call: for one call, such
    /// as a `traceparent`.
    ///
    /// # Errors
    ///
    /// When it is no header, or one that the calls set themselves.
    pub fn with_header(&self, name: &str, value: &str) -> Result<Self, BuildError> {
        let transport = with_header(&self.transport, name, value)?;
        Ok(Self {
            client: ohmygpt::Client::new(transport.clone()),
            transport,
            set_up: Arc::clone(&self.set_up),
        })
    }

    /// The first notice in an answer to this client, or to a clone of it, that what was called will be
    /// gone.
    pub fn deprecation(&self) -> Option<&Deprecation> {
        self.set_up.calls.notice()
    }

    /// The app, for the calls that cannot be made without it.
    fn app(&self) -> Result<(&str, &Secret), RotateError> {
        let app = self.set_up.app.as_ref();
        let app = app.map(|(client_id, secret)| (client_id.as_str(), secret));
        app.ok_or_else(|| {
            let why = "this call needs the app; give it to `OhMyGptBuilder::app`";
            RotateError::NotSent(NotSent::impossible(why))
        })
    }

    fn with_bearer(&self, token: &Secret) -> Result<ohmygpt::Client, RotateError> {
        let transport = self.transport.with_bearer(token);
        let transport =
            transport.map_err(|why| RotateError::NotSent(NotSent::impossible(why.to_string())))?;
        Ok(ohmygpt::Client::new(transport))
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
