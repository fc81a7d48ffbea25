//! Fleet runs, and the pace that all of them share.

use std::time::Duration;

use tokio::join;

use super::columns::get;
use super::error::store_error;
use super::lease::{Lease, bound};
use super::{BEGIN, CHECK, checked, pipeline};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::seal::Sealer;
use crate::sql::{self, Value};
use crate::store::Run;
use crate::time;

const FIND: &str = "SELECT number, began_at FROM run \
    WHERE filter = $1 AND ended_at IS NULL ORDER BY number DESC LIMIT 1";
const NEXT: &str = "SELECT COALESCE(max(number), 0) + 1 FROM run";
const INSERT: &str = "INSERT INTO run (number, filter, began_at) VALUES ($1, $2, $3)";
const END_ALL: &str = "UPDATE run SET ended_at = $1 WHERE filter = $2 AND ended_at IS NULL";
const END: &str = "UPDATE run SET ended_at = $1 WHERE number = $2 AND ended_at IS NULL";

/// Until then, nobody else begins one.
const LOCK: &str = "LOCK TABLE run IN SHARE ROW EXCLUSIVE MODE";

/// So that there is a row to lock.
const MAKE_PACE: &str = "INSERT INTO pace (app, next, written) VALUES ($1, 0, 0) \
    ON CONFLICT (app) DO NOTHING";
const LOCK_PACE: &str = "SELECT next, written FROM pace WHERE app = $1 FOR UPDATE";
const UPDATE_PACE: &str = "UPDATE pace SET next = $1, written = $2 WHERE app = $3";

pub(super) async fn begin(
    lease: &Lease,
    sealer: &Sealer,
    filter: &Filter,
    afresh: bool,
) -> Result<Run, StoreError> {
    let filter = name(filter)?;
    lease.batch_execute(BEGIN).await.map_err(store_error)?;
    lease.batch_execute(LOCK).await.map_err(store_error)?;
    let check = lease.query_one(CHECK, &[]).await.map_err(store_error)?;
    let now = checked(&check, sealer)?;
    let mut statements = Vec::new();
    if afresh {
        statements.push((END_ALL, vec![Value::Int(now), filter.clone()]));
    } else if let Some(run) = find(lease, &filter).await? {
        lease.batch_execute("COMMIT").await.map_err(store_error)?;
        return Ok(run);
    }
    let next = lease.query_one(NEXT, &[]).await.map_err(store_error)?;
    let number: i64 = get(&next, 0)?;
    let values = vec![Value::Int(number), filter, Value::Int(now)];
    statements.push((INSERT, values));
    pipeline::commit(lease, &statements).await?;
    let began_at = time::from_millis(now);
    Ok(Run::new(number.unsigned_abs(), began_at, false))
}

pub(super) async fn open(lease: &Lease, filter: &Filter) -> Result<Option<Run>, StoreError> {
    find(lease, &name(filter)?).await
}

async fn find(lease: &Lease, filter: &Value) -> Result<Option<Run>, StoreError> {
    let rows = lease.rows(FIND, std::slice::from_ref(filter)).await?;
    let run = |row| {
        let (number, began_at): (i64, i64) = (get(row, 0)?, get(row, 1)?);
        let began_at = time::from_millis(began_at);
        Ok(Run::new(number.unsigned_abs(), began_at, true))
    };
    rows.first().map(run).transpose()
}

fn name(filter: &Filter) -> Result<Value, StoreError> {
    Ok(Value::Text(Some(filter.to_json()?)))
}

pub(super) async fn end(lease: &Lease, sealer: &Sealer, run: u64) -> Result<(), StoreError> {
    let (begun, check) = join!(lease.batch_execute(BEGIN), lease.query_one(CHECK, &[]));
    begun.map_err(store_error)?;
    let now = checked(&check.map_err(store_error)?, sealer)?;
    let values = vec![Value::Int(now), Value::from(run)];
    pipeline::commit(lease, &[(END, values)]).await
}

/// Two round trips, of which the second holds up whoever wants the next place.
pub(super) async fn reserve(
    lease: &Lease,
    sealer: &Sealer,
    app: &str,
    interval: Duration,
    hold: Duration,
) -> Result<Duration, StoreError> {
    let values = [Value::from(app)];
    let values = bound(&values);
    let make = lease.prepared(MAKE_PACE).await?;
    let lock = lease.prepared(LOCK_PACE).await?;
    let check = lease.prepared(CHECK).await?;
    let (begun, made, queue, check) = join!(
        lease.batch_execute(BEGIN),
        lease.execute(&make, &values),
        lease.query_one(&lock, &values),
        lease.query_one(&check, &[]),
    );
    begun.map_err(store_error)?;
    made.map_err(store_error)?;
    let queue = queue.map_err(store_error)?;
    let now = checked(&check.map_err(store_error)?, sealer)?;
    let queue = Some((get(&queue, 0)?, get(&queue, 1)?));
    let (wait, next) = sql::place(queue, now, interval, hold);
    let values = vec![Value::Int(next), Value::Int(now), Value::from(app)];
    pipeline::commit(lease, &[(UPDATE_PACE, values)]).await?;
    Ok(wait)
}
