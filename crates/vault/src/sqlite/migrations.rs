//! The versions of a vault's tables.

use rusqlite::Connection;

use super::store_error;
use crate::error::{StoreError, StoreErrorKind};
use crate::sql;

/// Each leads from the version that is its index to the next one. They are only ever added to.
const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("schema-2.sql"),
    include_str!("schema-3.sql"),
    include_str!("schema-4.sql"),
];

/// What tells a vault from other files, from version 3 on: "tokn".
const APPLICATION: i64 = 0x746F_6B6E;

/// Refuses a file that is something else than a vault. An empty one becomes a vault, if it may.
pub(super) fn check(connection: &Connection, may_make: bool) -> Result<(), StoreError> {
    // Somebody else may make it just now: all is read of one moment.
    let _moment = connection.unchecked_transaction().map_err(store_error)?;
    let (version, application) = (number(connection, "user_version")?, id(connection)?);
    let sql = "SELECT count(*), count(*) FILTER (WHERE name IN ('vault', 'token', 'event', 'run', 'pace')) \
        FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let tables = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
    let is_vault = match (tables.map_err(store_error)?, version, application) {
        (_, _, APPLICATION) => true,
        // Without a mark, by its tables.
        ((5, 5), 1 | 2, 0) => true,
        ((0, 0), 0, 0) => may_make,
        _ => false,
    };
    match is_vault {
        true => Ok(()),
        false => Err(StoreError::no_vault("the file is not a vault")),
    }
}

/// The columns of a row in a vault that is only read, whatever its version.
pub(super) fn columns(connection: &Connection) -> Result<&'static str, StoreError> {
    check(connection, false)?;
    let version = number(connection, "user_version")?;
    sql::columns(version).ok_or_else(|| newer(version))
}

/// Brings the tables to the newest version, within a transaction. Which one it was before, 0
/// where there were none.
pub(super) fn run(connection: &Connection) -> Result<i64, StoreError> {
    let version = number(connection, "user_version")?;
    let done = usize::try_from(version).ok();
    let ahead = done.and_then(|done| MIGRATIONS.get(done..));
    let ahead = ahead.ok_or_else(|| newer(version))?;
    for migration in ahead {
        connection.execute_batch(migration).map_err(store_error)?;
    }
    if !ahead.is_empty() {
        connection
            .pragma_update(None, "user_version", MIGRATIONS.len() as i64)
            .map_err(store_error)?;
    }
    Ok(version)
}

fn newer(version: i64) -> StoreError {
    let newest = MIGRATIONS.len();
    let message = format!(
        "the vault has version {version}, and this tokenturn knows versions up to {newest}; use the newer \
         tokenturn that wrote it"
    );
    StoreError::new(StoreErrorKind::NewerVersion, message)
}

fn id(connection: &Connection) -> Result<i64, StoreError> {
    number(connection, "application_id")
}

fn number(connection: &Connection, pragma: &str) -> Result<i64, StoreError> {
    let number = connection.pragma_query_value(None, pragma, |row| row.get(0));
    number.map_err(store_error)
}
