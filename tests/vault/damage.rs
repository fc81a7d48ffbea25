//! Vaults that somebody else has written to.

use tokenturn_vault::Filter;

use crate::vault::place::Place;
use crate::vault::{entry, key, on_both, tokens};

on_both!(
    secrets_of_another_row_are_refused,
    secrets_of_the_past_are_refused,
    a_newer_version_is_refused,
    a_vault_without_its_probe_is_refused,
);

async fn secrets_of_another_row_are_refused(place: Place) {
    let vault = place.open(&key()).await;
    for name in ["a", "b", "c"] {
        vault.put(entry(name)).await.unwrap();
    }
    place.sql("CREATE TABLE kept AS SELECT id, sealed FROM token");
    place.sql("UPDATE token SET sealed = (SELECT sealed FROM kept WHERE id = 'b') WHERE id = 'a'");
    place.sql("UPDATE token SET sealed = (SELECT sealed FROM kept WHERE id = 'a') WHERE id = 'b'");
    for name in ["a", "b"] {
        let error = vault.get(name).await.unwrap_err();
        assert!(error.is_damaged(), "{error}");
        assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
        assert!(!error.to_string().contains(crate::vault::CANARY), "{error}");
        let error = vault.put(entry(name)).await.unwrap_err();
        assert!(error.is_damaged(), "{error}");
    }
    assert_eq!(vault.get("c").await.unwrap().unwrap().tokens, tokens("c"));
    let error = vault.list(Filter::new()).next().await.unwrap().unwrap_err();
    assert!(error.is_damaged(), "{error}");
    let error = vault.rekey(&key()).await.unwrap_err();
    assert!(error.is_damaged(), "{error}");
}

async fn secrets_of_the_past_are_refused(place: Place) {
    let vault = place.open(&key()).await;
    vault.put(entry("a")).await.unwrap();
    place.sql("CREATE TABLE kept AS SELECT id, sealed FROM token");
    let mut again = entry("a");
    again.tokens = tokens("again");
    vault.put(again).await.unwrap();
    place.sql("UPDATE token SET sealed = (SELECT sealed FROM kept)");
    let error = vault.get("a").await.unwrap_err();
    assert!(error.is_damaged(), "{error}");
}

async fn a_newer_version_is_refused(place: Place) {
    let key = key();
    drop(place.open(&key).await);
    place.sql(match place {
        Place::Sqlite(_) => "PRAGMA user_version = 99",
        Place::Postgres(..) => "UPDATE version SET number = 99",
    });
    let error = place.try_open(&key).await.unwrap_err();
    assert!(error.is_newer_version(), "{error}");
    assert!(error.to_string().contains("99"), "{error}");
}

/// Nobody could tell a wrong key any more.
async fn a_vault_without_its_probe_is_refused(place: Place) {
    let vault = place.open(&key()).await;
    vault.put(entry("a")).await.unwrap();
    place.sql("DELETE FROM vault");
    let error = vault.put(entry("a")).await.unwrap_err();
    assert!(error.is_wrong_key(), "{error}");
}
