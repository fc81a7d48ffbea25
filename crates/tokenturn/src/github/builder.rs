//! Setting a [`GitHub`] up.

use std::fmt;
use std::sync::Arc;

use tokenturn_client::{
    Secret, Transport, TransportBuilder, check_path_parameter, check_secret, github, github_login,
};

use super::server::{API_VERSION, Server, login_url};
use super::{App, GitHub};
use crate::calls::{Calls, check_headers};
use crate::error::BuildError;

/// Begins with [`GitHub::builder`].
#[must_use = "a builder does nothing before `build`"]
pub struct GitHubBuilder {
    client_id: String,
    client_secret: Option<Secret>,
    server: Server,
    base_url: Option<String>,
    login_url: Option<String>,
    api_version: Option<String>,
    transport: TransportBuilder,
}

impl GitHubBuilder {
    pub(super) fn new(client_id: String, client_secret: Option<Secret>) -> Self {
        Self {
            client_id,
            client_secret,
            server: Server::DotCom,
            base_url: None,
            login_url: None,
            api_version: None,
            transport: Transport::builder(""),
        }
    }

    /// Talks to GitHub Enterprise Server at `https://HOST/api/v3`.
    ///
    /// `version` is the server's, such as `3.14`: what it expects differs by version. 2.20 is the
    /// oldest that works, by a preview that GitHub does not support for production:
    /// [`GitHub::warning`] says so.
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

    /// Takes users to another address than the one that belongs to the API: `https://github.com` for
    /// `https://api.github.com`, `https://HOST` for `https://HOST/api/v3`,
    /// `https://SUBDOMAIN.ghe.com` for `https://api.SUBDOMAIN.ghe.com`.
    pub fn login_url(mut self, login_url: impl Into<String>) -> Self {
        self.login_url = Some(login_url.into());
        self
    }

    /// Speaks another version of the REST API than 2022-11-28, such as `2026-03-10`.
    ///
    /// The versions are those of the [docs](https://docs.github.com/en/rest/about-the-rest-api/api-versions);
    /// the answers of both that are named here are understood.
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.api_version = Some(version.into());
        self
    }

    /// Sets up how requests are sent: user agent, timeout of an attempt, limits, certificates, proxies, headers,
    /// and whatever reqwest can do ([`TransportBuilder::reqwest`]).
    ///
    /// A header takes the place of ours (`accept`, `x-github-api-version`), but `accept` at the login
    /// host.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let github = tokenturn::GitHub::builder("abcde12345fghij67890", "secret")
    ///     .transport(|transport| transport.user_agent("my-app/1.0").timeout(Duration::from_secs(60)))
    ///     .build()?;
    /// println!("calls go to {}", github.base_url());
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
    /// which credentials may go or is that of pages (`https://github.com`), when the server's version is too old,
    /// when it has no API versions and one is chosen, or when a header is given that the calls set themselves.
    pub fn build(self) -> Result<GitHub, BuildError> {
        check_path_parameter(&self.client_id)
            .map_err(|e| BuildError(format!("the client ID is not usable: {e}")))?;
        if let Some(secret) = &self.client_secret {
            check_secret("the client secret", secret)?;
        }
        let server_url = self.server.base_url()?;
        let base_url = self.base_url.unwrap_or(server_url);
        self.server.check_base_url(&base_url)?;
        let login_url = self.login_url.unwrap_or_else(|| login_url(&base_url));
        let login = self.transport.clone().base_url(login_url).build()?;
        check_headers(&login)?;
        // It answers in a form otherwise.
        let login = login.with_header("accept", "application/json")?;

        let mut rest = self.transport.base_url(base_url).connections_of(&login);
        if let Some(secret) = &self.client_secret {
            rest = rest.basic(&self.client_id, secret.clone());
        }
        let mut rest = rest.build()?;
        if self.api_version.is_some() && rest.header(API_VERSION).is_some() {
            return Err(BuildError(format!(
                "the API version is chosen twice, by `api_version` and by the header {API_VERSION}"
            )));
        }
        for (name, value) in self.server.headers(self.api_version.as_deref())? {
            if rest.header(name).is_none() {
                rest = rest.with_header(name, value)?;
            }
        }
        if let Some(warning) = self.server.warning() {
            tracing::warn!("{warning}");
        }
        Ok(GitHub {
            rest: github::Client::new(rest),
            app: Arc::new(App {
                client_id: self.client_id,
                client_secret: self.client_secret,
                server: self.server,
                login_url: login.base_url().to_owned(),
                calls: Calls::default(),
            }),
            login: github_login::Client::new(login),
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
