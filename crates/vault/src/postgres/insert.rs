//! Putting many rows in, or none.

use std::collections::HashSet;

use tokio::join;

use super::Opened;
use super::change::INSERT_EVENTS;
use super::columns::get;
use super::error::store_error;
use super::lease::Lease;
use crate::error::StoreError;
use crate::sql::{self, Record, Spool, Value};

/// How many rows share a statement.
const CHUNK: usize = 500;

/// From so many on, they change how the table is best searched.
const MANY: u64 = 1000;

/// The lock keeps the key as it is until the end, and lets everybody else write.
const LOCK: &str = "LOCK TABLE tokenturn.token IN ROW EXCLUSIVE MODE";

pub(super) async fn all(
    lease: &Lease,
    vault: &Opened,
    mut spool: Spool,
) -> Result<u64, StoreError> {
    let (begun, locked, check) =
        join!(lease.begin(vault), lease.batch_execute(LOCK), lease.check());
    begun.and(locked).map_err(store_error)?;
    let now = lease.checked(check, vault)?;
    spool.rewind()?;
    let mut count = 0;
    loop {
        let mut chunk = Vec::new();
        while chunk.len() < CHUNK
            && let Some(record) = spool.next(now)?
        {
            chunk.push(record);
        }
        if chunk.is_empty() {
            break;
        }
        count += chunk.len() as u64;
        write(lease, chunk).await?;
    }
    lease.batch_execute("COMMIT").await.map_err(store_error)?;
    count_anew(lease, count).await;
    Ok(count)
}

/// Lets the server count, when many rows were put in: until it does so by itself, it takes the table
/// for a small one.
pub(super) async fn count_anew(lease: &Lease, count: u64) {
    if count >= MANY
        && let Err(error) = lease.batch_execute("ANALYZE tokenturn.token").await
    {
        tracing::debug!(%error, "the database could not be told of the new rows");
    }
}

async fn write(lease: &Lease, chunk: Vec<Record>) -> Result<(), StoreError> {
    let names: Vec<String> = chunk.iter().map(|record| record.id().to_owned()).collect();
    let (rows, events) = chunk
        .into_iter()
        .map(|record| (record.row, record.event))
        .unzip();
    let (rows, events, insert) = (columns(rows), columns(events), insert());
    let (inserted, events) = join!(lease.ask(&insert, &rows), lease.ask(INSERT_EVENTS, &events),);
    let inserted = inserted.map_err(store_error)?;
    if inserted.len() < names.len() {
        let free: Result<HashSet<&str>, _> = inserted.iter().map(|row| get(row, 0)).collect();
        return Err(taken(&names, free?));
    }
    events.map_err(store_error).map(drop)
}

/// Of the names that were put in, each is free once.
fn taken(names: &[String], mut inserted: HashSet<&str>) -> StoreError {
    let refused = names.iter().find(|name| !inserted.remove(name.as_str()));
    StoreError::taken(refused.map_or("", |name| name))
}

/// Takes one array for each column.
fn insert() -> String {
    let columns = sql::COLUMNS.split(',').map(str::trim).zip(1..);
    let arrays = columns.map(|(column, number)| format!("${number}::{}[]", sql::type_of(column)));
    let arrays = arrays.collect::<Vec<_>>().join(", ");
    let columns = sql::COLUMNS;
    format!(
        "INSERT INTO tokenturn.token ({columns}) SELECT * FROM unnest({arrays}) \
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
