//! Rows on their way into a vault; that it is all or none stands in the suite.

use futures_util::StreamExt;
use futures_util::stream::once;
use tokenturn_vault::Filter;
use tokio::sync::oneshot;

use crate::vault::place::Place;
use crate::vault::{Item, entry, key, on_all, stream};

on_all!(rows_that_come_slowly_hold_nobody_up);

/// Enough for several statements.
const MANY: usize = 1300;

fn rows() -> impl Iterator<Item = Item> {
    (0..MANY).map(|n| Ok(entry(&format!("{n:04}"))))
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
