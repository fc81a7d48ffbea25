//! One row.

use tokenturn::Secret;
use tokenturn_vault::{App, Entry, Filter, Provider, State, Tokens};

use crate::vault::place::Place;
use crate::vault::{entry, key, on_all, tokens};

on_all!(
    a_row_is_read_back,
    other_secrets_are_another_generation,
    odd_names_are_names,
    some_names_are_refused,
    some_tokens_are_refused,
    a_row_stays_with_its_app,
);

async fn a_row_is_read_back(place: Place) {
    let vault = place.open(&key()).await;
    let app = App {
        provider: Provider::OHMYGPT,
        server: "https://api.ohmygpt.com".into(),
        client_id: String::new(),
    };
    let mut tokens = Tokens::ohmygpt("omg-oat-v1-x\"\\y", Some(Secret::new("sk-1")));
    tokens.expires_at = Some("2030-01-02T03:04:05.678Z".parse().unwrap());
    tokens.refresh_token = Some(Secret::new("ghr_1"));
    tokens.refresh_token_expires_at = Some("2031-01-02T03:04:05Z".parse().unwrap());
    let put = Entry::new("one", app, tokens).with_label("a label");
    vault.put(put.clone()).await.unwrap();

    let read = vault.get("one").await.unwrap().unwrap();
    assert_eq!(read.id, put.id);
    assert_eq!(read.app, put.app);
    assert_eq!(read.label, put.label);
    assert_eq!(read.tokens, put.tokens);
    assert_eq!(read.generation, 1);
    assert_eq!(read.progress, put.progress);
    assert_eq!(read.state(), State::Active);
    assert!(vault.get("two").await.unwrap().is_none());

    assert!(vault.remove("one").await.unwrap());
    assert!(vault.get("one").await.unwrap().is_none());
    assert!(!vault.remove("one").await.unwrap());
}

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

async fn odd_names_are_names(place: Place) {
    let vault = place.open(&key()).await;
    let names = [
        "",
        " ",
        "O'Brien; DROP TABLE token; --",
        "\"quoted\" \\ $1 ? % _",
        "line\nbreak\ttab",
        "zażółć \u{1F600} e\u{301}",
        "é",
        "e\u{301}",
        &"long ".repeat(200),
    ];
    for name in names {
        vault.put(entry(name)).await.unwrap();
    }
    for name in names {
        let read = vault.get(name).await.unwrap().unwrap();
        assert_eq!((read.id.as_str(), read.tokens), (name, tokens(name)));
        let filter = Filter::new().id(name);
        assert_eq!(vault.count(&filter).await.unwrap(), 1, "{name}");
    }
    assert_eq!(
        vault.count(&Filter::new()).await.unwrap(),
        names.len() as u64
    );
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
