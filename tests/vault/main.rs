//! A vault as its users see it, on both engines: each test runs twice.
//!
//! PostgreSQL is started for them; see `support/postgres.rs` for what that needs.

#![cfg(unix)]

mod batches;
mod damage;
mod fleet;
mod history;
mod import;
mod keys;
mod listing;
mod opening;
mod outage;
mod place;
mod provider;
mod rows;
mod together;

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokenturn_vault::{App, Entry, Key, Provider, StoreError, Tokens};
use tokio::sync::oneshot;

/// Runs each function with a place for a vault in SQLite, and with one in PostgreSQL.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::$test(crate::place::Place::sqlite()).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    if let Some(place) = crate::place::Place::postgres() {
                        super::$test(place).await;
                    }
                }
            )*
        }
    };
}
use on_both;

/// What no file and no table may hold in the clear.
const CANARY: &str = "canary";

fn key() -> Key {
    Key::generate().unwrap()
}

fn github() -> App {
    App {
        provider: Provider::GitHub,
        server: "https://api.github.com".into(),
        client_id: tokenturn_tests::CLIENT_ID.into(),
    }
}

/// A row whose token has its name in it.
fn entry(id: &str) -> Entry {
    Entry::new(id, github(), tokens(id))
}

fn tokens(id: &str) -> Tokens {
    Tokens::github(format!("gho_{CANARY}_{}", id.escape_default()))
}

fn stream(entries: impl IntoIterator<Item = Item>) -> Rows {
    let rows = entries.into_iter().collect();
    Rows { rows, last: None }
}

type Item = Result<Entry, StoreError>;

/// Rows at once, and another one late.
struct Rows {
    rows: VecDeque<Item>,
    last: Option<oneshot::Receiver<Item>>,
}

impl Stream for Rows {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Item>> {
        if let Some(row) = self.rows.pop_front() {
            return Poll::Ready(Some(row));
        }
        let Some(last) = &mut self.last else {
            return Poll::Ready(None);
        };
        let row = ready!(Pin::new(last).poll(context));
        self.last = None;
        Poll::Ready(row.ok())
    }
}
