//! A run that ends early, and the one that goes on with it.

use std::time::Duration;

use tokenturn_vault::{Filter, Fleet, FleetOptions, Stop};

use super::{World, all, fast, unpaced, words};
use crate::vault::on_all;
use crate::vault::place::Place;
use crate::vault::provider::assert_alive;

on_all!(
    everything_is_replaced_once,
    it_goes_on_where_it_was,
    it_can_be_begun_afresh,
    one_that_is_too_old_is_begun_anew,
    one_with_nothing_left_is_begun_anew,
    one_that_is_gone_on_with_after_another_repeats_nothing,
    one_that_is_gone_on_with_takes_nothing_from_a_later_one,
    whoever_stops_reading_loses_nothing,
    rows_of_other_labels_are_left_alone,
);

async fn everything_is_replaced_once(place: Place) {
    let world = World::new(&place, 300).await;
    let mut fleet = world.begin(unpaced(32)).await;
    assert_eq!((fleet.expected().done, fleet.expected().left), (0, 300));
    let settled = all(&mut fleet).await;
    assert_eq!(words(&settled), ["replaced"]);
    assert_eq!(settled.len(), 300);
    assert_eq!(fleet.summary().replaced, 300);
    assert!(fleet.summary().stopped.is_none());
    world.assert_once_each();
    assert_alive(&world.vault, &world.sandbox, 300).await;
    for one in settled {
        assert_ne!(one.old, one.new);
        let now = world.vault.get(&one.id).await.unwrap().unwrap();
        assert_eq!(one.new, now.tokens.fingerprint().map(|f| f.to_string()));
    }

    // The next one is a new one.
    let mut fleet = world.begin(unpaced(32)).await;
    assert!(!fleet.runs()[0].is_resumed);
    assert_eq!(all(&mut fleet).await.len(), 300);
    assert_eq!(world.resets(), 600);
}

async fn it_goes_on_where_it_was(place: Place) {
    let world = World::new(&place, 60).await;
    let mut fleet = world.begin(fast()).await;
    let mut done = 0;
    while done < 20 {
        fleet.next().await.unwrap();
        done += 1;
    }
    fleet.stopper().stop();
    done += all(&mut fleet).await.len() as u64;
    assert!(matches!(fleet.summary().stopped, Some(Stop::Asked)));
    assert_eq!(fleet.summary().not_attempted, 60 - done);

    let mut fleet = world.begin(fast()).await;
    assert!(fleet.runs()[0].is_resumed);
    assert_eq!(
        (fleet.expected().done, fleet.expected().left),
        (done, 60 - done)
    );
    assert_eq!(all(&mut fleet).await.len() as u64, 60 - done);
    world.assert_once_each();
}

async fn it_can_be_begun_afresh(place: Place) {
    let world = World::new(&place, 10).await;
    let mut fleet = world.begin(fast()).await;
    fleet.next().await.unwrap();
    fleet.stopper().stop();
    all(&mut fleet).await;

    let mut fleet = world.begin(fast().afresh()).await;
    assert!(!fleet.runs()[0].is_resumed);
    assert_eq!(all(&mut fleet).await.len(), 10);
    assert_alive(&world.vault, &world.sandbox, 10).await;
}

async fn one_that_is_too_old_is_begun_anew(place: Place) {
    let world = World::new(&place, 10).await;
    let mut fleet = world.begin(fast()).await;
    let began_at = fleet.runs()[0].began_at;
    is_interrupted(&mut fleet).await;
    tokio::time::sleep(Duration::from_millis(20)).await;

    let mut fleet = world
        .begin(fast().resume_within(Duration::from_millis(10)))
        .await;
    let run = &fleet.runs()[0];
    assert_eq!((run.is_resumed, run.instead_of), (false, Some(began_at)));
    assert_eq!((fleet.expected().done, fleet.expected().left), (0, 10));
    assert_eq!(all(&mut fleet).await.len(), 10);
    // It was ended, and so is this one.
    let fleet = world.begin(fast()).await;
    let run = &fleet.runs()[0];
    assert_eq!((run.is_resumed, run.instead_of), (false, None));
}

async fn one_with_nothing_left_is_begun_anew(place: Place) {
    let world = labelled(&place, 8).await;
    let mut vips = of_vips(&world, fast()).await;
    is_interrupted(&mut vips).await;
    let mut fleet = world.begin(fast()).await;
    assert_eq!(all(&mut fleet).await.len(), 8);

    let mut vips = of_vips(&world, fast()).await;
    let run = &vips.runs()[0];
    assert_eq!((run.is_resumed, run.instead_of), (false, None));
    assert_eq!(words(&all(&mut vips).await), ["replaced"]);
    assert_eq!(vips.summary().replaced, 4);
}

