//! `ask LIVES`: asks for all tokens again and again, until each has been replaced so often.

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use futures_util::{StreamExt, stream};
use tokenturn_vault::Filter;

use crate::arguments::Arguments;

/// Between two rounds: others have their turn.
const PAUSE: Duration = Duration::from_millis(100);

/// Prints what it was given and when it had asked for it, in milliseconds since 1970; or that a row is lost.
pub(crate) async fn run(arguments: &Arguments, lives: u64) -> ExitCode {
    let vault = arguments.open().await.unwrap();
    let mut ids = HashSet::new();
    let mut listing = vault.list(Filter::new());
    while let Some(row) = listing.next().await {
        ids.insert(row.unwrap().id);
    }
    let [client, _] = arguments.clients();
    while !ids.is_empty() {
        let mut order: Vec<String> = ids.iter().cloned().collect();
        fastrand::shuffle(&mut order);
        let calls = stream::iter(order).map(|id| {
            let (vault, client) = (vault.clone(), client.clone());
            async move {
                let asked = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis();
                let found = vault.token(&client, &id).await;
                (id, asked, found)
            }
        });
        let mut calls = calls.buffer_unordered(arguments.number("concurrency"));
        while let Some((id, asked, found)) = calls.next().await {
            let is_over = match found {
                Ok(found) => {
                    let name = found.token.fingerprint();
                    println!("{id} {name} {asked} {}", found.generation);
                    found.generation > lives
                }
                Err(error) if error.needs_authorization() => {
                    println!("{id} lost {error}");
                    true
                }
                // Somebody has died in the middle of it, or the machine was busy.
                Err(error) => {
                    println!("{id} error {error}");
                    false
                }
            };
            if is_over {
                ids.remove(&id);
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    ExitCode::SUCCESS
}
