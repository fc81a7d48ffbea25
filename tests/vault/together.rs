//! Several users of one vault, as on several machines.

use std::time::Duration;

use tokenturn_tests::postgres::Cluster;
use tokenturn_vault::{Filter, Fleet, Outcome, Rotation, Vault};

use crate::vault::place::Place;
use crate::vault::provider::{assert_alive, fast, provider};
use crate::vault::{key, on_all, stream};

on_all!(one_of_many_replaces_a_token, many_share_a_fleet);

async fn one_of_many_replaces_a_token(place: Place) {
    let (sandbox, client, mut entries) = provider(1).await;
    let key = key();
    let mut vaults = Vec::new();
    for _ in 0..3 {
        vaults.push(place.open(&key).await);
    }
    let held = entries.remove(0);
    vaults[0].put(held.clone()).await.unwrap();
    let tasks: Vec<_> = (0..12)
        .map(|n| {
            let (vault, client, held) = (vaults[n % 3].clone(), client.clone(), held.clone());
            tokio::spawn(async move { vault.rotate(&client, &held).await.unwrap() })
        })
        .collect();
    let (mut rotated, mut tokens) = (0, Vec::new());
    for task in tasks {
        let rotation = task.await.unwrap();
        rotated += usize::from(matches!(rotation, Rotation::Rotated(_)));
        tokens.push(rotation.into_entry().tokens);
    }
    assert_eq!(rotated, 1);
    assert!(tokens.iter().all(|found| *found == tokens[0]));
    assert_eq!(sandbox.replacements().len(), 1);
    assert_alive(&vaults[1], &sandbox, 1).await;
}

async fn many_share_a_fleet(place: Place) {
    let (sandbox, client, entries) = provider(ROWS).await;
    let key = key();
    let vault = place.open(&key).await;
    vault
        .import(stream(entries.into_iter().map(Ok)))
        .await
        .unwrap();
    for pass in 1..=2 {
        let mut fleets = Vec::new();
        for _ in 0..3 {
            let vault = place.open(&key).await;
            let fleet = vault.rotate_all([client.clone()], Filter::new(), fast());
            fleets.push(fleet.await.unwrap());
        }
        // Nobody reads what is settled yet, so the run cannot have ended in between.
        let runs: Vec<_> = fleets.iter().map(|fleet| fleet.runs()[0].number).collect();
        assert_eq!(runs, [runs[0]; 3]);
        let tasks: Vec<_> = fleets.into_iter().map(|f| tokio::spawn(end(f))).collect();
        let mut settled = 0;
        for task in tasks {
            settled += task.await.unwrap();
        }
        assert_eq!(settled, ROWS);
        assert_eq!(sandbox.replacements().len(), pass * ROWS);
    }
    assert_alive(&vault, &sandbox, ROWS).await;
}

/// How many tokens it has settled.
async fn end(mut fleet: Fleet) -> usize {
    let mut count = 0;
    while fleet.next().await.is_some() {
        count += 1;
    }
    count
}

const ROWS: usize = 150;

/// Answers to commits are lost on the way.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_connections_are_cut() {
    let Some(cluster) = Cluster::find() else {
        return;
    };
    let cut = |n: usize| {
        if n.is_multiple_of(10) && n < ROWS {
            cluster.cut_connections();
        }
    };
    disturbed(&cluster.new_database(), cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_server_is_killed() {
    let Some(mut cluster) = Cluster::find() else {
        return;
    };
    let url = cluster.new_database();
    let kill = |n: usize| {
        if n == 60 {
            cluster.kill();
            cluster.restart();
        }
    };
    disturbed(&url, kill).await;
}

/// A fleet that somebody does something to, after each token that is settled.
async fn disturbed(url: &str, mut disturb: impl FnMut(usize)) {
    let (sandbox, client, entries) = provider(ROWS).await;
    // Rows whose claim was not answered wait for its end.
    let builder = Vault::builder().lease(Duration::from_millis(500));
    let key = key();
    let vault = builder.postgres(url, &key).await.unwrap();
    vault
        .import(stream(entries.into_iter().map(Ok)))
        .await
        .unwrap();

    let options = fast().per_second(100.0);
    let fleet = vault.rotate_all([client], Filter::new(), options).await;
    let mut fleet = fleet.unwrap();
    let mut count = 0;
    while let Some(settled) = fleet.next().await {
        count += 1;
        let is_good = matches!(
            settled.outcome,
            Outcome::Replaced | Outcome::Resolved | Outcome::Kept
        );
        assert!(is_good, "{settled:?}");
        tokio::task::block_in_place(|| disturb(count));
    }
    // On new connections: an old one may be found broken only by its use.
    let vault = Vault::builder().postgres(url, &key).await.unwrap();
    assert_alive(&vault, &sandbox, ROWS).await;
    // A token may be replaced once more when nobody was told of the first time.
    assert!(sandbox.replacements().len() >= ROWS);
}
