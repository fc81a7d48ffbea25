//! A token that lives, for whoever asks.

mod asked;
mod clocks;
mod ended;
mod fleet;
mod lost_answers;
mod rotated;

use std::time::Duration;

use tokenturn::{GitHub, Secret};
use tokenturn_sandbox::Sandbox;
use tokenturn_vault::{Client, Entry, Vault};

const HOUR: Duration = Duration::from_secs(3600);

/// A provider whose tokens expire, and a client for it.
async fn provider() -> (Sandbox, GitHub, Client) {
    let sandbox = Sandbox::start(0).await.unwrap();
    sandbox.set_expiring_tokens(true);
    let github = GitHub::builder(sandbox.client_id(), sandbox.client_secret())
        .base_url(sandbox.url())
        .build()
        .unwrap();
    let client = Client::from(github.clone());
    (sandbox, github, client)
}

/// Somebody signs in, and the tokens go into the vault.
async fn sign_in(sandbox: &Sandbox, github: &GitHub, vault: &Vault, id: &str) -> Secret {
    let request = github.authorize().redirect_uri("http://127.0.0.1/");
    let request = request.build().unwrap();
    let callback = sandbox.approve(&request.url).unwrap();
    let code = request.pending.callback(&callback).unwrap();
    let sink = vault.sink(&Client::from(github.clone()), id);
    let new = tokenturn::obtain(github.exchange_code(code), sink).await;
    new.unwrap().token
}

/// How many refreshes the provider was asked for.
fn refreshes(sandbox: &Sandbox) -> usize {
    let requests = sandbox.requests();
    let bodies = requests
        .iter()
        .map(|request| String::from_utf8_lossy(&request.body).into_owned());
    bodies
        .filter(|body| body.contains("grant_type=refresh_token"))
        .count()
}

async fn row(vault: &Vault, id: &str) -> Entry {
    vault.get(id).await.unwrap().unwrap()
}
