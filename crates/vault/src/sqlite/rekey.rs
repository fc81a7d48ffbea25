//! A vault with another key.

use super::open::Opened;
use super::read::{Found, select, select_some};
use super::statement::execute;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::key::Key;
use crate::seal::Sealer;
use crate::sql::{self, Value};
use crate::store::Rekeyed;
use crate::time;

pub(super) fn rekey(opened: &Opened, new_key: &Key) -> Result<Rekeyed, StoreError> {
    const PAGE: usize = 500;
    // Whoever replaces a token could not store the new one.
    let held = select(opened, &sql::held(time::now_millis()), "LIMIT 1")?;
    if let Some(held) = held.first() {
        return Err(StoreError::busy(&held.read.entry.id));
    }
    let sealer = Sealer::new(new_key);
    let (mut rekeyed, mut after) = (Rekeyed::default(), None::<String>);
    loop {
        let condition = sql::page(&Filter::new(), after.as_deref(), time::now_millis());
        let rows = select_some(opened, condition, "ORDER BY id", PAGE)?;
        let Some(last) = rows.last() else { break };
        after = Some(last.read.entry.id.clone());
        for Found { row, read } in &rows {
            let entry = &read.entry;
            if read.damage.is_some() {
                rekeyed.damaged.push(entry.id.clone());
                continue;
            }
            let [expires_at, refresh_by] = sql::expiry(entry);
            let values = [
                Value::Bytes(sealer.seal(entry)?),
                expires_at,
                refresh_by,
                Value::Int(*row),
            ];
            execute(
                opened,
                "UPDATE token SET sealed = $1, expires_at = $2, refresh_by = $3 WHERE rowid = $4",
                &values,
            )?;
            rekeyed.rows += 1;
        }
    }
    execute(
        opened,
        "UPDATE vault SET probe = $1",
        &[Value::Bytes(sealer.probe()?)],
    )?;
    Ok(rekeyed)
}
