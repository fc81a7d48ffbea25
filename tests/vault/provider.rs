//! A provider to rotate tokens at.

use tokenturn::GitHub;
use tokenturn_sandbox::Sandbox;
use tokenturn_vault::{Client, Entry, Filter, FleetOptions, State, Tokens, Vault};

/// A provider, a client for it, and rows with its tokens.
pub(crate) async fn provider(rows: usize) -> (Sandbox, Client, Vec<Entry>) {
    let sandbox = Sandbox::start(0).await.unwrap();
    let github = GitHub::builder(sandbox.client_id(), sandbox.client_secret())
        .base_url(sandbox.url())
        .build()
        .unwrap();
    let client = Client::from(github);
    let tokens = sandbox.new_github_tokens(rows).into_iter().enumerate();
    let entries = tokens.map(|(n, token)| {
        let tokens = Tokens::github(token);
        Entry::new(format!("{n:04}"), client.app(), tokens)
    });
    let entries = entries.collect();
    (sandbox, client, entries)
}

pub(crate) fn fast() -> FleetOptions {
    FleetOptions::new().per_second(1000.0).concurrency(8)
}

/// Every row has the living token of its user.
pub(crate) async fn assert_alive(vault: &Vault, sandbox: &Sandbox, count: usize) {
    let mut listing = vault.list(Filter::new());
    let mut found = 0;
    while let Some(entry) = listing.next().await {
        let entry = entry.unwrap();
        assert_eq!(entry.state(), State::Active, "{entry:?}");
        let token = entry.tokens.token.as_ref().unwrap();
        assert!(sandbox.is_alive(token.expose()), "{entry:?}");
        found += 1;
    }
    assert_eq!(found, count);
}
