//! Putting many rows in, or none.

use std::collections::HashSet;
use std::future::poll_fn;

use tokio::join;

use super::change::INSERT_EVENTS;
use super::columns::get;
use super::error::store_error;
use super::lease::{Lease, bound};
use super::{CHECK, PATIENCE, checked, within};
use crate::entry::Entry;
use crate::error::{StoreError, whole};
use crate::event::Event;
use crate::seal::Sealer;
use crate::sql::{self, Value};
use crate::store::Entries;

/// How many rows share a statement.
const CHUNK: usize = 500;

/// From so many on, they change how the table is best searched.
const MANY: u64 = 1000;

/// The lock keeps the key as it is until the end, and lets everybody else write. Rows may come
/// slowly.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; \
    SET LOCAL idle_in_transaction_session_timeout = '15min'; \
    LOCK TABLE token IN ROW EXCLUSIVE MODE";

const TOKEN_TYPES: [&str; 17] = [
    "text", "text", "text", "text", "text", "bytea", "bigint", "bigint", "bigint", "text",
    "bigint", "text", "bigint", "bigint", "bigint", "bigint", "bigint",
];

pub(super) async fn all(
    lease: &Lease,
    sealer: &Sealer,
    mut entries: Entries<'_>,
    actor: &str,
) -> Result<u64, StoreError> {
    let begun = async {
        let (begun, check) = join!(lease.batch_execute(BEGIN), lease.query_one(CHECK, &[]));
        begun.map_err(store_error)?;
        checked(&check.map_err(store_error)?, sealer)
    };
    within(PATIENCE, begun).await?;
    let mut count = 0;
    let mut chunk = read(&mut entries).await?;
    while !chunk.is_empty() {
        let write = within(PATIENCE, write(lease, sealer, &chunk, actor));
        let (next, written) = join!(read(&mut entries), write);
        written?;
        count += chunk.len() as u64;
        chunk = next?;
    }
    within(PATIENCE, async {
        lease.batch_execute("COMMIT").await.map_err(store_error)
    })
    .await?;
    if count >= MANY {
        learn(lease).await;
    }
    Ok(count)
}

/// Lets the server count: until it does so by itself, it takes the table for a small one.
async fn learn(lease: &Lease) {
    let learned = async {
        lease
            .batch_execute("ANALYZE token")
            .await
            .map_err(store_error)
    };
    if let Err(error) = within(PATIENCE, learned).await {
        tracing::debug!(
            error = whole(&error),
            "the database could not be told of the new rows"
        );
    }
}

async fn read(entries: &mut Entries<'_>) -> Result<Vec<Entry>, StoreError> {
    let mut chunk = Vec::new();
    while chunk.len() < CHUNK
        && let Some(entry) = poll_fn(|context| entries.as_mut().poll_next(context)).await
    {
        chunk.push(entry?);
    }
    Ok(chunk)
}

async fn write(
    lease: &Lease,
    sealer: &Sealer,
    chunk: &[Entry],
    actor: &str,
) -> Result<(), StoreError> {
    let rows: Result<Vec<_>, _> = chunk.iter().map(|e| sql::insertion(e, sealer)).collect();
    let rows = columns(rows?);
    let events = chunk.iter().map(|e| sql::event(&Event::put(e, actor)));
    let events = columns(events.collect());

    let insert_rows = lease.prepared(&insert()).await?;
    let insert_events = lease.prepared(INSERT_EVENTS).await?;
    let (rows, events) = (bound(&rows), bound(&events));
    let (inserted, events) = join!(
        lease.query(&insert_rows, &rows),
        lease.execute(&insert_events, &events),
    );
    let inserted = inserted.map_err(store_error)?;
    if inserted.len() < chunk.len() {
        let names: Result<HashSet<&str>, _> = inserted.iter().map(|row| get(row, 0)).collect();
        return Err(taken(chunk, names?));
    }
    events.map_err(store_error).map(drop)
}

/// Of the names that were put in, each is free once.
fn taken(chunk: &[Entry], mut inserted: HashSet<&str>) -> StoreError {
    let refused = chunk
        .iter()
        .find(|entry| !inserted.remove(entry.id.as_str()));
    StoreError::taken(refused.map_or("", |entry| &entry.id))
}

/// Takes one array for each column.
fn insert() -> String {
    let arrays = TOKEN_TYPES.iter().zip(1..);
    let arrays = arrays.map(|(t, n)| format!("${n}::{t}[]"));
    let arrays = arrays.collect::<Vec<_>>().join(", ");
    let columns = sql::COLUMNS;
    format!(
        "INSERT INTO token ({columns}) SELECT * FROM unnest({arrays}) \
         ON CONFLICT (id) DO NOTHING RETURNING id"
    )
}

/// One array for each column of the rows.
pub(super) fn columns(rows: Vec<Vec<Value>>) -> Vec<Vec<Value>> {
    let mut columns: Vec<Vec<Value>> = Vec::new();
    for row in rows {
        columns.resize_with(row.len(), Vec::new);
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    columns
}
