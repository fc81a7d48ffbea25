//! Calls whose outcome is unknown.

use std::time::Duration;

use tokenturn::OhMyGpt;
use tokenturn_sandbox::{Calls, Fault};
use tokenturn_vault::{Client, Entry, Filter, Outcome, State, Tokens, VaultError};

use super::{World, all, fast, unpaced, words};
use crate::vault::place::Place;
use crate::vault::provider::assert_alive;
use crate::vault::{FAR, on_all, stream};

on_all!(
    what_was_not_replaced_is_replaced,
    what_is_lost_is_said_to_be,
    ohmygpt_loses_nothing,
    one_that_stays_unknown_is_let_be,
    doubts_are_resolved_without_a_rotation,
    what_the_filter_leaves_out_is_told_of,
    what_the_filter_leaves_out_is_told_of_again,
    what_could_not_be_resolved_can_be_at_once,
    doubts_that_are_not_meant_are_not_waited_for,
    what_is_unknown_when_it_is_stopped_is_counted,
);

async fn what_was_not_replaced_is_replaced(place: Place) {
    let world = World::new(&place, 40).await;
    world.sandbox.add_fault(Fault::BeforeChange, Calls::Next(2));
    let mut fleet = world.begin(unpaced(8)).await;
    all(&mut fleet).await;
    let summary = fleet.summary();
    assert_eq!(summary.replaced + summary.resolved, 40);
    assert!(summary.resolved > 0, "{summary:?}");
    world.assert_once_each();
    assert_alive(&world.vault, &world.sandbox, 40).await;
}

async fn what_is_lost_is_said_to_be(place: Place) {
    let world = World::new(&place, 20).await;
    world
        .sandbox
        .add_fault(Fault::AfterChange, Calls::OneIn(10));
    let mut fleet = world.begin(fast().concurrency(4)).await;
    let settled = all(&mut fleet).await;
    assert_eq!((fleet.summary().replaced, fleet.summary().lost), (18, 2));
    world.assert_once_each();
    assert_eq!(world.count(State::Lost).await, 2);
    // It stays so, and nobody tries again.
    let id = settled
        .into_iter()
        .find(|s| matches!(s.outcome, Outcome::Lost))
        .unwrap()
        .id;
    let held = world.vault.get(&id).await.unwrap().unwrap();
    let refused = world.vault.rotate(&world.client, &held).await.unwrap_err();
    assert!(matches!(refused, VaultError::Lost(_)), "{refused}");
    assert!(refused.to_string().contains("authorize"), "{refused}");

    // A new authorization brings it back.
    let token = world.sandbox.new_github_token();
    let entry = Entry::new(id, world.client.app(), Tokens::github(token));
    world.vault.put(entry.clone()).await.unwrap();
    let held = world.vault.get(&entry.id).await.unwrap().unwrap();
    assert_eq!(held.state(), State::Active);
    world.vault.rotate(&world.client, &held).await.unwrap();
}

async fn ohmygpt_loses_nothing(place: Place) {
    let world = World::new(&place, 0).await;
    let users = world.sandbox.new_ohmygpt_users(20);
    let ohmygpt = OhMyGpt::builder().base_url(world.sandbox.url());
    let client = Client::from(ohmygpt.build().unwrap());
    let rows = users.iter().map(|user| {
        let tokens = Tokens::ohmygpt(user.oauth_token.as_str(), None);
        Ok(Entry::new(user.id.to_string(), client.app(), tokens))
    });
    world.vault.import(stream(rows)).await.unwrap();
    world.sandbox.add_fault(Fault::AfterChange, Calls::Next(2));
    let fleet = world.vault.rotate_all([client], Filter::new(), unpaced(4));
    let mut fleet = fleet.await.unwrap();
    all(&mut fleet).await;
    let summary = fleet.summary();
    assert_eq!(summary.replaced + summary.resolved, 20);
    assert!(summary.resolved > 0, "{summary:?}");
    assert_alive(&world.vault, &world.sandbox, 20).await;
}

