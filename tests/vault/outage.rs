//! Databases that go away, or say no.

use std::error::Error;
use std::time::Duration;

use tokenturn::GitHub;
use tokenturn_tests::crash::{Gate, Point};
use tokenturn_tests::postgres::Cluster;
use tokenturn_vault::{Client, Entry, Filter, Vault};

use crate::vault::place::Place;
use crate::vault::provider::provider;
use crate::vault::{entry, key, on_all};

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_on_when_the_server_is_back() {
    let Some(mut cluster) = Cluster::find() else {
        return;
    };
    let (url, key) = (cluster.new_database(), key());
    let vault = Vault::builder().postgres(&url, &key).await.unwrap();
    vault.put(entry("a")).await.unwrap();

    cluster.cut_connections();
    eventually(&vault, "b").await;

    cluster.kill();
    for error in [
        vault.put(entry("c")).await.unwrap_err(),
        vault.get("a").await.unwrap_err(),
        vault.count(&Filter::new()).await.unwrap_err(),
        Vault::builder().postgres(&url, &key).await.unwrap_err(),
    ] {
        assert!(error.is_unavailable(), "{error}");
    }
    cluster.restart();
    eventually(&vault, "c").await;

    cluster.restart();
    eventually(&vault, "d").await;
    assert_eq!(vault.count(&Filter::new()).await.unwrap(), 4);
}

on_all!(a_new_token_is_offered_again_whatever_the_error);

/// Whoever has one in hand does not take the first no for an answer.
async fn a_new_token_is_offered_again_whatever_the_error(place: Place) {
    let (sandbox, _, entries) = provider(1).await;
    let gate = Gate::start(&sandbox.url()).await;
    let github = GitHub::builder(sandbox.client_id(), sandbox.client_secret());
    let client = Client::from(github.base_url(gate.url()).build().unwrap());
    let entry = Entry::new("a", client.app(), entries[0].tokens.clone());
    let vault = place.open(&key()).await;
    vault.put(entry.clone()).await.unwrap();
    let answer = gate.hold("PATCH", Point::Answer);
    let rotating = tokio::spawn({
        let (vault, client) = (vault.clone(), client.clone());
        async move { vault.rotate(&client, &entry).await }
    });
    answer.is_there().await;
    place.sql(match place {
        Place::Sqlite(_) => {
            "CREATE TRIGGER no BEFORE UPDATE ON token BEGIN SELECT RAISE(ABORT, 'no'); END"
        }
        _ => "ALTER TABLE token ADD CONSTRAINT no CHECK (generation < 2)",
    });
    answer.release().await;
    // No shorter than it takes to be refused once.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!rotating.is_finished());
    place.sql(match place {
        Place::Sqlite(_) => "DROP TRIGGER no",
        _ => "ALTER TABLE token DROP CONSTRAINT no",
    });
    let rotation = rotating.await.unwrap().unwrap();
    let token = rotation.entry().tokens.token.as_ref().unwrap();
    assert!(sandbox.is_alive(token.expose()));
    let row = vault.get("a").await.unwrap().unwrap();
    assert_eq!(row.tokens.token.as_ref(), Some(token));
}

/// A connection may be found broken only by its use.
async fn eventually(vault: &Vault, name: &str) {
    for _ in 0..20 {
        match vault.put(entry(name)).await {
            Ok(()) => return,
            Err(error) => assert!(error.is_unavailable(), "{error}"),
        }
    }
    panic!("the vault does not come back");
}

#[tokio::test]
async fn a_server_that_is_not_there_may_come() {
    let url = "postgres://user@%2Fnowhere/db";
    let error = Vault::builder().postgres(url, &key()).await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
}

#[tokio::test]
async fn a_database_that_is_not_there_does_not_come() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    let url = cluster.url().replace("/postgres", "/nothing");
    let error = Vault::builder().postgres(&url, &key()).await.unwrap_err();
    assert!(!error.is_unavailable(), "{error}");
    let cause = error.source().unwrap().to_string();
    assert!(cause.contains("\"nothing\""), "{cause}");
}
