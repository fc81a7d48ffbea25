//! A vault as its users see it, on both engines, and in PostgreSQL behind a pooler: each test runs three
//! times.
//!
//! PostgreSQL and PgBouncer are started for them; see `support/postgres/` for what that needs.

mod batches;
mod copies;
mod damage;
mod damaged_file;
mod fleet;
mod history;
mod import;
mod kept;
mod keys;
mod listing;
mod old;
mod opening;
mod outage;
mod place;
mod pooler;
mod provider;
mod rows;
mod suite;
mod tls;
mod together;
mod token;

use futures_util::stream::{self, Iter};
use tokenturn_vault::{App, Entry, Key, Provider, StoreError, Tokens};

/// Runs each function with a place for a vault in SQLite, with one in PostgreSQL, and with one in
/// PostgreSQL behind PgBouncer.
macro_rules! on_all {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    let _seat = tokenturn_tests::seats(1).await;
                    super::$test(crate::vault::place::Place::sqlite()).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    let _seat = tokenturn_tests::seats(1).await;
                    if let Some(place) = crate::vault::place::Place::postgres() {
                        super::$test(place).await;
                    }
                }
            )*
        }

        mod pooled {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    let _seat = tokenturn_tests::seats(1).await;
                    if let Some(place) = crate::vault::place::Place::pooled() {
                        super::$test(place).await;
                    }
                }
            )*
        }
    };
}
use on_all;

/// What no file and no table may hold in the clear.
const CANARY: &str = "canary";

/// As far ahead as makes sense, in milliseconds: a claim that does not run out in a test.
const FAR: i64 = 300 * 24 * 60 * 60 * 1000;

fn key() -> Key {
    Key::generate().unwrap()
}

fn github() -> App {
    App {
        provider: Provider::GITHUB,
        server: "https://api.github.com".into(),
        client_id: tokenturn_tests::CLIENT_ID.into(),
    }
}

/// A row whose token has its name in it.
fn entry(id: &str) -> Entry {
    Entry::new(id, github(), tokens(id))
}

fn tokens(id: &str) -> Tokens {
    let id = id.escape_default().to_string().replace(' ', "_");
    Tokens::github(format!("gho_{CANARY}_{id}"))
}

fn stream(entries: impl IntoIterator<Item = Item>) -> Iter<std::vec::IntoIter<Item>> {
    let rows: Vec<Item> = entries.into_iter().collect();
    stream::iter(rows)
}

type Item = Result<Entry, StoreError>;