/// What the later run has replaced is done.
async fn one_that_is_gone_on_with_after_another_repeats_nothing(place: Place) {
    let world = labelled(&place, 8).await;
    let mut first = world.begin(fast()).await;
    first.stopper().stop();
    all(&mut first).await;
    let mut vips = of_vips(&world, fast()).await;
    assert_eq!(all(&mut vips).await.len(), 4);
    let mut untouched = 0;
    for entry in &world.entries {
        let now = world.vault.get(&entry.id).await.unwrap().unwrap();
        untouched += usize::from(now.generation == 1);
    }
    let before = world.resets();

    let mut fleet = world.begin(fast()).await;
    let run = fleet.runs()[0].clone();
    assert!(run.is_resumed && run.number > vips.runs()[0].number);
    assert_eq!(run.began_at, first.runs()[0].began_at);
    assert_eq!(fleet.expected().left, untouched as u64);
    assert_eq!(all(&mut fleet).await.len(), untouched);
    assert_eq!(world.resets(), before + untouched);
}

/// What it has replaced before the later one began is old to that.
async fn one_that_is_gone_on_with_takes_nothing_from_a_later_one(place: Place) {
    let world = labelled(&place, 80).await;
    let mut vips = of_vips(&world, fast()).await;
    for _ in 0..20 {
        vips.next().await.unwrap();
    }
    is_interrupted(&mut vips).await;
    let mut before = Vec::new();
    for entry in &world.entries {
        let now = world.vault.get(&entry.id).await.unwrap().unwrap();
        before.extend((now.generation > 1).then_some((now.id, now.generation)));
    }
    // It waits for somebody who reads.
    let mut later = world.begin(unpaced(1)).await;
    later.next().await.unwrap();
    let mut vips = of_vips(&world, fast()).await;
    assert!(vips.runs()[0].number > later.runs()[0].number);
    all(&mut vips).await;
    all(&mut later).await;
    for (id, generation) in before {
        let now = world.vault.get(&id).await.unwrap().unwrap();
        assert!(now.generation > generation, "{id}");
    }
    assert_alive(&world.vault, &world.sandbox, 80).await;
}

/// Replaces one token or more, and not all.
async fn is_interrupted(fleet: &mut Fleet) {
    fleet.next().await.unwrap();
    fleet.stopper().stop();
    all(fleet).await;
    assert_ne!(fleet.summary().not_attempted, 0);
}

/// So many rows, of which every other one has the label "vip".
async fn labelled(place: &Place, count: usize) -> World {
    let mut world = World::new(place, count).await;
    for entry in world.entries.iter_mut().step_by(2) {
        *entry = entry.clone().with_label("vip");
        world.vault.remove(&entry.id).await.unwrap();
        world.vault.put(entry.clone()).await.unwrap();
    }
    world
}

async fn of_vips(world: &World, options: FleetOptions) -> Fleet {
    let clients = [world.client.clone()];
    let vips = Filter::new().label("vip");
    let fleet = world.vault.rotate_all(clients, vips, options).await;
    fleet.unwrap()
}

async fn whoever_stops_reading_loses_nothing(place: Place) {
    let world = World::new(&place, 60).await;
    let mut fleet = world.begin(fast()).await;
    fleet.next().await.unwrap();
    drop(fleet);
    world.vault.drain().await;
    assert!(world.resets() < 60);
    assert_alive(&world.vault, &world.sandbox, 60).await;
    let mut fleet = world.begin(fast()).await;
    all(&mut fleet).await;
    world.assert_once_each();
}

async fn rows_of_other_labels_are_left_alone(place: Place) {
    let world = World::new(&place, 4).await;
    let entry = world.entries[0].clone().with_label("vip");
    world.vault.remove(&entry.id).await.unwrap();
    world.vault.put(entry.clone()).await.unwrap();
    let filter = Filter::new().label("vip");
    let fleet = world
        .vault
        .rotate_all([world.client.clone()], filter, fast());
    let settled = all(&mut fleet.await.unwrap()).await;
    assert_eq!(settled.len(), 1);
    assert_eq!(
        (settled[0].id.as_str(), settled[0].label.as_deref()),
        (entry.id.as_str(), Some("vip"))
    );
    assert_eq!(world.resets(), 1);
}
