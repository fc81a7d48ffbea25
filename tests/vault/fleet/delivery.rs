//! Handing new tokens on.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::future::ready;
use std::sync::{Arc, Mutex};

use tokenturn_vault::{Deliver, Entry, Filter};

use super::{World, all, fast};
use crate::vault::on_both;
use crate::vault::place::Place;

on_both!(
    each_token_is_handed_on_until_it_is_taken,
    what_was_not_taken_is_handed_on_later
);

type Answer<'a> = futures_core::future::BoxFuture<'a, Result<(), Box<dyn Error + Send + Sync>>>;

/// Takes a token at this attempt.
#[derive(Clone)]
struct Taker {
    attempt: usize,
    seen: Arc<Mutex<HashMap<String, Vec<String>>>>,
}

impl Taker {
    fn at(attempt: usize) -> Self {
        let seen = Arc::default();
        Self { attempt, seen }
    }

    fn seen(&self) -> HashMap<String, Vec<String>> {
        self.seen.lock().unwrap().clone()
    }
}

impl Deliver for Taker {
    fn deliver<'a>(&'a self, entry: &'a Entry) -> Answer<'a> {
        let token = entry.tokens.token.as_ref().unwrap().expose().to_owned();
        let mut seen = self.seen.lock().unwrap();
        let tries = seen.entry(entry.id.clone()).or_default();
        tries.push(token);
        let result = match tries.len() >= self.attempt {
            true => Ok(()),
            false => Err("not now".into()),
        };
        Box::pin(ready(result))
    }
}

async fn each_token_is_handed_on_until_it_is_taken(place: Place) {
    let world = World::new(&place, 5).await;
    let taker = Taker::at(2);
    let mut fleet = world.begin(fast().deliver(taker.clone())).await;
    let settled = all(&mut fleet).await;
    assert!(
        settled
            .iter()
            .all(|settled| settled.delivered == Some(true))
    );
    assert_eq!(fleet.summary().delivered, 5);
    let seen = taker.seen();
    for entry in &world.entries {
        let now = world.vault.get(&entry.id).await.unwrap().unwrap();
        let token = now.tokens.token.unwrap();
        assert_eq!(seen[&entry.id], [token.expose(), token.expose()]);
        assert!(!now.progress.undelivered);
    }
}

async fn what_was_not_taken_is_handed_on_later(place: Place) {
    let world = World::new(&place, 3).await;
    let mut fleet = world.begin(fast().deliver(Taker::at(usize::MAX))).await;
    let stopper = fleet.stopper();
    let waiting = Filter::new().undelivered();
    while world.vault.count(&waiting).await.unwrap() < 3 {
        tokio::task::yield_now().await;
    }
    stopper.stop();
    let settled = all(&mut fleet).await;
    assert!(
        settled
            .iter()
            .all(|settled| settled.delivered == Some(false)),
        "{settled:?}"
    );
    assert_eq!(world.resets(), 3);

    let taker = Taker::at(1);
    let stored = tokens(&world).await;
    let mut fleet = world.begin(fast().deliver(taker.clone())).await;
    all(&mut fleet).await;
    assert_eq!(fleet.summary().delivered, 6);
    assert_eq!(world.vault.count(&waiting).await.unwrap(), 0);
    // One after the other or both at once, as it comes.
    let seen = taker.seen();
    let pairs = stored.into_iter().zip(tokens(&world).await);
    for (entry, (old, new)) in world.entries.iter().zip(pairs) {
        let seen: HashSet<_> = seen[&entry.id].iter().cloned().collect();
        assert_eq!(seen, HashSet::from([old, new]));
    }
}

/// The tokens that are stored.
async fn tokens(world: &World) -> Vec<String> {
    let mut tokens = Vec::new();
    for entry in &world.entries {
        let now = world.vault.get(&entry.id).await.unwrap().unwrap();
        tokens.push(now.tokens.token.unwrap().expose().to_owned());
    }
    tokens
}
