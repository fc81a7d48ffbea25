//! A provider that is in trouble, or not there.

use std::time::Duration;

use tokenturn::GitHub;
use tokenturn_sandbox::Fault;
use tokenturn_vault::{State, Stop, Summary, Vault};

use super::{World, all, fast, paused, unpaced};
use crate::vault::on_all;
use crate::vault::place::Place;
use crate::vault::provider::assert_alive;

on_all!(
    a_burst_of_errors_pauses_it,
    a_long_outage_stops_it,
    tokens_that_are_gone_are_said_to_be
);

async fn a_burst_of_errors_pauses_it(place: Place) {
    let world = World::new(&place, 60).await;
    world.sandbox.set_fault(Fault::Outage);
    let mut fleet = world.begin(unpaced(4)).await;
    // Five failures make it pause, and a question that fails then makes it pause for longer.
    paused(&fleet).await;
    world.sandbox.set_fault(None);
    all(&mut fleet).await;
    let Summary {
        replaced,
        resolved,
        unknown,
        ..
    } = fleet.summary();
    assert_eq!(replaced + resolved + unknown, 60);
    // Where it took long until there were five, a token was let be before.
    if *unknown > 0 {
        all(&mut world.begin(unpaced(4)).await).await;
    } else {
        world.assert_once_each();
    }
    assert_alive(&world.vault, &world.sandbox, 60).await;
}

async fn a_long_outage_stops_it(place: Place) {
    // It makes five calls before it asks for the third time about one token.
    let builder = Vault::builder().leave_alone(Duration::from_secs(5));
    let world = World::with(&place, builder, 60).await;
    world.sandbox.set_fault(Fault::Outage);
    let options = unpaced(4).patience(Duration::from_millis(500));
    let mut fleet = world.begin(options).await;
    assert!(all(&mut fleet).await.is_empty());
    let summary = fleet.summary();
    assert!(
        matches!(&summary.stopped, Some(Stop::ProviderUnavailable(why)) if why.contains("503")),
        "{summary:?}"
    );
    let unknown = world.count(State::Unknown).await;
    assert_eq!(summary.unknown, unknown);
    assert_eq!(summary.not_attempted, 60 - unknown);
    // The burst, and then a single question. What only asks is repeated twice.
    let calls = world.sandbox.requests().len();
    assert!(calls <= (8 + 1) * 3, "{calls}");
    // An outage makes no token invalid, nor lost.
    for state in [State::Lost, State::Revoked] {
        assert_eq!(world.count(state).await, 0);
    }

    world.sandbox.set_fault(None);
    let mut fleet = world.begin(fast()).await;
    all(&mut fleet).await;
    world.assert_once_each();
    assert_alive(&world.vault, &world.sandbox, 60).await;
}

async fn tokens_that_are_gone_are_said_to_be(place: Place) {
    let world = World::new(&place, 6).await;
    for entry in &world.entries[..2] {
        world.vault.revoke(&world.client, &entry.id).await.unwrap();
    }
    // The third is revoked by its user, and nobody has told the vault.
    let held = &world.entries[2];
    let github = world.client.downcast_ref::<GitHub>().unwrap();
    github
        .delete_token(held.tokens.token.as_ref().unwrap())
        .await
        .unwrap();
    let mut fleet = world.begin(fast()).await;
    let settled = all(&mut fleet).await;
    assert_eq!((fleet.summary().invalid, fleet.summary().replaced), (1, 3));
    assert_eq!(settled.len(), 4);
    assert_eq!(world.count(State::Revoked).await, 3);
}
