//! Limits: ours, and those of a provider.

use std::time::{Duration, Instant};

use tokenturn_sandbox::SecondaryLimit;
use tokenturn_vault::{Filter, FleetOptions, Status};

use super::{World, all, fast};
use crate::on_both;
use crate::place::Place;
use crate::provider::assert_alive;

on_both!(
    calls_are_as_far_apart_as_asked,
    all_that_share_a_vault_share_the_pace,
    a_limit_is_waited_for,
    an_exhausted_limit_is_seen_before_it_refuses,
);

async fn calls_are_as_far_apart_as_asked(place: Place) {
    let world = World::new(&place, 21).await;
    let begun = Instant::now();
    let mut fleet = world.begin(FleetOptions::new().per_second(40.0)).await;
    all(&mut fleet).await;
    assert!(
        begun.elapsed() >= Duration::from_millis(500),
        "{:?}",
        begun.elapsed()
    );
    world.assert_once_each();
}

async fn all_that_share_a_vault_share_the_pace(place: Place) {
    let world = World::new(&place, 41).await;
    let begun = Instant::now();
    let options = FleetOptions::new().per_second(40.0);
    let (mut one, mut other) = (
        world.begin(options.clone()).await,
        world.begin(options).await,
    );
    tokio::join!(all(&mut one), all(&mut other));
    assert!(
        begun.elapsed() >= Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    world.assert_once_each();
}

async fn a_limit_is_waited_for(place: Place) {
    let world = World::new(&place, 12).await;
    world.sandbox.set_secondary_limit(SecondaryLimit {
        status: 403,
        retry_after: Some(3),
    });
    let mut fleet = world.begin(fast().concurrency(3)).await;
    while !matches!(fleet.status(), Status::Paused { .. }) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.sandbox.set_secondary_limit(None);
    let calls = world.sandbox.requests().len();
    assert!(calls <= 6, "{calls}");
    all(&mut fleet).await;
    assert_eq!(fleet.summary().replaced, 12);
    world.assert_once_each();
    assert_alive(&world.vault, &world.sandbox, 12).await;
}

/// GitHub's docs: whoever goes on when nothing is left may be banned.
async fn an_exhausted_limit_is_seen_before_it_refuses(place: Place) {
    let world = World::new(&place, 30).await;
    world.sandbox.set_rate_limit(10);
    let mut fleet = world.begin(fast().concurrency(2)).await;
    let mut count = 0;
    while tokio::time::timeout(Duration::from_secs(2), fleet.next())
        .await
        .is_ok_and(|s| s.is_some())
    {
        count += 1;
    }
    assert!((8..=10).contains(&count), "{count}");
    assert_eq!(world.sandbox.requests().len(), count, "none was refused");
    fleet.stopper().stop();
    all(&mut fleet).await;
    assert_eq!(fleet.summary().not_attempted, 30 - count as u64);
    assert_eq!(world.vault.count(&Filter::new()).await.unwrap(), 30);
}
