//! One row.

use tokenturn_vault::{Filter, State, Tokens};

use crate::vault::place::Place;
use crate::vault::{entry, key, on_all, tokens};

on_all!(
    other_secrets_are_another_generation,
    some_names_are_refused,
    some_tokens_are_refused,
    a_row_stays_with_its_app,
);

async fn other_secrets_are_another_generation(place: Place) {
    let vault = place.open(&key()).await;
    vault.put(entry("a").with_label("kept")).await.unwrap();
    place.sql("UPDATE token SET state = 'lost', undelivered = 1");
    let first = vault.get("a").await.unwrap().unwrap();
    assert_eq!(first.state(), State::Lost);

    let mut again = entry("a");
    again.tokens = tokens("second");
    vault.put(again).await.unwrap();
    let second = vault.get("a").await.unwrap().unwrap();
    assert_eq!(second.tokens, tokens("second"));
    assert_eq!((first.generation, second.generation), (1, 2));
    assert_eq!(second.state(), State::Active);
    assert!(second.progress.undelivered, "whoever waits still does");
    assert_eq!(second.label.as_deref(), Some("kept"));
    assert!(second.changed_at >= first.changed_at);
    assert_eq!(vault.count(&Filter::new()).await.unwrap(), 1);
}

async fn some_names_are_refused(place: Place) {
    let vault = place.open(&key()).await;
    for name in ["a\0b", &"long ".repeat(300)] {
        let error = vault.put(entry(name)).await.unwrap_err().to_string();
        assert!(error.contains("no name"), "{error}");
    }
    assert_eq!(vault.count(&Filter::new()).await.unwrap(), 0);
}

async fn some_tokens_are_refused(place: Place) {
    let vault = place.open(&key()).await;
    let injected = "gho_a\r\nx-evil: 1";
    for token in [injected, "gho_\0", "gho_\u{e9}", "gho_\u{7f}", "gho_ ", ""] {
        let mut row = entry("a");
        row.tokens = Tokens::github(token);
        let error = vault.put(row).await.unwrap_err().to_string();
        let expected = "the token \"a\" is none: tokens are printable ASCII without spaces";
        assert_eq!(error, expected);
    }
    assert_eq!(vault.count(&Filter::new()).await.unwrap(), 0);
}

async fn a_row_stays_with_its_app(place: Place) {
    let vault = place.open(&key()).await;
    vault.put(entry("a")).await.unwrap();
    let mut other = entry("a");
    other.app.client_id = "Iv1.other".into();
    other.tokens = tokens("second");
    let error = vault.put(other).await.unwrap_err();
    assert_eq!(error.id(), Some("a"));
    assert!(error.to_string().contains("remove it first"), "{error}");
    let read = vault.get("a").await.unwrap().unwrap();
    assert_eq!((read.tokens, read.generation), (entry("a").tokens, 1));
}
