//! The key of a vault.

use tokenturn::Secret;
use tokenturn_vault::{Filter, Key};

use crate::vault::place::Place;
use crate::vault::{CANARY, FAR, entry, key, on_all, stream, tokens};

on_all!(
    another_key_is_refused,
    a_new_key_takes_the_place_of_the_old_one,
    nobody_writes_with_the_old_key,
    no_key_changes_while_a_token_is_replaced,
);

#[test]
fn a_key_has_one_length() {
    for digits in [62, 63, 65, 66, 128] {
        let error = Key::parse(&Secret::new("a".repeat(digits))).unwrap_err();
        assert!(error.is_wrong_key(), "{digits}");
    }
}

async fn another_key_is_refused(place: Place) {
    let key = key();
    drop(place.open(&key).await);
    let error = place.try_open(&crate::vault::key()).await.unwrap_err();
    assert!(error.is_wrong_key(), "{error}");
    place.open(&key).await;
}

async fn a_new_key_takes_the_place_of_the_old_one(place: Place) {
    const MANY: u64 = 1100;
    let (old, new) = (key(), key());
    let vault = place.open(&old).await;
    let rows = (0..MANY).map(|n| Ok(entry(&format!("{n:04}"))));
    vault.import(stream(rows)).await.unwrap();
    assert_eq!(vault.rekey(&new).await.unwrap().rows, MANY);
    drop(vault);

    assert!(place.try_open(&old).await.unwrap_err().is_wrong_key());
    let vault = place.open(&new).await;
    let mut listing = vault.list(Filter::new());
    let mut count = 0;
    while let Some(entry) = listing.next().await {
        let entry = entry.unwrap();
        assert_eq!(entry.tokens, tokens(&entry.id));
        assert_eq!(entry.generation, 1);
        count += 1;
    }
    assert_eq!(count, MANY);
    vault.put(entry("more")).await.unwrap();
    assert!(!place.holds(CANARY));
}

async fn nobody_writes_with_the_old_key(place: Place) {
    let (old, new) = (key(), key());
    let [vault, other] = [place.open(&old).await, place.open(&old).await];
    vault.put(entry("a")).await.unwrap();
    other.put(entry("b")).await.unwrap();
    assert_eq!(vault.rekey(&new).await.unwrap().rows, 2);

    for vault in [&vault, &other] {
        for error in [
            vault.put(entry("a")).await.unwrap_err(),
            vault.put(entry("c")).await.unwrap_err(),
            vault.import(stream([Ok(entry("c"))])).await.unwrap_err(),
            vault.get("a").await.unwrap_err(),
            vault.remove("a").await.unwrap_err(),
            vault.rekey(&old).await.unwrap_err(),
        ] {
            assert!(error.is_wrong_key(), "{error}");
        }
    }
    let vault = place.open(&new).await;
    assert_eq!(vault.count(&Filter::new()).await.unwrap(), 2);
    assert_eq!(vault.get("b").await.unwrap().unwrap().generation, 1);
}

/// Whoever replaces it could not store the new one.
async fn no_key_changes_while_a_token_is_replaced(place: Place) {
    let (old, new) = (key(), key());
    let vault = place.open(&old).await;
    vault.put(entry("a")).await.unwrap();
    vault.put(entry("b")).await.unwrap();
    place.sql(&format!(
        "UPDATE token SET state = 'rotating', until = changed_at + {FAR}, span = {FAR} WHERE id = 'b'"
    ));
    let error = vault.rekey(&new).await.unwrap_err();
    assert!(error.is_busy(), "{error}");
    assert!(error.to_string().contains("\"b\""), "{error}");
    vault.put(entry("a")).await.unwrap();
    // Its owner is taken for dead.
    place.sql("UPDATE token SET until = 0 WHERE id = 'b'");
    assert_eq!(vault.rekey(&new).await.unwrap().rows, 2);
}
