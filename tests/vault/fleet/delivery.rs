//! Handing new tokens on.

use std::collections::HashMap;
use std::error::Error;
use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_core::future::BoxFuture;
use tokenturn_sandbox::Fault;
use tokenturn_tests::crash::PATIENCE;
use tokenturn_vault::{Deliver, Entry, Filter, FleetOptions, Outcome, Settled, State, Tokens};

use super::{World, all, fast};
use crate::vault::on_all;
use crate::vault::place::Place;

on_all!(
    each_token_is_handed_on_until_it_is_taken,
    what_was_not_taken_is_handed_on_later,
    an_old_token_never_follows_a_newer_one,
    what_is_refused_for_too_long_is_given_up,
    what_was_revoked_waits_no_more,
    what_has_changed_meanwhile_is_not_told_as_handed_on,
    all_that_is_refused_is_told_of,
    refusals_hold_up_nothing_else,
    damage_holds_up_nothing_else,
    what_is_meant_is_handed_on,
    what_comes_after_the_stop_is_handed_on
);

type Answer<'a> = BoxFuture<'a, Result<(), Box<dyn Error + Send + Sync>>>;

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
    let count = |word| {
        let of = settled.iter().filter(|row| row.outcome.as_str() == word);
        of.count()
    };
    assert_eq!((count("replaced"), count("delivered")), (5, 5));
    let summary = fleet.summary();
    assert_eq!((summary.delivered, summary.undelivered), (5, 0));
    assert_eq!(summary.settled(), 5);
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
            .all(|row| row.outcome.as_str() != "delivered")
    );
    assert_eq!(fleet.summary().undelivered, 3);
    assert_eq!(world.resets(), 3);

    let taker = Taker::at(1);
    let options = fast().deliver(taker.clone());
    let mut fleet = world
        .vault
        .deliver_all(Filter::new(), options)
        .await
        .unwrap();
    assert_eq!(fleet.expected().left, 3);
    all(&mut fleet).await;
    assert_eq!(fleet.summary().delivered, 3);
    assert_eq!(world.vault.count(&waiting).await.unwrap(), 0);
    assert_eq!(world.resets(), 3, "nothing was replaced");
    holds_what_is_stored(&world, &taker).await;
}

/// The rows wait with their old tokens while they are replaced.
async fn an_old_token_never_follows_a_newer_one(place: Place) {
    let world = World::new(&place, 8).await;
    let mut fleet = world.begin(fast().deliver(Taker::at(usize::MAX))).await;
    let stopper = fleet.stopper();
    let waiting = Filter::new().undelivered();
    while world.vault.count(&waiting).await.unwrap() < 8 {
        tokio::task::yield_now().await;
    }
    stopper.stop();
    all(&mut fleet).await;

    let taker = Taker::at(3);
    let mut fleet = world.begin(fast().deliver(taker.clone())).await;
    all(&mut fleet).await;
    assert_eq!(world.resets(), 16);
    assert_eq!(fleet.summary().undelivered, 0);
    holds_what_is_stored(&world, &taker).await;
}

/// It neither holds the run up, nor is it forgotten.
async fn what_is_refused_for_too_long_is_given_up(place: Place) {
    let world = World::new(&place, 3).await;
    let options = fast().deliver(Taker::at(usize::MAX));
    let mut fleet = world.begin(options.deliver_within(Duration::ZERO)).await;
    let settled = all(&mut fleet).await;
    let given_up = settled.iter().filter_map(|row| match &row.outcome {
        Outcome::NotDelivered(why) => Some((row.id.as_str(), why.as_str())),
        _ => None,
    });
    let given_up: HashMap<_, _> = given_up.collect();
    assert_eq!(given_up.len(), 3, "{settled:?}");
    assert!(given_up.values().all(|why| *why == "not now"));
    let summary = fleet.summary();
    assert_eq!((summary.replaced, summary.undelivered), (3, 3));
    for entry in &world.entries {
        let now = world.vault.get(&entry.id).await.unwrap().unwrap();
        assert!(now.progress.undelivered);
        assert_eq!(now.progress.delivery.error.as_deref(), Some("not now"));
    }
}