/// The check fails as well, and a run does not go on forever.
async fn one_that_stays_unknown_is_let_be(place: Place) {
    let world = World::new(&place, 1).await;
    world.sandbox.set_fault(Fault::BeforeChange);
    let mut fleet = world.begin(fast()).await;
    let settled = all(&mut fleet).await;
    assert_eq!(words(&settled), ["unknown"]);
    let held = world
        .vault
        .get(&world.entries[0].id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(held.state(), State::Unknown);

    // The next one resolves it.
    world.sandbox.set_fault(None);
    let mut fleet = world.begin(fast()).await;
    assert_eq!(words(&all(&mut fleet).await), ["resolved"]);
    assert_alive(&world.vault, &world.sandbox, 1).await;
}

async fn doubts_are_resolved_without_a_rotation(place: Place) {
    let world = World::new(&place, 3).await;
    let rotate = async |entry: &Entry| {
        let unknown = world.vault.rotate(&world.client, entry).await.unwrap_err();
        assert!(matches!(unknown, VaultError::Unknown(_)), "{unknown}");
    };
    world.sandbox.set_fault(Fault::BeforeChange);
    rotate(&world.entries[0]).await;
    world.sandbox.set_fault(Fault::AfterChange);
    rotate(&world.entries[1]).await;
    world.sandbox.set_fault(None);

    let clients = [world.client.clone()];
    let fleet = world.vault.recover_all(clients, Filter::new(), fast());
    let mut fleet = fleet.await.unwrap();
    assert_eq!(fleet.expected().left, 2);
    assert_eq!(words(&all(&mut fleet).await), ["kept", "lost"]);
    assert_eq!(world.resets(), 1);
    let states: Vec<_> = [0, 1, 2].map(|n| world.entries[n].id.clone()).into();
    let mut found = Vec::new();
    for id in states {
        found.push(world.vault.get(&id).await.unwrap().unwrap().state());
    }
    assert_eq!(found, [State::Active, State::Lost, State::Active]);
}

/// A row that is in doubt is not active any more, so the run does not come back to it.
async fn what_the_filter_leaves_out_is_told_of(place: Place) {
    let world = World::new(&place, 3).await;
    world.sandbox.add_fault(Fault::BeforeChange, Calls::Next(1));
    let active = Filter::new().state(State::Active);
    let fleet = world
        .vault
        .rotate_all([world.client.clone()], active, fast());
    let mut fleet = fleet.await.unwrap();
    assert_eq!(words(&all(&mut fleet).await), ["replaced", "unknown"]);
    let summary = fleet.summary();
    assert_eq!((summary.replaced, summary.unknown), (2, 1));
}

/// Also by the run that goes on where such a one was stopped.
async fn what_the_filter_leaves_out_is_told_of_again(place: Place) {
    let world = World::new(&place, 10).await;
    world.sandbox.set_fault(Fault::BeforeChange);
    let active = Filter::new().state(State::Active);
    let again = async || {
        let clients = [world.client.clone()];
        let fleet = world.vault.rotate_all(clients, active.clone(), fast());
        let mut fleet = fleet.await.unwrap();
        all(&mut fleet).await;
        (fleet.summary().replaced, fleet.summary().unknown)
    };
    assert_eq!(again().await, (0, 3));
    world.sandbox.set_fault(None);
    assert_eq!(again().await, (7, 3));
}

async fn what_could_not_be_resolved_can_be_at_once(place: Place) {
    let world = World::new(&place, 2).await;
    world.sandbox.set_fault(Fault::BeforeChange);
    for entry in &world.entries {
        world.vault.rotate(&world.client, entry).await.unwrap_err();
    }
    world.sandbox.set_fault(Fault::NoChecks);
    let recover = async || {
        let clients = [world.client.clone()];
        let fleet = world.vault.recover_all(clients, Filter::new(), fast());
        let mut fleet = fleet.await.unwrap();
        words(&all(&mut fleet).await)
    };
    assert_eq!(recover().await, ["unknown"]);
    world.sandbox.set_fault(None);
    for entry in &world.entries {
        let row = world.vault.get(&entry.id).await.unwrap().unwrap();
        assert!(row.progress.span <= 10_000, "{}", row.progress.span);
    }
    assert_eq!(recover().await, ["kept"]);
}

/// What somebody else is at, for longer than this test lasts.
async fn doubts_that_are_not_meant_are_not_waited_for(place: Place) {
    let world = World::new(&place, 2).await;
    place.sql(&format!(
        "UPDATE token SET state = 'rotating', until = changed_at + {FAR}, span = {FAR}"
    ));
    let unknown = Filter::new().state(State::Unknown);
    let fleet = world
        .vault
        .recover_all([world.client.clone()], unknown, fast());
    let mut fleet = fleet.await.unwrap();
    assert_eq!(fleet.expected().left, 0);
    assert_eq!(words(&all(&mut fleet).await), [""; 0]);
    assert_eq!(world.count(State::Rotating).await, 2);
}

async fn what_is_unknown_when_it_is_stopped_is_counted(place: Place) {
    let world = World::new(&place, 10).await;
    world.sandbox.set_fault(Fault::BeforeChange);
    let mut fleet = world.begin(fast().concurrency(2)).await;
    while world.count(State::Unknown).await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    fleet.stopper().stop();
    all(&mut fleet).await;
    let unknown = world.count(State::Unknown).await;
    let summary = fleet.summary();
    assert!(unknown > 0);
    assert_eq!(
        (summary.unknown, summary.not_attempted),
        (unknown, 10 - unknown)
    );
}
