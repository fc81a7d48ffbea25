//! What has happened.

use std::time::Duration;

use tokenturn::GitHub;
use tokenturn_tests::{CLIENT_ID, CLIENT_SECRET, GITHUB_SEED, RawServer, json_answer};
use tokenturn_vault::{Client, Entry, Event, History, Vault, VaultError, What};

use crate::vault::place::Place;
use crate::vault::{CANARY, entry, key, on_all, stream, tokens};

on_all!(
    it_stays_when_the_row_is_gone,
    no_token_is_in_the_clear,
    its_last_part_is_told,
    what_is_old_is_forgotten,
    a_token_that_a_row_has_is_never_forgotten
);

async fn events(vault: &Vault, id: Option<&str>) -> Vec<Event> {
    all(vault.history(id)).await
}

async fn all(mut history: History) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(event) = history.next().await {
        events.push(event.unwrap());
    }
    events
}

/// More than two pages of it.
async fn it_stays_when_the_row_is_gone(place: Place) {
    let key = key();
    let vault = place.open(&key).await;
    let rows = (0..1100).map(|n| Ok(entry(&format!("{n:04}"))));
    vault.import(stream(rows)).await.unwrap();
    assert!(vault.remove("0007").await.unwrap());
    drop(vault);

    let vault = place.open(&key).await;
    let all = events(&vault, None).await;
    assert_eq!(all.len(), 1101);
    assert!(all[..1100].is_sorted_by_key(|event| &event.id));
    let one = events(&vault, Some("0007")).await;
    let whats: Vec<What> = one.iter().map(|event| event.what).collect();
    assert_eq!(whats, [What::Put, What::Removed]);
    assert!(events(&vault, Some("nobody")).await.is_empty());
}

async fn no_token_is_in_the_clear(place: Place) {
    let key = key();
    let vault = place.open(&key).await;
    for name in ["a", "b"] {
        vault.put(entry(name).with_label("findable")).await.unwrap();
    }
    let mut again = entry("a");
    again.tokens = tokens("again");
    vault.put(again).await.unwrap();
    vault.remove("b").await.unwrap();
    assert!(place.holds("findable"));
    assert!(!place.holds(CANARY));
    assert!(!place.holds(key.to_digits().expose()));
    for event in events(&vault, None).await {
        assert!(!format!("{event:?}").contains(CANARY));
    }
}

async fn its_last_part_is_told(place: Place) {
    let vault = place.open(&key()).await;
    let rows = (0..1100).map(|n| Ok(entry(&format!("{n:04}"))));
    vault.import(stream(rows)).await.unwrap();
    vault.remove("0007").await.unwrap();
    place.sql("UPDATE event SET at = 1000000000000 + number * 1000");
    // A clock was put back for a while.
    place.sql("UPDATE event SET at = 1000000000000 WHERE id = '1099'");
    let first = vault.history(None).next().await.unwrap().unwrap();
    assert_eq!(first.id, "0000");

    let all_of = all(vault.history(None)).await;
    let ids = |events: Vec<Event>| events.into_iter().map(|e| e.id).collect::<Vec<_>>();
    let since = all_of[1000].at;
    let found = ids(all(vault.history(None).since(since)).await);
    assert_eq!(
        (found.len(), &*found[0], &*found[99]),
        (100, "1000", "0007")
    );
    let found = ids(all(vault.history(None).last(600)).await);
    assert_eq!(
        (found.len(), &*found[0], &*found[599]),
        (600, "0501", "0007")
    );
    let found = ids(all(vault.history(None).last(2).since(since)).await);
    assert_eq!(found, ["1098", "0007"]);
    for last in [101, 5000, u64::MAX] {
        let found = ids(all(vault.history(None).since(since).last(last)).await);
        assert_eq!(found.len(), 100);
    }
    assert_eq!(all(vault.history(None).last(u64::MAX)).await.len(), 1101);
    let of_row = ids(all(vault.history(Some("0007")).last(1)).await);
    assert_eq!(of_row, ["0007"]);
    assert_eq!(all(vault.history(Some("0007")).since(since)).await.len(), 1);
    assert!(all(vault.history(None).last(0)).await.is_empty());
    let later = "9000-01-01T00:00:00Z".parse().unwrap();
    assert!(all(vault.history(None).since(later)).await.is_empty());
    assert!(all(vault.history(Some("nobody")).last(3)).await.is_empty());
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn what_is_old_is_forgotten(place: Place) {
    let vault = place.open(&key()).await;
    for name in ["a", "b", "gone"] {
        vault.put(entry(name)).await.unwrap();
    }
    for name in ["second", "third"] {
        let mut again = entry("a");
        again.tokens = tokens(name);
        vault.put(again).await.unwrap();
    }
    vault.remove("gone").await.unwrap();
    assert_eq!(vault.prune_history(DAY).await.unwrap(), 0);
    // Two days ago, but for the last thing.
    place.sql("UPDATE event SET at = at - 172800000 WHERE what <> 'removed'");
    let error = vault.prune_history(DAY - Duration::from_secs(1)).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("give a day or more"), "{error}");
    assert_eq!(vault.prune_history(3 * DAY).await.unwrap(), 0);
    assert_eq!(vault.prune_history(DAY).await.unwrap(), 3);
    let left: Vec<_> = events(&vault, None).await;
    let left: Vec<_> = left.iter().map(|e| (&*e.id, e.what, &e.new)).collect();
    let named = |name: &str| tokens(name).fingerprint().map(|name| name.to_string());
    let wanted = [
        ("b", What::Put, &named("b")),
        ("a", What::Put, &named("third")),
        ("gone", What::Removed, &None),
    ];
    assert_eq!(left, wanted);
    assert_eq!(vault.prune_history(DAY).await.unwrap(), 0);
}

/// By its history no other row gets it.
async fn a_token_that_a_row_has_is_never_forgotten(place: Place) {
    let server = RawServer::start_with(|_| json_answer("200 OK", "", GITHUB_SEED).into()).await;
    let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET).base_url(server.url());
    let client = Client::from(github.build().unwrap());
    let vault = place.open(&key()).await;
    for name in ["a", "b"] {
        let row = Entry::new(name, client.app(), tokens(name));
        vault.put(row).await.unwrap();
    }
    let first = vault.get("a").await.unwrap().unwrap();
    vault.rotate(&client, &first).await.unwrap();
    place.sql("UPDATE event SET at = 1");
    assert_eq!(vault.prune_history(DAY).await.unwrap(), 1);

    // A cache says once more what it was told before.
    let second = vault.get("b").await.unwrap().unwrap();
    let error = vault.rotate(&client, &second).await.unwrap_err();
    assert!(matches!(error, VaultError::NotSaved { .. }), "{error:?}");
}
