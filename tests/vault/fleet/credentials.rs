//! A client whose own credentials are wrong, or missing.

use tokenturn::GitHub;
use tokenturn_vault::{Client, Entry, Filter, Stop};

use super::{World, all, fast};
use crate::vault::on_all;
use crate::vault::place::Place;

on_all!(
    the_first_refusal_stops_it,
    it_goes_on_with_the_right_ones,
    without_the_secret_it_says_so_at_once,
);

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

/// Nobody waits for a provider that is not asked. A refresh token that is refused is so once.
async fn without_the_secret_it_says_so_at_once(place: Place) {
    let world = World::new(&place, 5).await;
    let (vault, sandbox) = (&world.vault, &world.sandbox);
    let github = GitHub::public_client(sandbox.client_id()).base_url(sandbox.url());
    let client = Client::from(github.build().unwrap());
    let clients = || [client.clone()];
    for run in 0..3 {
        let fleet = match run {
            0 => vault.rotate_all(clients(), Filter::new(), fast()).await,
            1 => vault.check_all(clients(), Filter::new(), fast()).await,
            _ => vault.revoke_all(clients(), Filter::new(), fast()).await,
        };
        let mut fleet = fleet.unwrap();
        let settled = all(&mut fleet).await;
        assert!(settled.is_empty(), "{settled:?}");
        let summary = fleet.summary();
        assert!(
            matches!(summary.stopped, Some(Stop::Impossible(_))),
            "{summary:?}"
        );
        assert_eq!(summary.not_attempted, 5);
    }
    assert!(sandbox.requests().is_empty());

    let mut tokens = vault.get("0003").await.unwrap().unwrap().tokens;
    tokens.refresh_token = Some("ghr_used".into());
    let entry = Entry::new("0003", client.app(), tokens);
    vault.put(entry).await.unwrap();
    for refused in [Some(&1), None] {
        let filter = Filter::new().id("0003");
        let fleet = vault.rotate_all(clients(), filter, fast().afresh()).await;
        let mut fleet = fleet.unwrap();
        all(&mut fleet).await;
        let summary = fleet.summary();
        assert_eq!(summary.refused.get("invalid_token"), refused, "{summary:?}");
        assert_eq!(summary.stopped.is_none(), refused.is_some());
    }
    assert_eq!(sandbox.requests().len(), 1);

    // Doubts that nobody can resolve without it are told of, and the others are resolved.
    let mut tokens = vault.get("0004").await.unwrap().unwrap().tokens;
    tokens.refresh_token = Some("ghr_used".into());
    let entry = Entry::new("0004", client.app(), tokens);
    vault.put(entry).await.unwrap();
    place.sql(
        "UPDATE token SET state = 'unknown', until = 0, span = 0 WHERE id IN ('0002', '0004')",
    );
    let fleet = vault.recover_all(clients(), Filter::new(), fast()).await;
    let mut fleet = fleet.unwrap();
    all(&mut fleet).await;
    let summary = fleet.summary();
    assert!(summary.stopped.is_none(), "{summary:?}");
    let refused = summary.refused.get("invalid_token");
    assert_eq!((summary.unknown, refused), (1, Some(&1)), "{summary:?}");
}
