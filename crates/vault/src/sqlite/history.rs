//! What became of rows.

use std::sync::LazyLock;
use std::time::Duration;

use rusqlite::OptionalExtension;
use tokenturn::Timestamp;

use super::columns::{bound, unsigned};
use super::open::Opened;
use super::statement::{execute, insertion, placeholders};
use super::store_error;
use crate::error::StoreError;
use crate::event::Event;
use crate::sql::{self, Value};
use crate::time;

static ADD: LazyLock<String> = LazyLock::new(|| insertion("event", sql::EVENT_VALUES));

/// No vault has so many events: numbers from there on are nonsense, as are those below 0.
const STRAY: i64 = 1 << 48;

/// Where there is no number left behind those that make sense, SQLite gives one.
static ADD_BESIDE_STRAYS: LazyLock<String> = LazyLock::new(|| {
    let (columns, values) = (sql::EVENT_VALUES, placeholders(sql::EVENT_VALUES));
    let last = "COALESCE(max(number), 0)";
    let number = format!(
        "SELECT CASE WHEN {last} < {STRAY} - 1 THEN {last} + 1 END \
         FROM event WHERE number BETWEEN 0 AND {STRAY} - 1"
    );
    format!("INSERT INTO event ({columns}, number) VALUES ({values}, ({number}))")
});

/// Adds what [`sql::event`] gives.
pub(super) fn add(opened: &Opened, event: &[Value]) -> Result<(), StoreError> {
    let sql = match has_strays(opened)? {
        // SQLite itself would go on from the highest of them.
        true => &ADD_BESIDE_STRAYS,
        false => &ADD,
    };
    execute(opened, sql, event).map(drop)
}

/// Whether the highest number of an event makes no sense. What a transaction adds does not change that.
fn has_strays(opened: &Opened) -> Result<bool, StoreError> {
    if let Some(known) = opened.has_strays.get() {
        return Ok(known);
    }
    let sql = "SELECT COALESCE(max(number), 0) NOT BETWEEN 0 AND $1 FROM event";
    let found = opened.connection.prepare_cached(sql);
    let mut found = found.map_err(store_error)?;
    let has_strays = found.query_row([STRAY - 2], |row| row.get(0));
    let has_strays = has_strays.map_err(store_error)?;
    opened.has_strays.set(Some(has_strays));
    Ok(has_strays)
}

/// The generation of a row that its history knows.
pub(super) fn last_generation(opened: &Opened, id: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COALESCE(max(generation), 0) FROM event WHERE id = $1 AND generation < $2";
    let values = [Value::id(id), Value::Int(sql::SENSE)];
    let last = opened
        .connection
        .query_row(sql, bound(&values), |row| row.get(0));
    last.map_err(store_error)
}

pub(super) fn read(
    opened: &Opened,
    id: Option<&str>,
    after: u64,
    limit: usize,
) -> Result<Vec<(u64, Event)>, StoreError> {
    let condition = sql::history(id, after);
    let (columns, sql) = (sql::EVENT_COLUMNS, condition.sql);
    let sql = format!("SELECT {columns} FROM event WHERE {sql} ORDER BY number LIMIT {limit}");
    let mut statement = opened
        .connection
        .prepare_cached(&sql)
        .map_err(store_error)?;
    let mut rows = statement
        .query(bound(&condition.values))
        .map_err(store_error)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        events.push(sql::read_event(row)?);
    }
    Ok(events)
}

pub(super) fn start(
    opened: &Opened,
    id: Option<&str>,
    since: Option<Timestamp>,
    last: Option<u64>,
) -> Result<Option<u64>, StoreError> {
    let (condition, rest) = sql::start(id, since, last);
    let sql = format!("SELECT number FROM event WHERE {} {rest}", condition.sql);
    let values = bound(&condition.values);
    let found = opened
        .connection
        .query_row(&sql, values, |row| unsigned(row, 0));
    found.optional().map_err(store_error)
}

pub(super) fn prune(
    opened: &Opened,
    older_than: Duration,
    after: u64,
) -> Result<(u64, Option<u64>), StoreError> {
    let (sql, values) = (sql::pruned_until(""), [Value::from(after)]);
    let next = opened
        .connection
        .query_row(&sql, bound(&values), |row| unsigned(row, 0));
    let next = next.map_err(store_error)?;
    let (sql, values) = sql::prune("", [after, next], older_than, time::now_millis());
    let pruned = execute(opened, &sql, &values)?;
    Ok((pruned as u64, (next > 0).then_some(next)))
}
