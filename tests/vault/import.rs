//! All rows, or none.

use std::error::Error;

use futures_util::StreamExt;
use futures_util::stream::once;
use tokenturn_vault::{Filter, StoreError};
use tokio::sync::oneshot;

use crate::vault::place::Place;
use crate::vault::{Item, entry, key, on_all, stream};

on_all!(
    nothing_stays_of_rows_that_end_badly,
    a_name_that_is_taken_is_named,
    a_name_that_comes_twice_is_taken,
    rows_that_come_slowly_hold_nobody_up,
);

/// Enough for several statements.
const MANY: usize = 1300;

fn rows() -> impl Iterator<Item = Item> {
    (0..MANY).map(|n| Ok(entry(&format!("{n:04}"))))
}

async fn nothing_stays_of_rows_that_end_badly(place: Place) {
    let vault = place.open(&key()).await;
    let bad = Err(StoreError::other("line 1301", "is not a row"));
    let error = vault.import(stream(rows().chain([bad]))).await.unwrap_err();
    assert_eq!(error.to_string(), "line 1301");
    assert_eq!(error.source().unwrap().to_string(), "is not a row");
    assert_eq!(vault.count(&Filter::new()).await.unwrap(), 0);
    assert!(vault.history(None).next().await.is_none());
    assert_eq!(vault.import(stream(rows())).await.unwrap(), MANY as u64);
    assert_eq!(vault.import(stream([])).await.unwrap(), 0);
}

async fn a_name_that_is_taken_is_named(place: Place) {
    let vault = place.open(&key()).await;
    vault.put(entry("1234")).await.unwrap();
    let error = vault.import(stream(rows())).await.unwrap_err();
    assert!(error.is_taken(), "{error}");
    assert!(error.to_string().contains("\"1234\""), "{error}");
    assert_eq!(vault.count(&Filter::new()).await.unwrap(), 1);
}

async fn a_name_that_comes_twice_is_taken(place: Place) {
    let vault = place.open(&key()).await;
    for twice in ["0001", "1299"] {
        let error = vault.import(stream(rows().chain([Ok(entry(twice))]))).await;
        let error = error.unwrap_err();
        assert!(error.is_taken(), "{error}");
        assert!(error.to_string().contains(twice), "{error}");
    }
    assert_eq!(vault.count(&Filter::new()).await.unwrap(), 0);
}

async fn rows_that_come_slowly_hold_nobody_up(place: Place) {
    let key = key();
    let (vault, other) = (place.open(&key).await, place.open(&key).await);
    let ((comes_to_last, at_last), (sender, last)) = (oneshot::channel(), oneshot::channel());
    let last = once(async move {
        comes_to_last.send(()).unwrap();
        last.await.unwrap()
    });
    let import = tokio::spawn(async move { vault.import(stream(rows()).chain(last)).await });
    // However slowly they come, everybody else goes on.
    at_last.await.unwrap();
    assert_eq!(other.count(&Filter::new()).await.unwrap(), 0);
    other.put(entry("mine")).await.unwrap();
    assert_eq!(
        other.list(Filter::new()).next().await.unwrap().unwrap().id,
        "mine"
    );
    sender.send(Ok(entry("last"))).unwrap();
    assert_eq!(import.await.unwrap().unwrap(), MANY as u64 + 1);
    assert_eq!(other.count(&Filter::new()).await.unwrap(), MANY as u64 + 2);
}
