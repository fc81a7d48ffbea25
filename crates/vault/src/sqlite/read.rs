//! Which rows there are.

use super::columns::{bound, unsigned};
use super::open::Opened;
use super::store_error;
use crate::entry::Entry;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::sql::{self, Columns, Condition, Read, Value};
use crate::time;

/// A row, and its number in the table, by which it is found without its name.
pub(super) struct Found {
    pub(super) row: i64,
    pub(super) read: Read,
}

impl Found {
    fn entry(self) -> Result<Entry, StoreError> {
        self.read.entry()
    }
}

pub(super) fn get(opened: &Opened, id: &str) -> Result<Option<Entry>, StoreError> {
    find(opened, id)?.map(Found::entry).transpose()
}

pub(super) fn page(
    opened: &Opened,
    filter: &Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Result<Entry, StoreError>>, StoreError> {
    sql::check(filter, opened.columns)?;
    let condition = sql::page(filter, after, time::now_millis());
    let rest = format!("ORDER BY id LIMIT {limit}");
    // Where a part of the file cannot be read, it may be the index of the names.
    for table in ["token", "token NOT INDEXED"] {
        match select_from(table, opened, &condition, &rest) {
            Err(error) if error.is_damaged() => {}
            rows => return Ok(rows?.into_iter().map(Found::entry).collect()),
        }
    }
    page_by_names(opened, filter, after, limit)
}

/// By the index of the names alone, each row by itself.
fn page_by_names(
    opened: &Opened,
    filter: &Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Result<Entry, StoreError>>, StoreError> {
    let (now, mut after) = (time::now_millis(), after.map(str::to_owned));
    let mut rows = Vec::new();
    while rows.is_empty() {
        let mut all = sql::page(&Filter::new(), after.as_deref(), now);
        let terms = &all.sql;
        all.sql = format!("SELECT id FROM token WHERE {terms} ORDER BY id LIMIT {limit}");
        let names = names(opened, &all)?;
        for name in &names {
            let mut condition = sql::filter(filter, now);
            condition.and("id = ?", [Value::id(name)]);
            match select(opened, &condition, "") {
                Ok(found) => rows.extend(found.into_iter().map(Found::entry)),
                Err(error) if error.is_damaged() => rows.push(Err(StoreError::damaged(name))),
                Err(error) => return Err(error),
            }
        }
        match names.into_iter().next_back() {
            Some(last) => after = Some(last),
            None => break,
        }
    }
    Ok(rows)
}

pub(super) fn count(opened: &Opened, filter: &Filter) -> Result<u64, StoreError> {
    sql::check(filter, opened.columns)?;
    let condition = sql::filter(filter, time::now_millis());
    let sql = format!("SELECT count(*) FROM token WHERE {}", condition.sql);
    let statement = opened.connection.prepare_cached(&sql);
    let mut statement = statement.map_err(store_error)?;
    let count = statement.query_row(bound(&condition.values), |row| unsigned(row, 0));
    count.map_err(store_error)
}

pub(super) fn out_of_reach(
    opened: &Opened,
    filter: &Filter,
    after: &str,
) -> Result<Vec<String>, StoreError> {
    let select = sql::out_of_reach("", filter, after, time::now_millis());
    names(opened, &select)
}

fn names(opened: &Opened, select: &Condition) -> Result<Vec<String>, StoreError> {
    let statement = opened.connection.prepare_cached(&select.sql);
    let mut statement = statement.map_err(store_error)?;
    let names = statement.query_map(bound(&select.values), |row| Ok(row.id(0)));
    let names = names.map_err(store_error)?;
    names.map(|id| id.map_err(store_error)?).collect()
}

pub(super) fn find(opened: &Opened, id: &str) -> Result<Option<Found>, StoreError> {
    let mut condition = Condition::default();
    condition.and("id = ?", [Value::id(id)]);
    Ok(select(opened, &condition, "")?.pop())
}

/// The first ones of them.
pub(super) fn select_some(
    opened: &Opened,
    mut condition: Condition,
    order: &str,
    limit: usize,
) -> Result<Vec<Found>, StoreError> {
    condition.values.push(Value::from(limit as u64));
    let last = condition.values.len();
    select(opened, &condition, &format!("{order} LIMIT ${last}"))
}

pub(super) fn select(
    opened: &Opened,
    condition: &Condition,
    rest: &str,
) -> Result<Vec<Found>, StoreError> {
    select_from("token", opened, condition, rest)
}

fn select_from(
    table: &str,
    opened: &Opened,
    condition: &Condition,
    rest: &str,
) -> Result<Vec<Found>, StoreError> {
    let (columns, terms) = (opened.columns, &condition.sql);
    let sql = format!("SELECT {columns}, rowid FROM {table} WHERE {terms} {rest}");
    let mut statement = opened
        .connection
        .prepare_cached(&sql)
        .map_err(store_error)?;
    let last = statement.column_count() - 1;
    let rows = statement.query(bound(&condition.values));
    let mut rows = rows.map_err(store_error)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        found.push(Found {
            row: row.get(last).map_err(store_error)?,
            read: sql::read(row, &opened.sealer)?,
        });
    }
    Ok(found)
}
