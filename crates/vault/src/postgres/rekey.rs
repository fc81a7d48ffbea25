//! Encrypting everything with another key.

use super::columns::get;
use super::error::store_error;
use super::lease::Lease;
use super::{NOW, Opened, pipeline, read};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::key::Key;
use crate::seal::Sealer;
use crate::sql::{self, Value};
use crate::store::Rekeyed;
use crate::vault::id;

const PAGE: usize = 500;

/// Every transaction that writes holds a lower lock on this table, so it either ended before or
/// finds the new key. Whoever waits for this one holds all others up, so it does not wait for long.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; \
    SET LOCAL lock_timeout = '5s'; \
    LOCK TABLE tokenturn.token IN EXCLUSIVE MODE";

const UPDATE: &str = "UPDATE tokenturn.token \
    SET sealed = new.sealed, expires_at = new.expires_at, refresh_by = new.refresh_by \
    FROM unnest($1::text[], $2::bytea[], $3::bigint[], $4::bigint[]) \
    AS new (id, sealed, expires_at, refresh_by) WHERE token.id = new.id";
const UPDATE_PROBE: &str = "UPDATE tokenturn.vault SET probe = $1";

pub(super) async fn all(
    lease: &Lease,
    vault: &Opened,
    new_key: &Key,
) -> Result<Rekeyed, StoreError> {
    let new = Sealer::new(new_key);
    lease.batch_execute(BEGIN).await.map_err(store_error)?;
    lease.checked(lease.check().await, vault)?;
    // Whoever replaces a token could not store the new one.
    let held = sql::held(NOW);
    let select = format!("SELECT id FROM tokenturn.token WHERE {} LIMIT 1", held.sql);
    if let Some(row) = lease.rows(&select, &held.values).await?.first() {
        return Err(StoreError::busy(get(row, 0)?));
    }
    let (mut rekeyed, mut after) = (Rekeyed::default(), None::<String>);
    loop {
        let rows = read::page(lease, vault, &Filter::new(), after.as_deref(), PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = Some(id(last).to_owned());
        let (mut ids, mut sealed) = (Vec::new(), Vec::new());
        let (mut expiries, mut refreshes) = (Vec::new(), Vec::new());
        for row in &rows {
            let Ok(entry) = row else {
                rekeyed.damaged.push(id(row).to_owned());
                continue;
            };
            ids.push(Value::id(&entry.id));
            sealed.push(Value::Bytes(new.seal(entry)?));
            let [expires_at, refresh_by] = sql::expiry(entry);
            expiries.push(expires_at);
            refreshes.push(refresh_by);
        }
        rekeyed.rows += ids.len() as u64;
        lease
            .rows(UPDATE, &[ids, sealed, expiries, refreshes])
            .await?;
    }
    let probe = vec![Value::Bytes(new.probe()?)];
    pipeline::commit(lease, &[(UPDATE_PROBE, probe)]).await?;
    Ok(rekeyed)
}
