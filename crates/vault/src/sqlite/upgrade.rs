//! What a vault of an earlier version has not noted.

use super::open::Opened;
use super::read::{Found, select_some};
use super::statement::execute;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::sql::{self, Value};
use crate::time;

/// Notes until when each row is to be refreshed, within a transaction: the secrets tell.
pub(super) fn note_ends(opened: &Opened) -> Result<(), StoreError> {
    const PAGE: usize = 500;
    const UPDATE: &str = "UPDATE token SET expires_at = $1, refresh_by = $2 WHERE rowid = $3";
    let mut after = None::<String>;
    loop {
        let condition = sql::page(&Filter::new(), after.as_deref(), time::now_millis());
        let rows = select_some(opened, condition, "ORDER BY id", PAGE)?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = Some(last.read.entry.id.clone());
        for Found { row, read } in &rows {
            if read.damage.is_none() {
                let [expires_at, refresh_by] = sql::expiry(&read.entry);
                execute(opened, UPDATE, &[expires_at, refresh_by, Value::Int(*row)])?;
            }
        }
    }
}
