//! Setting an [`OhMyGpt`] up.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokenturn_client::{
    Secret, Transport, TransportBuilder, check_base_url, check_secret, normal_base_url, ohmygpt,
};

use super::{KeyPaths, OhMyGpt, SetUp, hosts};
use crate::calls::{Calls, check_headers};
use crate::error::BuildError;

/// Begins with [`OhMyGpt::builder`].
#[must_use = "a builder does nothing before `build`"]
pub struct OhMyGptBuilder {
    app: Option<(String, Secret)>,
    pages_url: String,
    key_paths: KeyPaths,
    deadline: Option<Duration>,
    transport: TransportBuilder,
}

impl OhMyGptBuilder {
    pub(super) fn new() -> Self {
        Self {
            app: None,
            pages_url: hosts::PAGES.to_owned(),
            key_paths: KeyPaths::default(),
            deadline: None,
            transport: Transport::builder(hosts::LINE1),
        }
    }

    /// The app, by its client ID and its client secret: for [`OhMyGpt::authorize`] and
    /// [`OhMyGpt::issue_token`]. The other calls do without.
    pub fn app(mut self, client_id: impl Into<String>, client_secret: impl Into<Secret>) -> Self {
        self.app = Some((client_id.into(), client_secret.into()));
        self
    }

    /// Talks to another address: one of [`hosts`], or a server in a test.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.transport = self.transport.base_url(base_url);
        self
    }

    /// Takes users to another site than [`hosts::PAGES`], such as [`hosts::PAGES_MIRROR`].
    pub fn pages_url(mut self, pages_url: impl Into<String>) -> Self {
        self.pages_url = pages_url.into();
        self
    }

    /// Which of two documented paths to use for creating and deleting API keys.
    pub fn key_paths(mut self, key_paths: KeyPaths) -> Self {
        self.key_paths = key_paths;
        self
    }

    /// How long a call may take in all that may be sent again (what reads, and the update of a key), with
    /// the waits between its attempts; unless set, as long as they take. All others are sent once, and
    /// their only limit is the `timeout` of the transport: to give up on one may lose a token.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets up how requests are sent: user agent, timeout of an attempt, limits, certificates, proxies, headers,
    /// and whatever reqwest can do ([`TransportBuilder::reqwest`]).
    pub fn transport(mut self, set_up: impl FnOnce(TransportBuilder) -> TransportBuilder) -> Self {
        self.transport = set_up(self.transport);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// When an address is not one to which credentials may go, when the client ID is empty, when the
    /// client secret cannot be sent, or when a header is given that the calls set themselves.
    pub fn build(self) -> Result<OhMyGpt, BuildError> {
        if let Some((client_id, secret)) = &self.app {
            if client_id.is_empty() {
                return Err(BuildError("the client ID is empty".into()));
            }
            check_secret("the client secret", secret)?;
        }
        check_base_url(&self.pages_url)?;
        let transport = self.transport.build()?;
        check_headers(&transport)?;
        Ok(OhMyGpt {
            client: ohmygpt::Client::new(transport.clone()),
            transport,
            set_up: Arc::new(SetUp {
                app: self.app,
                pages_url: normal_base_url(&self.pages_url),
                key_paths: self.key_paths,
                calls: Calls::new(self.deadline),
            }),
        })
    }
}

// Even an address can hold a secret before `build` has seen it.
impl fmt::Debug for OhMyGptBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OhMyGptBuilder")
            .field("key_paths", &self.key_paths)
            .finish_non_exhaustive()
    }
}
