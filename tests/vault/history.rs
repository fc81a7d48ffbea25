//! What has happened.

use tokenturn_vault::{Event, Vault, What};

use crate::vault::place::Place;
use crate::vault::{CANARY, entry, key, on_both, stream, tokens};

on_both!(
    it_says_who_did_what_when,
    it_stays_when_the_row_is_gone,
    no_token_is_in_the_clear
);

async fn events(vault: &Vault, id: Option<&str>) -> Vec<Event> {
    let mut history = vault.history(id);
    let mut events = Vec::new();
    while let Some(event) = history.next().await {
        events.push(event.unwrap());
    }
    events
}

async fn it_says_who_did_what_when(place: Place) {
    let vault = place.open(&key()).await;
    let before = entry("a").created_at;
    vault.put(entry("a")).await.unwrap();
    vault.put(entry("b")).await.unwrap();
    let mut again = entry("a");
    again.tokens = tokens("second");
    vault.put(again).await.unwrap();
    vault.remove("a").await.unwrap();

    let [first, second] = ["a", "second"].map(|name| {
        let fingerprint = tokens(name).fingerprint().unwrap();
        Some(fingerprint.to_string())
    });
    let happened = events(&vault, Some("a")).await;
    let told: Vec<_> = happened
        .iter()
        .map(|event| (event.what, event.generation, &event.old, &event.new))
        .collect();
    let wanted = [
        (What::Put, 1, &None, &first),
        (What::Put, 2, &first, &second),
        (What::Removed, 2, &second, &None),
    ];
    assert_eq!(told, wanted);
    for event in &happened {
        assert_eq!((event.id.as_str(), event.actor.as_str()), ("a", "the test"));
        assert!(event.at >= before, "{event:?}");
        assert!(event.reason.is_none() && event.request_id.is_none());
    }
    let all = events(&vault, None).await;
    let ids: Vec<&str> = all.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "a", "a"]);
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
