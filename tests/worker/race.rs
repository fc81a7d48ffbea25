//! `race SEED`: replaces all tokens that it has read before, when it is told to.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use tokenturn_vault::{Entry, Filter, Provider};

use crate::arguments::Arguments;

/// Reads all rows, says so, and waits for a line; then it replaces each, several at a time, in an
/// order of its own, and prints what it was given.
pub(crate) async fn run(arguments: &Arguments, seed: u64) -> ExitCode {
    let vault = arguments.open().await.unwrap();
    let mut rows: Vec<Entry> = Vec::new();
    let mut listing = vault.list(Filter::new());
    while let Some(row) = listing.next().await {
        rows.push(row.unwrap());
    }
    fastrand::Rng::with_seed(seed).shuffle(&mut rows);
    println!("ready");
    io::stdin().read_line(&mut String::new()).unwrap();

    let clients = Arc::new(arguments.clients());
    let calls = stream::iter(rows).map(|held| {
        let (vault, clients) = (vault.clone(), Arc::clone(&clients));
        async move {
            let client = &clients[usize::from(held.app.provider != Provider::GITHUB)];
            match vault.rotate(client, &held).await {
                Ok(rotation) => {
                    let entry = rotation.entry();
                    let name = entry.tokens.fingerprint().unwrap();
                    format!("{} {} {name}", entry.id, entry.generation)
                }
                Err(error) => format!("error: {}: {error}", held.id),
            }
        }
    });
    let mut calls = calls.buffer_unordered(arguments.number("concurrency"));
    while let Some(line) = calls.next().await {
        println!("{line}");
    }
    ExitCode::SUCCESS
}
