//! Setting a [`GitHub`] up.

use std::fmt;

use tokenturn_client::{Secret, Transport, TransportBuilder, check_path_parameter, github};

use super::GitHub;
use super::server::Server;
use crate::error::BuildError;

/// Begins with [`GitHub::builder`].
#[must_use = "a builder does nothing before `build`"]
pub struct GitHubBuilder {
    client_id: String,
    client_secret: Secret,
    server: Server,
    base_url: Option<String>,
    transport: TransportBuilder,
}

impl GitHubBuilder {
    pub(super) fn new(client_id: String, client_secret: Secret) -> Self {
        Self {
            client_id,
            client_secret,
            server: Server::DotCom,
            base_url: None,
            transport: Transport::builder(""),
        }
    }

    /// Talks to GitHub Enterprise Server at `https://HOST/api/v3`.
    ///
    /// `version` is the server's, such as `3.14`: what it expects differs by version. 2.20 is the
    /// oldest that works.
    pub fn enterprise_server(
        mut self,
        host: impl Into<String>,
        version: impl Into<String>,
    ) -> Self {
        self.server = Server::Enterprise {
            host: host.into(),
            version: version.into(),
        };
        self
    }

    /// Talks to GitHub Enterprise Cloud with data residency at `https://api.SUBDOMAIN.ghe.com`.
    pub fn data_residency(mut self, subdomain: impl Into<String>) -> Self {
        self.server = Server::DataResidency {
            subdomain: subdomain.into(),
        };
        self
    }

    /// Talks to another address, such as a server in a test. What is said stays that of the
    /// server chosen, github.com without a choice.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// Sets up how requests are sent: user agent, timeout, limits, root certificates.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let github = tokenturn::GitHub::builder("abcde12345fghij67890", "secret")
    ///     .transport(|transport| transport.user_agent("my-app/1.0").timeout(Duration::from_secs(60)))
    ///     .build()?;
    /// # Ok::<(), tokenturn::BuildError>(())
    /// ```
    pub fn transport(mut self, set_up: impl FnOnce(TransportBuilder) -> TransportBuilder) -> Self {
        self.transport = set_up(self.transport);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// When the client ID or the client secret cannot be sent, when the address is not one to
    /// which credentials may go, or when the server's version is too old.
    pub fn build(self) -> Result<GitHub, BuildError> {
        check_path_parameter(&self.client_id)
            .map_err(|e| BuildError(format!("the client ID is not usable: {e}")))?;
        if self.client_secret.is_empty() {
            return Err(BuildError("the client secret is empty".into()));
        }
        let server_url = self.server.base_url()?;
        let mut transport = self
            .transport
            .base_url(self.base_url.unwrap_or(server_url))
            .basic(&self.client_id, self.client_secret);
        for (name, value) in self.server.headers()? {
            transport = transport.header(name, value);
        }
        Ok(GitHub {
            client: github::Client::new(transport.build()?),
            client_id: self.client_id,
        })
    }
}

// Even an address can hold a secret before `build` has seen it.
impl fmt::Debug for GitHubBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHubBuilder")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
