//! The versions of a vault's tables.

use super::columns::get;
use super::error::store_error;
use super::lease::Lease;
use crate::error::{StoreError, StoreErrorKind};
use crate::sql;

/// Each leads from the version that is its index to the next one. They are only ever added to.
const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("schema-2.sql"),
    include_str!("schema-3.sql"),
    include_str!("schema-4.sql"),
];

/// Begins a transaction that no other process opens the vault in. The number is nothing but ours.
const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock(8389202361193490798)";

/// Who may use the tables may not always make a schema, so this is not done for nothing.
const IS_THERE: &str = "SELECT to_regclass('tokenturn.version') IS NOT NULL";
const ENCODING: &str = "SELECT pg_catalog.getdatabaseencoding()::text";
const VERSION: &str = "SELECT number FROM tokenturn.version";
const MAKE: &str = "CREATE SCHEMA IF NOT EXISTS tokenturn; \
    CREATE TABLE tokenturn.version (number BIGINT NOT NULL); \
    INSERT INTO tokenturn.version (number) VALUES (0)";

/// Brings the tables to the newest version, in a transaction that it leaves open. Makes them where there
/// are none, if it may. Which one it was before, 0 where there were none.
pub(super) async fn run(lease: &Lease, may_make: bool) -> Result<i64, StoreError> {
    lease.batch_execute(BEGIN).await.map_err(store_error)?;
    if !is_there(lease).await? {
        if !may_make {
            return Err(none());
        }
        if get::<&str>(&lease.row(ENCODING).await?, 0)? != "UTF8" {
            return Err(StoreError::unsupported(
                "the database has another encoding than UTF8, so not every name could be stored, nor damage be \
                 read: make one with CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0",
            ));
        }
        lease.batch_execute(MAKE).await.map_err(store_error)?;
    }
    let version = version(lease).await?;
    let done = usize::try_from(version).ok();
    let ahead = done.and_then(|done| MIGRATIONS.get(done..));
    for migration in ahead.ok_or_else(|| newer(version))? {
        let step = format!("{migration}; UPDATE tokenturn.version SET number = number + 1");
        lease.batch_execute(&step).await.map_err(store_error)?;
    }
    Ok(version)
}

/// The columns of a row in a vault that is only read, whatever its version.
pub(super) async fn columns(lease: &Lease) -> Result<&'static str, StoreError> {
    if !is_there(lease).await? {
        return Err(none());
    }
    let version = version(lease).await?;
    sql::columns(version).ok_or_else(|| newer(version))
}

async fn is_there(lease: &Lease) -> Result<bool, StoreError> {
    get(&lease.row(IS_THERE).await?, 0)
}

async fn version(lease: &Lease) -> Result<i64, StoreError> {
    get(&lease.row(VERSION).await?, 0)
}

fn none() -> StoreError {
    StoreError::no_vault("there is no vault in the database")
}

fn newer(version: i64) -> StoreError {
    let newest = MIGRATIONS.len();
    let message = format!(
        "the vault has version {version}, and this tokenturn knows versions up to {newest}; use the newer \
         tokenturn that wrote it"
    );
    StoreError::new(StoreErrorKind::NewerVersion, message)
}
