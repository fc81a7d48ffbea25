//! A provider to ask, and a vault full of its tokens.

use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result};
use tokenturn::GitHub;
use tokenturn_sandbox::Sandbox;
use tokenturn_vault::{App, Client, Entry, StoreError, Tokens, Vault};
use tokio::runtime::Builder;

/// Starts a sandbox on a thread of its own, which lasts as long as the process.
pub(crate) fn sandbox_apart() -> Result<Sandbox> {
    let (sender, started) = mpsc::channel();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    thread::spawn(move || {
        runtime.block_on(async move {
            let _ = sender.send(Sandbox::start(0).await);
            std::future::pending::<()>().await;
        });
    });
    let sandbox = started.recv().context("the sandbox's thread ended")??;
    sandbox.set_recording(false);
    sandbox.set_rate_limit(None);
    Ok(sandbox)
}

/// A client for the app that the sandbox knows.
pub(crate) fn github(url: &str, client_id: &str, client_secret: &str) -> Result<GitHub> {
    let builder = GitHub::builder(client_id, client_secret).base_url(url);
    Ok(builder.build()?)
}

/// Puts GitHub tokens into a vault.
pub(crate) async fn fill(vault: &Vault, client: &Client, tokens: Vec<String>) -> Result<()> {
    let app: App = client.app();
    let entries = tokens.into_iter().enumerate().map(move |(number, token)| {
        let id = format!("user-{number:07}");
        Ok::<_, StoreError>(Entry::new(id, app.clone(), Tokens::github(token)))
    });
    vault.import(futures_util::stream::iter(entries)).await?;
    Ok(())
}
