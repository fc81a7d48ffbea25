//! Changing rows that are locked.

use tokio::join;
use tokio_postgres::Row;

use super::error::store_error;
use super::lease::{Lease, bound};
use super::{BEGIN, CHECK, NOW, checked, pipeline, read};
use crate::change::{Action, Change};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::seal::Sealer;
use crate::sql::{self, Condition, Value};
use crate::store::{Changed, Ready};

/// Two round trips: one locks the row, and one saves what has become of it.
pub(super) async fn one(
    lease: &Lease,
    sealer: &Sealer,
    id: &str,
    change: &Change,
) -> Result<Option<Changed>, StoreError> {
    let mut condition = Condition::default();
    condition.and("id = ?", [Value::from(id)]);
    let select = lease
        .prepared(&read::select(&condition, "FOR UPDATE"))
        .await?;
    let check = lease.prepared(CHECK).await?;
    let values = bound(&condition.values);
    let (begun, rows, check) = join!(
        lease.batch_execute(BEGIN),
        lease.query(&select, &values),
        // Last: it reads the clock and the key when the row is locked.
        lease.query_one(&check, &[]),
    );
    begun.map_err(store_error)?;
    let rows = rows.map_err(store_error)?;
    let now = checked(&check.map_err(store_error)?, sealer)?;
    let mut changed = apply(lease, sealer, &rows, change, now).await?;
    Ok(changed.pop())
}

pub(super) async fn next(
    lease: &Lease,
    sealer: &Sealer,
    filter: &Filter,
    ready: Ready,
    limit: usize,
    change: &Change,
) -> Result<Vec<Changed>, StoreError> {
    lease.batch_execute(BEGIN).await.map_err(store_error)?;
    let mut rows = Vec::new();
    for mut condition in sql::ready(filter, ready, NOW) {
        let limit = read::limited(&mut condition, limit - rows.len());
        let rest = format!("ORDER BY run {limit} FOR UPDATE SKIP LOCKED");
        let sql = read::select(&condition, &rest);
        rows.extend(lease.rows(&sql, &condition.values).await?);
    }
    let check = lease.prepared(CHECK).await?;
    let check = lease.query_one(&check, &[]).await.map_err(store_error)?;
    let now = checked(&check, sealer)?;
    apply(lease, sealer, &rows, change, now).await
}

/// Lets the change decide about the locked rows, saves it, and commits.
async fn apply(
    lease: &Lease,
    sealer: &Sealer,
    rows: &[Row],
    change: &Change,
    now: i64,
) -> Result<Vec<Changed>, StoreError> {
    let (mut all, mut statements) = (Vec::new(), Vec::new());
    for row in rows {
        let mut entry = sql::entry(row, sealer)?;
        let generation = entry.generation;
        let applied = change.apply(&mut entry, now);
        match applied.action() {
            Action::Leave => {}
            Action::Save => statements.push(save(&entry, generation, sealer)?),
            Action::Delete => statements.push((sql::DELETE, vec![name(&entry)])),
        }
        if let Some(event) = applied.event() {
            statements.push((sql::INSERT_EVENT, sql::event(event)));
        }
        all.push(Changed::new(entry, applied));
    }
    pipeline::commit(lease, &statements).await?;
    Ok(all)
}

fn save(
    entry: &Entry,
    generation: u64,
    sealer: &Sealer,
) -> Result<(&'static str, Vec<Value>), StoreError> {
    let mut values = sql::progress(entry);
    let statement = match entry.generation == generation {
        true => sql::UPDATE_PROGRESS,
        false => {
            values.extend(sql::secrets(entry, sealer)?);
            sql::UPDATE_ALL
        }
    };
    values.push(name(entry));
    Ok((statement, values))
}

fn name(entry: &Entry) -> Value {
    Value::from(entry.id.as_str())
}
