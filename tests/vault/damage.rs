//! Vaults that somebody else has written to.

use tokenturn_vault::{Filter, Key};

use crate::vault::place::Place;
use crate::vault::{entry, key, on_all, tokens};

on_all!(
    secrets_of_another_row_are_refused,
    damage_stays_where_it_is,
    what_says_where_a_token_goes_is_bound_to_it,
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
    }
    assert_eq!(vault.get("c").await.unwrap().unwrap().tokens, tokens("c"));
}

/// Each is a result, and the others come after it.
async fn damage_stays_where_it_is(place: Place) {
    let key = key();
    let vault = place.open(&key).await;
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    for name in names {
        vault.put(entry(name)).await.unwrap();
    }
    for (name, damage) in [
        ("b", "generation = 7"),
        ("c", "state = 'asleep'"),
        ("d", "provider = 'nobody'"),
        ("e", "fence = -1"),
        ("f", "label = 'other'"),
    ] {
        place.sql(&format!("UPDATE token SET {damage} WHERE id = '{name}'"));
    }
    let mut rows = vault.list(Filter::new());
    let (mut read, mut damaged) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next().await {
        match row {
            Ok(row) => read.push(row.id),
            Err(error) => {
                assert!(error.is_damaged(), "{error}");
                damaged.push(error.id().unwrap().to_owned());
            }
        }
    }
    assert_eq!(read, ["a", "g"]);
    assert_eq!(damaged, ["b", "c", "d", "e", "f"]);

    let new = Key::generate().unwrap();
    let rekeyed = vault.rekey(&new).await.unwrap();
    assert_eq!(rekeyed.rows, 2);
    assert_eq!(rekeyed.damaged, ["b", "c", "d", "e", "f"]);
    let vault = place.open(&new).await;
    for name in ["b", "c", "d"] {
        assert!(vault.remove(name).await.unwrap());
    }
    for name in ["e", "f"] {
        vault.put(entry(name)).await.unwrap();
        let row = vault.get(name).await.unwrap().unwrap();
        assert_eq!(row.tokens, tokens(name));
    }
    assert_eq!(vault.count(&Filter::new()).await.unwrap(), 4);
}

/// Whoever can write to the database, and has not the key, sends no token elsewhere.
async fn what_says_where_a_token_goes_is_bound_to_it(place: Place) {
    let vault = place.open(&key()).await;
    for change in [
        "server = 'https://api.example.com'",
        "client_id = 'Iv1.other'",
        "provider = 'ohmygpt'",
        "label = 'other'",
        "label = NULL",
    ] {
        vault.put(entry("a").with_label("mine")).await.unwrap();
        assert!(vault.get("a").await.is_ok());
        place.sql(&format!("UPDATE token SET {change}"));
        let error = vault.get("a").await.unwrap_err();
        assert!(error.is_damaged(), "{change}: {error}");
    }
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
