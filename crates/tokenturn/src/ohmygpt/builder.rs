//! Setting an [`OhMyGpt`] up.

use std::fmt;
use std::sync::Arc;

use tokenturn_client::{
    Secret, Transport, TransportBuilder, check_base_url, check_secret, normal_base_url, ohmygpt,
};

use super::{OhMyGpt, SetUp, hosts};
use crate::calls::{Calls, check_headers};
use crate::error::BuildError;

/// Begins with [`OhMyGpt::builder`].
#[must_use = "a builder does nothing before `build`"]
pub struct OhMyGptBuilder {
    app: Option<(String, Secret)>,
    pages_url: String,
    transport: TransportBuilder,
}

impl OhMyGptBuilder {
    pub(super) fn new() -> Self {
        Self {
            app: None,
            pages_url: hosts::PAGES.to_owned(),
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
                calls: Calls::default(),
            }),
        })
    }
}

// Even an address can hold a secret before `build` has seen it.
impl fmt::Debug for OhMyGptBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OhMyGptBuilder").finish_non_exhaustive()
    }
}
