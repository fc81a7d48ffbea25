//! The versions of a vault's tables.

use super::error::store_error;
use super::lease::Lease;
use crate::error::{StoreError, StoreErrorKind};

/// Each leads from the version that is its index to the next one. They are only ever added to.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql"), include_str!("schema-2.sql")];

/// Begins a transaction that no other process opens the vault in. The number is nothing but ours.
const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock(8389202361193490798)";

/// Who may use the tables may not always make a schema, so this is not done for nothing.
const IS_THERE: &str = "SELECT to_regclass('tokenturn.version') IS NOT NULL";
const MAKE: &str = "CREATE SCHEMA IF NOT EXISTS tokenturn; \
    CREATE TABLE tokenturn.version (number BIGINT NOT NULL); \
    INSERT INTO tokenturn.version (number) VALUES (0)";

/// Brings the tables to the newest version, in a transaction that it leaves open.
pub(super) async fn run(lease: &Lease) -> Result<(), StoreError> {
    lease.batch_execute(BEGIN).await.map_err(store_error)?;
    let is_there = lease.query_one(IS_THERE, &[]).await.map_err(store_error)?;
    if !is_there.get::<_, bool>(0) {
        lease.batch_execute(MAKE).await.map_err(store_error)?;
    }
    let row = lease.query_one("SELECT number FROM version", &[]).await;
    let version: i64 = row.and_then(|row| row.try_get(0)).map_err(store_error)?;
    let ahead = usize::try_from(version)
        .ok()
        .and_then(|done| MIGRATIONS.get(done..));
    let Some(ahead) = ahead else {
        let newest = MIGRATIONS.len();
        let message = format!(
            "the vault has version {version}, and this tokenturn knows versions up to {newest}; use the \
             newer tokenturn that wrote it"
        );
        return Err(StoreError::new(StoreErrorKind::NewerVersion, message));
    };
    for migration in ahead {
        let step = format!("{migration}; UPDATE version SET number = number + 1");
        lease.batch_execute(&step).await.map_err(store_error)?;
    }
    Ok(())
}
