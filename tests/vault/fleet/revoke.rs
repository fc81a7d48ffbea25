//! Ending many tokens, after a leak.

use tokenturn::{GitHub, OhMyGpt};
use tokenturn_sandbox::{Calls, Fault};
use tokenturn_vault::{Client, Entry, Filter, Fleet, State, Stop, Tokens, What};

use super::{World, all, fast, unpaced, words};
use crate::vault::place::Place;
use crate::vault::{FAR, on_all};

on_all!(
    every_token_is_dead_and_its_row_says_so,
    what_is_replaced_meanwhile_dies_as_well,
    what_is_in_doubt_is_told_of,
    one_row_in_doubt_is_left_alone,
    a_no_to_all_ends_nothing,
    without_an_answer_it_is_tried_again,
    where_there_is_no_call_nothing_is_sent,
    it_can_be_stopped_and_gone_on_with,
    what_cannot_be_noted_stops_it,
);

async fn revoke(world: &World, options: tokenturn_vault::FleetOptions) -> Fleet {
    let clients = [world.client.clone()];
    let fleet = world.vault.revoke_all(clients, Filter::new(), options);
    fleet.await.unwrap()
}

fn is_alive(world: &World, entry: &Entry) -> bool {
    world
        .sandbox
        .is_alive(entry.tokens.token.as_ref().unwrap().expose())
}

async fn every_token_is_dead_and_its_row_says_so(place: Place) {
    let world = World::new(&place, 600).await;
    place.sql("UPDATE token SET state = 'lost' WHERE id = '0000'");
    place.sql("UPDATE token SET undelivered = 1 WHERE id = '0001'");
    let mut fleet = revoke(&world, unpaced(4)).await;
    assert_eq!((fleet.expected().left, fleet.summary().dead), (599, 1));
    let settled = all(&mut fleet).await;
    assert_eq!(words(&settled), ["revoked"]);
    assert!(settled.iter().all(|s| s.old.is_some() && s.new.is_none()));
    let summary = fleet.summary();
    assert_eq!((summary.revoked, summary.not_attempted), (599, 0));
    assert!(summary.stopped.is_none());
    assert_eq!(world.count(State::Revoked).await, 599);
    let alive = world.entries.iter().filter(|entry| is_alive(&world, entry));
    assert_eq!(alive.count(), 1);
    let mut history = world.vault.history(Some("0007")).last(1);
    assert_eq!(history.next().await.unwrap().unwrap().what, What::Revoked);
    let dead = world.vault.get("0001").await.unwrap().unwrap();
    assert!(!dead.progress.undelivered);

    // Once more, there is nothing to do.
    let calls = world.sandbox.requests().len();
    assert!(all(&mut revoke(&world, fast()).await).await.is_empty());
    assert_eq!(world.sandbox.requests().len(), calls);
}

async fn what_is_replaced_meanwhile_dies_as_well(place: Place) {
    let world = World::new(&place, 60).await;
    let mut rotating = world.begin(unpaced(4)).await;
    let mut ending = revoke(&world, unpaced(4)).await;
    let (_, settled) = tokio::join!(all(&mut rotating), all(&mut ending));
    assert_eq!(settled.len(), 60);
    assert_eq!(words(&settled), ["revoked"]);
    assert_eq!(world.count(State::Revoked).await, 60);
    let mut rows = world.vault.list(Filter::new());
    while let Some(row) = rows.next().await {
        assert!(!is_alive(&world, &row.unwrap()));
    }
}

async fn what_is_in_doubt_is_told_of(place: Place) {
    let world = World::new(&place, 3).await;
    let hold = format!("state = 'unknown', until = changed_at + {FAR}, span = {FAR}");
    place.sql(&format!("UPDATE token SET {hold} WHERE id = '0000'"));
    // Its owner has died.
    place.sql("UPDATE token SET state = 'rotating', until = 0, span = 0 WHERE id = '0001'");
    let mut fleet = revoke(&world, fast()).await;
    assert_eq!(words(&all(&mut fleet).await), ["revoked", "unknown"]);
    let summary = fleet.summary();
    assert_eq!((summary.revoked, summary.unknown), (1, 2));
    assert_eq!(world.count(State::Unknown).await, 2);
    assert_eq!(world.sandbox.requests().len(), 1);
}

