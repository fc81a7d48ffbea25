//! A server that goes away.

use std::error::Error;

use tokenturn_tests::postgres::Cluster;
use tokenturn_vault::{Filter, Vault};

use crate::vault::{entry, key};

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
