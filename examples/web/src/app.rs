//! What all requests share.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::FromRef;
use axum_extra::extract::cookie::Key;
use time::Duration;
use tokenturn::github::{Authorization, TokenCheck};
use tokenturn::{GitHub, Secret};
use tokenturn_vault::{AccessToken, Client, Vault};

use crate::config::Config;
use crate::failure::{A_MOMENT, Failure};

#[derive(Clone)]
pub(crate) struct App {
    pub(crate) github: GitHub,
    /// The same, for the vault.
    pub(crate) client: Client,
    pub(crate) vault: Vault,
    pub(crate) public_url: Arc<str>,
    /// How long a cookie of a session is good for.
    pub(crate) session_life: Duration,
    pub(crate) admin_password: Option<Secret>,
    cookie_key: Key,
}

impl App {
    pub(crate) async fn open(config: &Config, bound: SocketAddr) -> anyhow::Result<Self> {
        let github = config.github()?;
        let key = config.key()?;
        Ok(Self {
            client: Client::from(github.clone()),
            github,
            vault: config.vault(&key).await?,
            public_url: config.public_url(bound)?.into(),
            session_life: Duration::days(config.session_days.into()),
            admin_password: Config::admin_password()?,
            // Every instance reads the cookies of every other one: they have the vault's key anyway.
            cookie_key: Key::derive_from(key.to_digits().expose().as_bytes()),
        })
    }

    /// The token of a session, and what GitHub says about it. In an application of your own, this is
    /// where the token goes into a call of yours, as `authorization: Bearer TOKEN`.
    pub(crate) async fn ask_github(
        &self,
        row: &str,
    ) -> Result<(AccessToken, Option<Box<Authorization>>), Failure> {
        let token = self.vault.token(&self.client, row).await?;
        match self.github.check_token(&token.token).await?.value {
            TokenCheck::Valid(found) => Ok((token, found)),
            // It was replaced at this very moment, its clock is another one, or its user has taken it back.
            _ => {
                let vault = &self.vault;
                let token = vault.token_instead_of(&self.client, row, &token).await?;
                match self.github.check_token(&token.token).await?.value {
                    TokenCheck::Valid(found) => Ok((token, found)),
                    _ => Err(Failure::NoGitHub(A_MOMENT)),
                }
            }
        }
    }
}

impl FromRef<App> for Key {
    fn from_ref(app: &App) -> Self {
        app.cookie_key.clone()
    }
}
