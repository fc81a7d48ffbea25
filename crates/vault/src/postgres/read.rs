//! Reading.

use tokenturn::Timestamp;

use super::columns::get;
use super::lease::Lease;
use super::{NOW, Opened};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::event::Event;
use crate::filter::Filter;
use crate::sql::{self, Condition, Value};
use crate::store::{Run, RunCount};

pub(super) async fn row(
    lease: &Lease,
    vault: &Opened,
    id: &str,
) -> Result<Option<Entry>, StoreError> {
    let mut condition = Condition::default();
    condition.and("id = ?", [Value::id(id)]);
    let mut rows = entries(lease, vault, condition, "").await?;
    rows.pop().transpose()
}

pub(super) async fn page(
    lease: &Lease,
    vault: &Opened,
    filter: &Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Result<Entry, StoreError>>, StoreError> {
    sql::check(filter, vault.columns)?;
    let mut condition = sql::page(filter, after, NOW);
    let rest = format!("ORDER BY id {}", limited(&mut condition, limit));
    entries(lease, vault, condition, &rest).await
}

pub(super) async fn count(
    lease: &Lease,
    vault: &Opened,
    filter: &Filter,
) -> Result<u64, StoreError> {
    sql::check(filter, vault.columns)?;
    let condition = sql::filter(filter, NOW);
    let terms = condition.sql;
    let sql = format!("SELECT count(*) FROM tokenturn.token WHERE {terms}");
    let [count] = counted(lease, &sql, &condition.values).await?;
    Ok(count)
}

pub(super) async fn out_of_reach(
    lease: &Lease,
    filter: &Filter,
    after: &str,
) -> Result<Vec<String>, StoreError> {
    let select = sql::out_of_reach("tokenturn.", filter, after, NOW);
    let rows = lease.rows(&select.sql, &select.values).await?;
    rows.iter().map(|row| get(row, 0)).collect()
}

pub(super) async fn count_run(
    lease: &Lease,
    filter: &Filter,
    run: &Run,
) -> Result<RunCount, StoreError> {
    let count = sql::count_run("tokenturn.", filter, run, NOW);
    let [done, left] = counted(lease, &count.sql, &count.values).await?;
    Ok(RunCount { done, left })
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
    let sql = format!("SELECT {columns} FROM tokenturn.event WHERE {terms} ORDER BY number {rest}");
    let rows = lease.rows(&sql, &condition.values).await?;
    rows.iter().map(sql::read_event).collect()
}

pub(super) async fn history_start(
    lease: &Lease,
    id: Option<&str>,
    since: Option<Timestamp>,
    last: Option<u64>,
) -> Result<Option<u64>, StoreError> {
    let (condition, rest) = sql::start(id, since, last);
    let terms = &condition.sql;
    let sql = format!("SELECT number FROM tokenturn.event WHERE {terms} {rest}");
    let rows = lease.rows(&sql, &condition.values).await?;
    let number = |row| Ok(get::<i64>(row, 0)?.unsigned_abs());
    rows.first().map(number).transpose()
}

/// What selects rows of the table `token`.
pub(super) fn select(condition: &Condition, rest: &str) -> String {
    select_columns(sql::COLUMNS, condition, rest)
}

fn select_columns(columns: &str, condition: &Condition, rest: &str) -> String {
    let terms = &condition.sql;
    format!("SELECT {columns} FROM tokenturn.token WHERE {terms} {rest}")
}

/// Bound, so that it is the same statement for every limit.
pub(super) fn limited(condition: &mut Condition, limit: usize) -> String {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    condition.values.push(Value::Int(limit));
    format!("LIMIT ${}", condition.values.len())
}

async fn entries(
    lease: &Lease,
    vault: &Opened,
    condition: Condition,
    rest: &str,
) -> Result<Vec<Result<Entry, StoreError>>, StoreError> {
    let sql = select_columns(vault.columns, &condition, rest);
    let rows = lease.rows(&sql, &condition.values).await?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in &rows {
        entries.push(sql::read(row, &vault.sealer)?.entry());
    }
    if entries.iter().any(Result::is_err) {
        // Whoever changed the key has made every row unreadable with the old one.
        lease.checked(lease.check().await, vault)?;
    }
    Ok(entries)
}

async fn counted<const N: usize>(
    lease: &Lease,
    sql: &str,
    values: &[Value],
) -> Result<[u64; N], StoreError> {
    let rows = lease.rows(sql, values).await?;
    let mut counts = [0; N];
    for (column, count) in counts.iter_mut().enumerate() {
        let number = rows.first().map_or(Ok(0), |row| get::<i64>(row, column))?;
        *count = number.unsigned_abs();
    }
    Ok(counts)
}
