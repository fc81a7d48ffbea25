//! Limits: ours, and those of a provider.

use std::time::{Duration, Instant};

use tokenturn_sandbox::SecondaryLimit;
use tokenturn_vault::{Filter, FleetOptions, Status};

use super::{World, all, fast, paused};
use crate::vault::on_all;
use crate::vault::place::Place;
use crate::vault::provider::assert_alive;

on_all!(
    calls_are_as_far_apart_as_asked,
    all_that_share_a_vault_share_the_pace,
    a_limit_is_waited_for,
    a_long_limit_is_told_of,
    an_exhausted_limit_is_seen_before_it_refuses,
);

/// How far the calls of these tests are apart.
const INTERVAL: Duration = Duration::from_millis(25);

fn paced() -> FleetOptions {
    FleetOptions::new().per_second(1.0 / INTERVAL.as_secs_f64())
}

/// No call came before its place. Each may come later, so two may come together.
fn assert_paced(world: &World, begun: Instant) {
    // A place is a whole millisecond.
    let slack = Duration::from_millis(1);
    for (number, done) in (0..).zip(world.sandbox.replacements()) {
        let passed = done.at - begun;
        assert!(passed + slack >= INTERVAL * number, "{number}: {passed:?}");
    }
}

async fn calls_are_as_far_apart_as_asked(place: Place) {
    let world = World::new(&place, 11).await;
    let begun = Instant::now();
    let mut fleet = world.begin(paced()).await;
    all(&mut fleet).await;
    assert_paced(&world, begun);
    world.assert_once_each();
}

async fn all_that_share_a_vault_share_the_pace(place: Place) {
    let world = World::new(&place, 21).await;
    let begun = Instant::now();
    let (mut one, mut other) = (world.begin(paced()).await, world.begin(paced()).await);
    tokio::join!(all(&mut one), all(&mut other));
    assert_paced(&world, begun);
    world.assert_once_each();
}

async fn a_limit_is_waited_for(place: Place) {
    let world = World::new(&place, 12).await;
    world.sandbox.set_secondary_limit(SecondaryLimit {
        status: 403,
        retry_after: Some(1),
    });
    let begun = Instant::now();
    let mut fleet = world.begin(fast().concurrency(1)).await;
    // The first call is refused, and the second one has to wait.
    while world.sandbox.requests().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let passed = begun.elapsed();
    assert!(passed >= Duration::from_secs(1), "{passed:?}");
    world.sandbox.set_secondary_limit(None);
    all(&mut fleet).await;
    assert_eq!(fleet.summary().replaced, 12);
    world.assert_once_each();
    assert_alive(&world.vault, &world.sandbox, 12).await;
}

async fn a_long_limit_is_told_of(place: Place) {
    let world = World::new(&place, 12).await;
    world.sandbox.set_secondary_limit(SecondaryLimit {
        status: 403,
        retry_after: Some(3600),
    });
    let hour = Instant::now() + Duration::from_secs(3600);
    let mut fleet = world.begin(fast().concurrency(3)).await;
    let until = paused(&fleet).await;
    // A place is a whole millisecond.
    assert!(until + Duration::from_millis(1) >= hour);
    fleet.stopper().stop();
    all(&mut fleet).await;
    assert_eq!(fleet.summary().not_attempted, 12);
    // Those that were under way with the first one, and no more.
    let calls = world.sandbox.requests().len();
    assert!(calls <= 3, "{calls}");
}

/// GitHub's docs: whoever goes on when nothing is left may be banned.
async fn an_exhausted_limit_is_seen_before_it_refuses(place: Place) {
    let world = World::new(&place, 30).await;
    world.sandbox.set_rate_limit(10);
    let mut fleet = world.begin(fast().concurrency(2)).await;
    let mut count = 0;
    // A run that nobody reads stands still.
    while !matches!(fleet.status(), Status::Paused { .. }) {
        let next = tokio::time::timeout(Duration::from_millis(5), fleet.next()).await;
        count += usize::from(next.is_ok_and(|settled| settled.is_some()));
    }
    fleet.stopper().stop();
    count += all(&mut fleet).await.len();
    assert!((6..=8).contains(&count), "{count}");
    // The first two new tokens are asked about.
    let calls = world.sandbox.requests().len();
    assert_eq!(calls, count + 2, "none was refused");
    assert_eq!(fleet.summary().not_attempted, 30 - count as u64);
    assert_eq!(world.vault.count(&Filter::new()).await.unwrap(), 30);
}
