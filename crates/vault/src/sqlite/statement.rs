//! Statements that change something, prepared once.

use super::columns::bound;
use super::open::Opened;
use super::store_error;
use crate::error::StoreError;
use crate::sql::Value;

pub(super) fn execute(opened: &Opened, sql: &str, values: &[Value]) -> Result<usize, StoreError> {
    let mut statement = opened.connection.prepare_cached(sql).map_err(store_error)?;
    statement.execute(bound(values)).map_err(store_error)
}

/// Takes a value for each of the columns.
pub(super) fn insertion(table: &str, columns: &str) -> String {
    let values = placeholders(columns);
    format!("INSERT INTO {table} ({columns}) VALUES ({values})")
}

pub(super) fn placeholders(columns: &str) -> String {
    let values: Vec<&str> = columns.split(',').map(|_| "?").collect();
    values.join(", ")
}
