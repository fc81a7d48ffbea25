//! The versions of a vault's tables.

use rusqlite::Connection;

use super::store_error;
use crate::error::{StoreError, StoreErrorKind};

/// Each leads from the version that is its index to the next one. They are only ever added to.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql"), include_str!("schema-2.sql")];

/// Brings the tables to the newest version, within a transaction.
pub(super) fn run(connection: &Connection) -> Result<(), StoreError> {
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0));
    let version: usize = version.map_err(store_error)?;
    let Some(ahead) = MIGRATIONS.get(version..) else {
        let newest = MIGRATIONS.len();
        let message = format!(
            "the vault has version {version}, and this tokenturn knows versions up to {newest}; use the \
             newer tokenturn that wrote it"
        );
        return Err(StoreError::new(StoreErrorKind::NewerVersion, message));
    };
    for migration in ahead {
        connection.execute_batch(migration).map_err(store_error)?;
    }
    if !ahead.is_empty() {
        connection
            .pragma_update(None, "user_version", MIGRATIONS.len())
            .map_err(store_error)?;
    }
    Ok(())
}
