//! What the application is told when it starts. Secrets come from files and the environment: arguments
//! are seen by everybody on the host.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::http::Uri;
use clap::{Parser, value_parser};
use tokenturn::{GitHub, Secret};
use tokenturn_vault::{Key, KeyFile, Vault};

/// A web application that signs users in with GitHub and keeps their tokens in a vault.
#[derive(Debug, Parser)]
pub(crate) struct Config {
    /// The client ID of the app at GitHub.
    #[arg(long, value_name = "ID")]
    client_id: String,
    /// A file with the app's client secret; else it is in GITHUB_CLIENT_SECRET.
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// Another address than github.com's API, such as a sandbox.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// What stands in the address bar of browsers; unless given, the address listened at.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// `sqlite:PATH` or `postgres://USER@HOST/DATABASE`, with the password in PGPASSWORD or ~/.pgpass.
    #[arg(long, value_name = "VAULT", default_value = "sqlite:web.db")]
    vault: String,
    /// The key of vault and cookies, made where there is none. TOKENTURN_KEY goes before it.
    #[arg(long, value_name = "FILE", default_value = "web.key")]
    key_file: PathBuf,
    /// How long a session lasts.
    // None lasts no time: all are over when it begins.
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = value_parser!(u16).range(1..))]
    pub(crate) session_days: u16,
}

impl Config {
    pub(crate) fn github(&self) -> anyhow::Result<GitHub> {
        let secret = match &self.client_secret_file {
            Some(file) => std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?,
            None => std::env::var("GITHUB_CLIENT_SECRET")
                .context("GITHUB_CLIENT_SECRET is not set, nor --client-secret-file given")?,
        };
        let mut github = GitHub::builder(&self.client_id, secret.trim());
        if let Some(base_url) = &self.base_url {
            github = github.base_url(base_url);
        }
        Ok(github.build()?)
    }

    pub(crate) fn key(&self) -> anyhow::Result<Key> {
        match Key::from_env(tokenturn_vault::KEY_VARIABLE)? {
            Some(key) => Ok(key),
            None => Ok(KeyFile::new(&self.key_file).read_or_create()?),
        }
    }

    pub(crate) async fn vault(&self, key: &Key) -> anyhow::Result<Vault> {
        let builder = Vault::builder()
            .actor(format!("web {}", std::process::id()))
            // Each page reads its row, so that what another instance has made of it is seen at once.
            .cache_for(Duration::ZERO);
        let vault = match self.vault.strip_prefix("sqlite:") {
            Some(path) => builder.sqlite(path, key).await,
            None => {
                ensure!(
                    self.vault.starts_with("postgres"),
                    "--vault is neither sqlite:PATH nor postgres://USER@HOST/DATABASE"
                );
                builder.postgres(&self.vault, key).await
            }
        };
        vault.context("the vault cannot be opened")
    }

    /// Without a slash at its end.
    pub(crate) fn public_url(&self, bound: SocketAddr) -> anyhow::Result<String> {
        let Some(given) = &self.public_url else {
            ensure!(
                bound.ip().is_loopback(),
                "say --public-url https://...: only on this host do browsers come without TLS"
            );
            return Ok(format!("http://{bound}"));
        };
        let url: Uri = given.parse().context("--public-url is no URL")?;
        let is_local = matches!(url.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
        ensure!(
            url.scheme_str() == Some("https") || url.scheme_str() == Some("http") && is_local,
            "--public-url has to be https://..., but on this host: cookies and codes go over it"
        );
        ensure!(url.path() == "/", "--public-url has a path");
        Ok(given.trim_end_matches('/').to_owned())
    }

    /// Without one, there are no pages for an admin.
    pub(crate) fn admin_password() -> anyhow::Result<Option<Secret>> {
        let password = std::env::var("ADMIN_PASSWORD").ok().map(Secret::new);
        let is_long = |password: &Secret| password.expose().len() >= 16;
        ensure!(
            password.as_ref().is_none_or(is_long),
            "ADMIN_PASSWORD has fewer than 16 characters, and nobody counts the guesses"
        );
        Ok(password)
    }
}
