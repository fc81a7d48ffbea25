//! A token that lives, for whoever asks.

mod asked;
mod clocks;
mod ended;
mod fleet;
mod late;
mod lost_answers;
mod memory;
mod odd_answers;
mod others;
mod own_store;
mod revoked;
mod rotated;

use std::time::Duration;

use tokenturn::{GitHub, Secret};
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::crash::Gate;
use tokenturn_tests::{CLIENT_ID, CLIENT_SECRET, RawServer, json_answer};
use tokenturn_vault::{AccessToken, Client, Entry, Tokens, Vault, VaultError};
use tokio::task::JoinHandle;

const HOUR: Duration = Duration::from_secs(3600);

/// How a refresh begins.
const REFRESH: &str = "POST /login/oauth/access_token";
/// GitHub knows no token.
const ABOUT_THE_TOKEN: &str = r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest/apps/oauth-applications#check-a-token"}"#;
/// It takes no refresh token.
const REFUSED: &str = r#"{"error":"bad_refresh_token"}"#;

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

/// A client whose calls go through a gate.
async fn gated(sandbox: &Sandbox) -> (Gate, Client) {
    let gate = Gate::start(&sandbox.url()).await;
    let github = GitHub::builder(sandbox.client_id(), sandbox.client_secret())
        .base_url(gate.url())
        .build()
        .unwrap();
    (gate, Client::from(github))
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

async fn put(vault: &Vault, client: &Client, id: &str, tokens: Tokens) {
    let entry = Entry::new(id, client.app(), tokens);
    vault.put(entry).await.unwrap();
}

/// Lets the token of a row end in four minutes, as far as the vault knows.
async fn end(vault: &Vault, client: &Client, id: &str) {
    let mut tokens = row(vault, id).await.tokens;
    tokens.clock_ahead += 8 * 3_600_000 - 4 * 60_000;
    put(vault, client, id, tokens).await;
}

/// Somebody asks for the token of mona's, and does not go away.
fn ask(vault: &Vault, client: &Client) -> JoinHandle<Result<AccessToken, VaultError>> {
    let (vault, client) = (vault.clone(), client.clone());
    tokio::spawn(async move { vault.token(&client, "mona").await })
}

/// What GitHub answers to a refresh.
fn pair(status: &str, name: &str) -> String {
    let body = format!(
        r#"{{"access_token":"ghu_{name}0123456789","expires_in":28800,"refresh_token":"ghr_{name}0123456789","refresh_token_expires_in":15897600,"scope":"","token_type":"bearer"}}"#
    );
    json_answer(status, "", &body)
}

fn client_of(server: &RawServer) -> Client {
    let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET).base_url(server.url());
    Client::from(github.build().unwrap())
}

/// They came from elsewhere.
fn tokens() -> Tokens {
    let mut tokens = Tokens::github("ghu_old0123456789");
    tokens.refresh_token = Some("ghr_old0123456789".into());
    tokens
}
