//! A client whose own credentials are wrong.

use tokenturn::GitHub;
use tokenturn_vault::{Client, Filter, Stop};

use super::{World, all, fast};
use crate::vault::on_all;
use crate::vault::place::Place;

on_all!(the_first_refusal_stops_it, it_goes_on_with_the_right_ones);

fn wrong(world: &World) -> Client {
    let builder = GitHub::builder(world.sandbox.client_id(), "wrong");
    builder
        .base_url(world.sandbox.url())
        .build()
        .unwrap()
        .into()
}

async fn the_first_refusal_stops_it(place: Place) {
    let world = World::new(&place, 100).await;
    let options = fast().concurrency(4);
    let fleet = world
        .vault
        .rotate_all([wrong(&world)], Filter::new(), options);
    let mut fleet = fleet.await.unwrap();
    assert!(all(&mut fleet).await.is_empty());
    let summary = fleet.summary();
    assert!(
        matches!(summary.stopped, Some(Stop::BadCredentials(_))),
        "{summary:?}"
    );
    assert_eq!(summary.not_attempted, 100);
    // Those that were under way with the first one, and no more.
    assert!(
        world.sandbox.requests().len() <= 4,
        "{}",
        world.sandbox.requests().len()
    );
    assert_eq!(world.resets(), 0);
}

async fn it_goes_on_with_the_right_ones(place: Place) {
    let world = World::new(&place, 20).await;
    let fleet = world
        .vault
        .rotate_all([wrong(&world)], Filter::new(), fast());
    let mut fleet = fleet.await.unwrap();
    all(&mut fleet).await;
    let first = fleet.runs()[0].number;

    let mut fleet = world.begin(fast()).await;
    assert_eq!(
        (fleet.runs()[0].number, fleet.runs()[0].is_resumed),
        (first, true)
    );
    all(&mut fleet).await;
    assert_eq!(fleet.summary().replaced, 20);
    world.assert_once_each();
}
