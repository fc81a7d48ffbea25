//! What a vault of an earlier version has not noted.

use super::lease::Lease;
use super::{Opened, read};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::sql::{self, Value};
use crate::vault::id;

const UPDATE: &str = "UPDATE tokenturn.token \
    SET expires_at = new.expires_at, refresh_by = new.refresh_by \
    FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS new (id, expires_at, refresh_by) \
    WHERE token.id = new.id";

/// Notes until when each row is to be refreshed, within a transaction: the secrets tell.
pub(super) async fn note_ends(lease: &Lease, vault: &Opened) -> Result<(), StoreError> {
    const PAGE: usize = 500;
    let mut after = None::<String>;
    loop {
        let rows = read::page(lease, vault, &Filter::new(), after.as_deref(), PAGE).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = Some(id(last).to_owned());
        let (mut ids, mut ends, mut refreshes) = (Vec::new(), Vec::new(), Vec::new());
        for entry in rows.iter().flatten() {
            let [expires_at, refresh_by] = sql::expiry(entry);
            ids.push(Value::id(&entry.id));
            ends.push(expires_at);
            refreshes.push(refresh_by);
        }
        lease.rows(UPDATE, &[ids, ends, refreshes]).await?;
    }
}
