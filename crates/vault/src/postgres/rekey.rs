//! Encrypting everything with another key.

use super::columns::get;
use super::error::store_error;
use super::lease::Lease;
use super::{CHECK, NOW, checked, pipeline, read};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::key::Key;
use crate::seal::Sealer;
use crate::sql::{self, Value};

const PAGE: usize = 500;

/// Every transaction that writes holds a lower lock on this table, so it either ended before or
/// finds the new key. Whoever waits for this one holds all others up, so it does not wait for long.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; \
    SET LOCAL lock_timeout = '5s'; \
    LOCK TABLE token IN EXCLUSIVE MODE";

const UPDATE: &str = "UPDATE token SET sealed = new.sealed \
    FROM unnest($1::text[], $2::bytea[]) AS new (id, sealed) WHERE token.id = new.id";
const UPDATE_PROBE: &str = "UPDATE vault SET probe = $1";

pub(super) async fn all(lease: &Lease, old: &Sealer, new_key: &Key) -> Result<u64, StoreError> {
    let new = Sealer::new(new_key);
    lease.batch_execute(BEGIN).await.map_err(store_error)?;
    let check = lease.query_one(CHECK, &[]).await.map_err(store_error)?;
    checked(&check, old)?;
    // Whoever replaces a token could not store the new one.
    let held = sql::held(NOW);
    let select = format!("SELECT id FROM token WHERE {} LIMIT 1", held.sql);
    if let Some(row) = lease.rows(&select, &held.values).await?.first() {
        return Err(StoreError::busy(get(row, 0)?));
    }
    let update = lease.prepared(UPDATE).await?;
    let (mut count, mut after) = (0, None::<String>);
    loop {
        let rows = read::page(lease, old, &Filter::new(), after.as_deref(), PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.id.clone());
        let (mut ids, mut sealed) = (Vec::new(), Vec::new());
        for entry in &rows {
            ids.push(entry.id.as_str());
            sealed.push(new.seal(&entry.id, entry.generation, &entry.tokens)?);
        }
        let updated = lease.execute(&update, &[&ids, &sealed]).await;
        count += updated.map_err(store_error)?;
    }
    let probe = vec![Value::Bytes(new.probe()?)];
    pipeline::commit(lease, &[(UPDATE_PROBE, probe)]).await?;
    Ok(count)
}