async fn what_was_revoked_waits_no_more(place: Place) {
    let world = World::new(&place, 2).await;
    let options = fast().deliver(Taker::at(usize::MAX));
    let mut fleet = world.begin(options.deliver_within(Duration::ZERO)).await;
    all(&mut fleet).await;
    let [gone, stays] = [0, 1].map(|at| world.entries[at].id.as_str());
    world.vault.revoke(&world.client, gone).await.unwrap();
    let waiting = Filter::new().undelivered();
    assert_eq!(world.vault.count(&waiting).await.unwrap(), 1);

    let taker = Taker::at(1);
    let options = fast().deliver(taker.clone());
    let mut fleet = world
        .vault
        .deliver_all(Filter::new(), options)
        .await
        .unwrap();
    all(&mut fleet).await;
    assert_eq!(fleet.summary().undelivered, 0);
    assert_eq!(taker.seen().into_keys().collect::<Vec<_>>(), [stays]);
}

/// Lets something happen to the row before it takes the token.
struct Slow<F>(F);

impl<F: Fn(&Entry) -> BoxFuture<'static, ()> + Send + Sync + 'static> Deliver for Slow<F> {
    fn deliver<'a>(&'a self, entry: &'a Entry) -> Answer<'a> {
        let meanwhile = (self.0)(entry);
        Box::pin(async {
            meanwhile.await;
            Ok(())
        })
    }
}

async fn what_has_changed_meanwhile_is_not_told_as_handed_on(place: Place) {
    let world = World::new(&place, 4).await;
    let (vault, client) = (world.vault.clone(), world.client.clone());
    let other = Tokens::github(world.sandbox.new_github_token());
    let slow = Slow(move |entry: &Entry| -> BoxFuture<'static, ()> {
        let (vault, client) = (vault.clone(), client.clone());
        let (mut entry, other) = (entry.clone(), other.clone());
        Box::pin(async move {
            match entry.id.as_str() {
                "0001" => drop(vault.remove("0001").await.unwrap()),
                "0002" => vault.revoke(&client, "0002").await.unwrap(),
                "0003" if entry.generation == 2 => {
                    entry.tokens = other;
                    vault.put(entry).await.unwrap();
                }
                _ => {}
            }
        })
    });
    let mut fleet = world.begin(fast().deliver(slow)).await;
    let settled = all(&mut fleet).await;
    let delivered = settled
        .iter()
        .filter(|s| matches!(s.outcome, Outcome::Delivered));
    let mut delivered: Vec<_> = delivered.map(|s| s.id.as_str()).collect();
    delivered.sort_unstable();
    assert_eq!(delivered, ["0000", "0003"]);
    let summary = fleet.summary();
    assert_eq!((summary.delivered, summary.undelivered), (2, 0));
}

/// However many there are, and whenever the run ends.
async fn all_that_is_refused_is_told_of(place: Place) {
    let world = World::new(&place, 12).await;
    for within in [Duration::ZERO, Duration::from_secs(2)] {
        let options = fast().deliver(Taker::at(usize::MAX)).deliver_within(within);
        let mut fleet = world.begin(options.afresh()).await;
        let settled = all(&mut fleet).await;
        let given_up = |row: &&Settled| matches!(row.outcome, Outcome::NotDelivered(_));
        let mut given_up: Vec<_> = settled.iter().filter(given_up).map(|row| &row.id).collect();
        given_up.sort();
        given_up.dedup();
        assert_eq!(given_up.len(), 12, "{within:?}: {settled:?}");
        assert_eq!(fleet.summary().undelivered, 12);
    }
}

/// Takes some tokens never.
struct Picky(Taker, Vec<String>);