/// The token that lives may be another one, and nobody would look for it any more.
async fn one_row_in_doubt_is_left_alone(place: Place) {
    let world = World::new(&place, 1).await;
    place.sql("UPDATE token SET state = 'unknown', until = 0, span = 0");
    let id = &world.entries[0].id;
    let error = world.vault.revoke(&world.client, id).await.unwrap_err();
    assert!(error.to_string().contains("recover"), "{error}");
    assert!(world.sandbox.requests().is_empty());
    assert_eq!(world.count(State::Unknown).await, 1);
    world.vault.recover(&world.client, id).await.unwrap();
    world.vault.revoke(&world.client, id).await.unwrap();
    assert!(!is_alive(&world, &world.entries[0]));
}

async fn a_no_to_all_ends_nothing(place: Place) {
    let mut world = World::new(&place, 40).await;
    let wrong = GitHub::builder(world.sandbox.client_id(), "wrong");
    let wrong = wrong.base_url(world.sandbox.url()).build().unwrap().into();
    let right = std::mem::replace(&mut world.client, wrong);
    let mut fleet = revoke(&world, unpaced(4)).await;
    assert!(all(&mut fleet).await.is_empty());
    let summary = fleet.summary();
    assert!(
        matches!(summary.stopped, Some(Stop::BadCredentials(_))),
        "{summary:?}"
    );
    assert_eq!(summary.not_attempted, 40);
    assert_eq!(world.count(State::Active).await, 40);
    world.client = right;
    assert_eq!(all(&mut revoke(&world, unpaced(4)).await).await.len(), 40);
}

async fn without_an_answer_it_is_tried_again(place: Place) {
    let world = World::new(&place, 3).await;
    world.sandbox.add_fault(Fault::AfterChange, Calls::Next(9));
    let options = fast().concurrency(1);
    let mut fleet = revoke(&world, options.clone()).await;
    assert_eq!(words(&all(&mut fleet).await), ["unknown"]);
    // Nobody claims them, and nothing is in doubt: the next one says so.
    assert_eq!(world.count(State::Active).await, 3);
    world.sandbox.set_fault(None);
    let mut fleet = revoke(&world, options).await;
    assert_eq!(words(&all(&mut fleet).await), ["revoked"]);
    assert_eq!(world.count(State::Revoked).await, 3);
}

async fn where_there_is_no_call_nothing_is_sent(place: Place) {
    let world = World::new(&place, 2).await;
    let ohmygpt = OhMyGpt::builder().base_url(world.sandbox.url()).build();
    let ohmygpt = Client::from(ohmygpt.unwrap());
    let tokens = Tokens::ohmygpt("omg-1", None);
    let row = Entry::new("omg", ohmygpt.app(), tokens);
    world.vault.put(row).await.unwrap();
    let clients = [ohmygpt, world.client.clone()];
    let fleet = world.vault.revoke_all(clients, Filter::new(), fast());
    let mut fleet = fleet.await.unwrap();
    assert_eq!(words(&all(&mut fleet).await), ["no_call", "revoked"]);
    let summary = fleet.summary();
    assert_eq!((summary.revoked, summary.no_call), (2, 1));
    assert!(summary.stopped.is_none());
    assert_eq!(world.sandbox.requests().len(), 2);
    let row = world.vault.get("omg").await.unwrap().unwrap();
    assert_eq!((row.state(), row.progress.fence), (State::Active, 0));
}

async fn it_can_be_stopped_and_gone_on_with(place: Place) {
    let world = World::new(&place, 300).await;
    let mut fleet = revoke(&world, unpaced(2)).await;
    fleet.next().await.unwrap();
    fleet.stopper().stop();
    let first = 1 + all(&mut fleet).await.len() as u64;
    assert!(matches!(fleet.summary().stopped, Some(Stop::Asked)));
    assert_eq!(first + fleet.summary().not_attempted, 300);
    // Nothing is left claimed.
    assert_eq!(world.count(State::Rotating).await, 0);
    let mut fleet = revoke(&world, unpaced(16)).await;
    assert_eq!(fleet.summary().dead, first);
    assert_eq!(first + all(&mut fleet).await.len() as u64, 300);
    assert_eq!(world.count(State::Revoked).await, 300);
}

/// Nothing would say so of the others, either.
async fn what_cannot_be_noted_stops_it(place: Place) {
    let world = World::new(&place, 20).await;
    place.sql("DROP TABLE event");
    let clients = [world.client.clone()];
    let fleet = world
        .vault
        .revoke_all(clients, Filter::new(), unpaced(1))
        .await;
    let mut fleet = fleet.unwrap();
    let settled = all(&mut fleet).await;
    assert_eq!(words(&settled), ["unknown"]);
    assert_eq!(settled.len(), 1);
    let stopped = fleet.summary().stopped.as_ref();
    assert!(matches!(stopped, Some(Stop::Store(_))), "{stopped:?}");
}
