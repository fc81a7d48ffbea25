//! Rows that are put in.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::{ACTOR, ok, page};
use crate::app::{App, Provider};
use crate::entry::{Entry, State};
use crate::error::StoreError;
use crate::event::What;
use crate::filter::Filter;
use crate::store::Entries;
use crate::tokens::Tokens;
use crate::vault::Vault;

/// Enough for several statements.
const MANY: usize = 1300;

/// Rows of any name and app are put in, all or none. For a store that keeps whatever is put in: `empty` makes
/// one without rows each time, as two processes see it.
///
/// # Panics
///
/// Where the store does not do what [`Store`](crate::Store) says.
pub async fn inserts(empty: &impl AsyncFn() -> [Vault; 2]) {
    rows_are_read_back(empty().await).await;
    odd_names_are_names_and_come_in_their_order(empty().await).await;
    all_or_none_are_put_in(empty().await).await;
}

fn entry(id: &str) -> Entry {
    let app = App {
        provider: Provider::from_static("a-third"),
        server: "https://api.example.com".into(),
        client_id: "Iv1.8a61f9b3a7aba766".into(),
    };
    Entry::new(id, app, Tokens::new("gho_first"))
}

async fn insert(vault: &Vault, rows: Vec<Result<Entry, StoreError>>) -> Result<u64, StoreError> {
    vault.store.insert(entries(rows), ACTOR).await
}

async fn rows_are_read_back([one, two]: [Vault; 2]) {
    let mut tokens = Tokens::ohmygpt("omg-oat-v1-x\"\\y", Some("sk-1".into()));
    tokens.expires_at = "2030-01-02T03:04:05.678Z".parse().ok();
    tokens.refresh_token = Some("ghr_1".into());
    tokens.refresh_token_expires_at = "2031-01-02T03:04:05Z".parse().ok();
    (tokens.lifetime, tokens.clock_ahead) = (Some(28_800), -3_600_000);
    tokens.user_id = Some(7);
    let mut row = entry("one").with_label("a label");
    row.tokens = tokens;
    assert_eq!(ok(insert(&one, vec![Ok(row.clone())]).await), 1);
    let read = ok(two.store.get("one").await).expect("it was put in");
    assert_eq!((&read.id, &read.app), (&row.id, &row.app));
    assert_eq!((&read.label, &read.tokens), (&row.label, &row.tokens));
    assert_eq!((read.generation, read.state()), (1, State::Active));
    assert_eq!(read.progress, row.progress);
    let history = ok(two.store.history(Some("one"), 0, 100).await);
    let [(_, event)] = &history[..] else {
        panic!("the history says that it was put in, once: {history:?}")
    };
    assert_eq!((event.what, event.actor.as_str()), (What::Put, ACTOR));
}

async fn odd_names_are_names_and_come_in_their_order([one, two]: [Vault; 2]) {
    let long = "long ".repeat(200);
    let mut names = [
        "",
        " ",
        "O'Brien; DROP TABLE token; --",
        "\"quoted\" \\ $1 ? % _",
        "line\nbreak\ttab",
        "zażółć \u{1F600} e\u{301}",
        "é",
        "e\u{301}",
        "User 1",
        "user-1",
        &long,
    ];
    let rows = names.map(|name| Ok(entry(name)));
    assert_eq!(ok(insert(&one, rows.into()).await), names.len() as u64);
    for name in names {
        let read = ok(two.store.get(name).await).expect("it was put in");
        assert_eq!(read.id, name);
        let count = ok(two.store.count(&Filter::new().id(name)).await);
        assert_eq!(count, 1, "{name:?}");
    }
    let found = page(&two, &Filter::new()).await;
    let found: Vec<_> = found.iter().map(|row| row.id.as_str()).collect();
    names.sort_unstable();
    assert_eq!(found, names, "byte by byte, whatever the language");
}

async fn all_or_none_are_put_in([one, two]: [Vault; 2]) {
    let rows = || (0..MANY).map(|n| Ok(entry(&format!("{n:04}"))));
    let bad = || Err(StoreError::other("a row", "is none"));
    let error = insert(&one, rows().chain([bad()]).collect()).await;
    let error = error.expect_err("the last one cannot be read");
    assert_eq!(error.to_string(), "a row");
    for twice in ["0001", "1299"] {
        let error = insert(&one, rows().chain([Ok(entry(twice))]).collect()).await;
        let error = error.expect_err("a name comes twice");
        assert!(
            error.is_taken() && error.to_string().contains(twice),
            "{error}"
        );
    }
    assert_eq!(
        ok(two.store.count(&Filter::new()).await),
        0,
        "nothing stays"
    );
    assert!(ok(two.store.history(None, 0, 1).await).is_empty());

    assert_eq!(ok(insert(&one, vec![Ok(entry("1234"))]).await), 1);
    let error = insert(&two, rows().collect()).await;
    let error = error.expect_err("a name is taken");
    assert!(
        error.is_taken() && error.to_string().contains("\"1234\""),
        "{error}"
    );
    assert_eq!(ok(two.store.count(&Filter::new()).await), 1);
    let others = rows().filter(|row| row.as_ref().is_ok_and(|row| row.id != "1234"));
    assert_eq!(ok(insert(&two, others.collect()).await), MANY as u64 - 1);
    assert_eq!(ok(insert(&one, Vec::new()).await), 0);
    assert_eq!(ok(two.store.count(&Filter::new()).await), MANY as u64);
}

/// Rows that are there already.
struct There(std::vec::IntoIter<Result<Entry, StoreError>>);

impl Stream for There {
    type Item = Result<Entry, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next())
    }
}

fn entries(rows: Vec<Result<Entry, StoreError>>) -> Entries<'static> {
    Box::pin(There(rows.into_iter()))
}