impl Deliver for Picky {
    fn deliver<'a>(&'a self, entry: &'a Entry) -> Answer<'a> {
        match self.1.contains(&entry.id) {
            true => Box::pin(ready(Err("never".into()))),
            false => self.0.deliver(entry),
        }
    }
}

/// The first ones are refused for longer than it may take, while others are replaced.
async fn refusals_hold_up_nothing_else(place: Place) {
    let world = World::new(&place, 12).await;
    let ids = world.entries.iter().map(|entry| entry.id.clone());
    let (refused, taken): (Vec<_>, Vec<_>) = ids.partition(|id| *id < world.entries[9].id);
    let options = FleetOptions::new().concurrency(1).per_second(4.0);
    let taker = Taker::at(1);
    let options = options
        .deliver(Picky(taker.clone(), refused))
        .deliver_within(Duration::ZERO);
    let mut fleet = world.begin(options).await;
    all(&mut fleet).await;
    let mut seen: Vec<_> = taker.seen().into_keys().collect();
    seen.sort();
    assert_eq!(seen, taken);
    assert_eq!(fleet.summary().undelivered, 9);
}

async fn damage_holds_up_nothing_else(place: Place) {
    let world = World::new(&place, 3).await;
    let options = fast().deliver(Taker::at(usize::MAX));
    let mut fleet = world.begin(options.deliver_within(Duration::ZERO)).await;
    all(&mut fleet).await;
    let [damaged, nobodys] = [1, 2].map(|at| &world.entries[at].id);
    place.sql(&format!(
        "UPDATE token SET generation = 9 WHERE id = '{damaged}'; \
         UPDATE token SET provider = 'nobody' WHERE id = '{nobodys}'"
    ));
    for _ in 0..2 {
        let options = fast().deliver(Taker::at(1)).deliver_within(PATIENCE);
        let fleet = world.vault.deliver_all(Filter::new(), options).await;
        let mut fleet = fleet.unwrap();
        let settled = all(&mut fleet).await;
        let told = settled.iter().find(|row| row.id == *damaged).unwrap();
        assert_eq!(told.outcome.as_str(), "damaged");
        assert_eq!(fleet.summary().damaged, 2);
        assert_eq!(fleet.summary().undelivered, 0);
    }
}

/// What was replaced is young, and waits as such.
async fn what_is_meant_is_handed_on(place: Place) {
    let world = World::new(&place, 2).await;
    let options = fast().deliver(Taker::at(usize::MAX));
    let mut fleet = world.begin(options.deliver_within(Duration::ZERO)).await;
    all(&mut fleet).await;
    for (filter, count) in [
        (Filter::new().state(State::Lost), 0),
        (Filter::new().older_than(Duration::from_secs(3600)), 0),
        (Filter::new().state(State::Active), 2),
    ] {
        let options = fast().deliver(Taker::at(1));
        let fleet = world.vault.deliver_all(filter, options).await;
        let mut fleet = fleet.unwrap();
        all(&mut fleet).await;
        assert_eq!(fleet.summary().delivered, count);
    }
}

async fn what_comes_after_the_stop_is_handed_on(place: Place) {
    let world = World::new(&place, 2).await;
    world.sandbox.set_fault(Fault::Slow(Duration::from_secs(1)));
    let mut fleet = world.begin(fast().deliver(Taker::at(1))).await;
    while world.sandbox.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    fleet.stopper().stop();
    all(&mut fleet).await;
    let summary = fleet.summary();
    assert_ne!(summary.replaced, 0);
    assert_eq!(
        (summary.delivered, summary.undelivered),
        (summary.replaced, 0)
    );
}

async fn holds_what_is_stored(world: &World, taker: &Taker) {
    let (seen, stored) = (taker.seen(), tokens(world).await);
    for (entry, token) in world.entries.iter().zip(stored) {
        assert_eq!(seen[&entry.id].last(), Some(&token));
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
