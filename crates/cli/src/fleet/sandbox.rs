//! `--sandbox`: a provider, a vault, and tokens to replace.

use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

use anyhow::{Context as _, Result, ensure};
use futures_core::Stream;
use tempfile::TempDir;
use tokenturn::GitHub;
use tokenturn_sandbox::Sandbox;
use tokenturn_vault::{App, Client, Entry, Filter, Key, StoreError, Tokens, Vault};

use crate::output::output;

/// It goes away with everything in it.
pub(super) struct World {
    pub(super) vault: Vault,
    sandbox: Sandbox,
    _folder: TempDir,
}

impl World {
    pub(super) const CONCURRENCY: usize = 64;

    /// With so many tokens, each by a sign-in of its own if they are to expire.
    pub(super) async fn with_tokens(count: usize, expire: bool) -> Result<Self> {
        let sandbox = Sandbox::start(0)
            .await
            .context("cannot start the sandbox")?;
        sandbox.set_recording(false);
        sandbox.set_rate_limit(None);
        let folder = TempDir::new()?;
        let key = Key::generate()?;
        let path = folder.path().join("tokenturn.db");
        let vault = Vault::builder().sqlite(path, &key).await?;
        let world = Self {
            vault,
            sandbox,
            _folder: folder,
        };
        let app = world.client()?.app();
        let tokens = match expire {
            true => world.sign_in(count).await?,
            false => {
                let tokens = world.sandbox.new_github_tokens(count);
                tokens.into_iter().map(Tokens::github).collect()
            }
        };
        let rows = New {
            app,
            tokens: tokens.into_iter().enumerate(),
        };
        world.vault.import(rows).await?;
        Ok(world)
    }

    /// What so many sign-ins bring: tokens that expire, with refresh tokens.
    async fn sign_in(&self, count: usize) -> Result<Vec<Tokens>> {
        self.sandbox.set_expiring_tokens(true);
        let github = self.github()?;
        let mut all = Vec::with_capacity(count);
        for _ in 0..count {
            let request = github.authorize().redirect_uri("http://127.0.0.1/");
            let request = request.build()?;
            let callback = self.sandbox.approve(&request.url)?;
            let code = request.pending.callback(&callback)?;
            let new = github.exchange_code(code).await?;
            let mut tokens = Tokens::github(new.token);
            tokens.expires_at = new.expires_at;
            tokens.refresh_token = new.refresh_token;
            tokens.refresh_token_expires_at = new.refresh_token_expires_at;
            all.push(tokens);
        }
        Ok(all)
    }

    pub(super) fn client(&self) -> Result<Client> {
        Ok(self.github()?.into())
    }

    fn github(&self) -> Result<GitHub> {
        let sandbox = &self.sandbox;
        let builder = GitHub::builder(sandbox.client_id(), sandbox.client_secret());
        Ok(builder.base_url(sandbox.url()).build()?)
    }

    /// Asks the sandbox about every token in the vault.
    pub(super) async fn verify(&self, json: bool) -> Result<()> {
        let mut rows = self.vault.list(Filter::new());
        let (mut count, mut dead) = (0, 0);
        while let Some(row) = rows.next().await {
            let row = row?;
            let token = row.tokens.token.as_ref();
            let is_alive = token.is_some_and(|token| self.sandbox.is_alive(token.expose()));
            count += 1;
            dead += u64::from(!is_alive);
        }
        ensure!(dead == 0, "{dead} of {count} tokens in the vault are dead");
        if !json {
            writeln!(output(), "all {count} tokens in the vault are alive")?;
        }
        Ok(())
    }
}

/// The rows of tokens that the sandbox has made.
struct New<T> {
    app: App,
    tokens: T,
}

impl<T: Iterator<Item = (usize, Tokens)> + Unpin> Stream for New<T> {
    type Item = Result<Entry, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.tokens.next();
        Poll::Ready(next.map(|(number, tokens)| {
            let id = format!("token-{number}");
            Ok(Entry::new(id, self.app.clone(), tokens))
        }))
    }
}
