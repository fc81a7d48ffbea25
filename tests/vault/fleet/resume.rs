//! A run that ends early, and the one that goes on with it.

use tokenturn_vault::{Filter, Stop};

use super::{World, all, fast, unpaced, words};
use crate::vault::on_both;
use crate::vault::place::Place;
use crate::vault::provider::assert_alive;

on_both!(
    everything_is_replaced_once,
    it_goes_on_where_it_was,
    it_can_be_begun_afresh,
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
