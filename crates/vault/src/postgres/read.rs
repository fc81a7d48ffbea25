//! Reading.

use super::columns::get;
use super::error::store_error;
use super::lease::Lease;
use super::{NOW, checked};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::event::Event;
use crate::filter::Filter;
use crate::seal::Sealer;
use crate::sql::{self, Condition, Value};
use crate::store::RunCount;

pub(super) async fn row(
    lease: &Lease,
    sealer: &Sealer,
    id: &str,
) -> Result<Option<Entry>, StoreError> {
    let mut condition = Condition::default();
    condition.and("id = ?", [Value::from(id)]);
    let mut rows = entries(lease, sealer, condition, "").await?;
    Ok(rows.pop())
}

pub(super) async fn page(
    lease: &Lease,
    sealer: &Sealer,
    filter: &Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let mut condition = sql::page(filter, after, NOW);
    let rest = format!("ORDER BY id {}", limited(&mut condition, limit));
    entries(lease, sealer, condition, &rest).await
}

pub(super) async fn count(lease: &Lease, filter: &Filter) -> Result<u64, StoreError> {
    count_where(lease, sql::filter(filter, NOW)).await
}

pub(super) async fn count_run(
    lease: &Lease,
    filter: &Filter,
    run: u64,
) -> Result<RunCount, StoreError> {
    let (done, left) = sql::of_run(filter, run, NOW);
    Ok(RunCount {
        done: count_where(lease, done).await?,
        left: count_where(lease, left).await?,
    })
}

pub(super) async fn history(
    lease: &Lease,
    id: Option<&str>,
    after: u64,
    limit: usize,
) -> Result<Vec<(u64, Event)>, StoreError> {
    let mut condition = sql::history(id, after);
    let rest = limited(&mut condition, limit);
    let (columns, terms) = (sql::EVENT_COLUMNS, &condition.sql);
    let sql = format!("SELECT {columns} FROM event WHERE {terms} ORDER BY number {rest}");
    let rows = lease.rows(&sql, &condition.values).await?;
    rows.iter().map(sql::read_event).collect()
}

/// What selects rows of the table `token`.
pub(super) fn select(condition: &Condition, rest: &str) -> String {
    let (columns, terms) = (sql::COLUMNS, &condition.sql);
    format!("SELECT {columns} FROM token WHERE {terms} {rest}")
}

/// Bound, so that it is the same statement for every limit.
pub(super) fn limited(condition: &mut Condition, limit: usize) -> String {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    condition.values.push(Value::Int(limit));
    format!("LIMIT ${}", condition.values.len())
}

async fn entries(
    lease: &Lease,
    sealer: &Sealer,
    condition: Condition,
    rest: &str,
) -> Result<Vec<Entry>, StoreError> {
    let rows = lease
        .rows(&select(&condition, rest), &condition.values)
        .await?;
    let entries = rows.iter().map(|row| sql::entry(row, sealer)).collect();
    match entries {
        // Whoever changed the key has made every row unreadable with the old one.
        Err(error) if StoreError::is_damaged(&error) => {
            let row = lease.query_one(super::CHECK, &[]).await;
            checked(&row.map_err(store_error)?, sealer)?;
            Err(error)
        }
        entries => entries,
    }
}

async fn count_where(lease: &Lease, condition: Condition) -> Result<u64, StoreError> {
    let sql = format!("SELECT count(*) FROM token WHERE {}", condition.sql);
    let rows = lease.rows(&sql, &condition.values).await?;
    let count = rows.first().map_or(Ok(0), |row| get::<i64>(row, 0))?;
    Ok(count.unsigned_abs())
}
