//! Fleet runs, and the pace that all of them share.

use std::time::Duration;

use tokio::join;

use super::columns::get;
use super::error::store_error;
use super::lease::Lease;
use super::{Opened, pipeline, read};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::sql::{self, Value};
use crate::store::Run;
use crate::time;

const FIND: &str = "SELECT number, began_at FROM tokenturn.run \
    WHERE filter = $1 AND ended_at IS NULL AND number BETWEEN 1 AND $2 ORDER BY number DESC LIMIT 1";
const NEXT: &str = "SELECT COALESCE(max(number), 0) + 1 FROM tokenturn.run WHERE number < $1";
const INSERT: &str = "INSERT INTO tokenturn.run (number, filter, began_at) VALUES ($1, $2, $3)";
const LATER: &str =
    "SELECT filter FROM tokenturn.run WHERE number > $1 AND number < $2 AND ended_at IS NULL";
const RENUMBER: &str = "UPDATE tokenturn.token SET run = $1 WHERE run = $2";
const END: &str = "UPDATE tokenturn.run SET ended_at = $1 WHERE number = $2 AND ended_at IS NULL";

/// Until then, nobody else begins one.
const LOCK: &str = "LOCK TABLE tokenturn.run IN SHARE ROW EXCLUSIVE MODE";

/// So that there is a row to lock.
const MAKE_PACE: &str = "INSERT INTO tokenturn.pace (app, next, written) VALUES ($1, 0, 0) \
    ON CONFLICT (app) DO NOTHING";
const LOCK_PACE: &str = "SELECT next, written FROM tokenturn.pace WHERE app = $1 FOR UPDATE";
const UPDATE_PACE: &str = "UPDATE tokenturn.pace SET next = $1, written = $2 WHERE app = $3";

pub(super) async fn begin(
    lease: &Lease,
    vault: &Opened,
    filter: &Filter,
    resume_within: Duration,
) -> Result<Run, StoreError> {
    let (begun, locked, check) =
        join!(lease.begin(vault), lease.batch_execute(LOCK), lease.check());
    begun.and(locked).map_err(store_error)?;
    let now = lease.checked(check, vault)?;
    let Some(last) = last(lease, filter).await? else {
        return new(lease, filter, now, Vec::new()).await;
    };
    let end = (END, vec![Value::Int(now), Value::from(last.number)]);
    let is_over = read::count_run(lease, filter, &last).await?.left == 0;
    if is_over || last.is_too_old(resume_within, now) {
        let mut run = new(lease, filter, now, vec![end]).await?;
        run.instead_of = (!is_over).then_some(last.began_at);
        return Ok(run);
    }
    let next = next(lease).await?;
    if next.unsigned_abs() == last.number + 1 {
        lease.batch_execute("COMMIT").await.map_err(store_error)?;
        return Ok(last);
    }
    let (began_at, mut first) = (time::to_millis(last.began_at), vec![end]);
    if !is_shared(lease, filter, &last).await? {
        let values = vec![Value::Int(next), Value::from(last.number)];
        first.push((RENUMBER, values));
    }
    let mut run = new(lease, filter, began_at, first).await?;
    run.is_resumed = true;
    Ok(run)
}

/// Whether a later run that has not ended may mean the same rows.
async fn is_shared(lease: &Lease, filter: &Filter, run: &Run) -> Result<bool, StoreError> {
    let values = [Value::from(run.number), Value::Int(sql::SENSE)];
    for row in lease.rows(LATER, &values).await? {
        if filter.overlaps_json(get(&row, 0)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Begins one, after these statements.
async fn new(
    lease: &Lease,
    filter: &Filter,
    began_at: i64,
    mut first: Vec<(&'static str, Vec<Value>)>,
) -> Result<Run, StoreError> {
    let number = next(lease).await?;
    let values = vec![Value::Int(number), name(filter)?, Value::Int(began_at)];
    first.push((INSERT, values));
    pipeline::commit(lease, &first).await?;
    let began_at = time::from_millis(began_at);
    Ok(Run::new(number.unsigned_abs(), began_at, false))
}

async fn next(lease: &Lease) -> Result<i64, StoreError> {
    let rows = lease.rows(NEXT, &[Value::Int(sql::SENSE)]).await?;
    rows.first().map_or(Ok(1), |row| get(row, 0))
}

pub(super) async fn open(
    lease: &Lease,
    vault: &Opened,
    filter: &Filter,
    resume_within: Duration,
) -> Result<Option<Run>, StoreError> {
    let run = last(lease, filter).await?;
    let now = lease.checked(lease.check().await, vault)?;
    match run.filter(|run| !run.is_too_old(resume_within, now)) {
        Some(run) if read::count_run(lease, filter, &run).await?.left > 0 => Ok(Some(run)),
        _ => Ok(None),
    }
}

async fn last(lease: &Lease, filter: &Filter) -> Result<Option<Run>, StoreError> {
    let values = [name(filter)?, Value::Int(sql::SENSE)];
    let rows = lease.rows(FIND, &values).await?;
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

pub(super) async fn end(lease: &Lease, vault: &Opened, run: u64) -> Result<(), StoreError> {
    let (begun, check) = join!(lease.begin(vault), lease.check());
    begun.map_err(store_error)?;
    let now = lease.checked(check, vault)?;
    let values = vec![Value::Int(now), Value::from(run)];
    pipeline::commit(lease, &[(END, values)]).await
}

/// Two round trips, of which the second holds up whoever wants the next place.
pub(super) async fn reserve(
    lease: &Lease,
    vault: &Opened,
    app: &str,
    interval: Duration,
    hold: Duration,
) -> Result<Duration, StoreError> {
    let values = [Value::from(app)];
    let (begun, made, queue, check) = join!(
        lease.begin(vault),
        lease.ask(MAKE_PACE, &values),
        lease.ask(LOCK_PACE, &values),
        lease.check(),
    );
    begun.map_err(store_error)?;
    made.map_err(store_error)?;
    let queue = queue.map_err(store_error)?;
    let now = lease.checked(check, vault)?;
    let queue = queue.first().map(|row| Ok((get(row, 0)?, get(row, 1)?)));
    let (wait, next) = sql::place(queue.transpose()?, now, interval, hold);
    let values = vec![Value::Int(next), Value::Int(now), Value::from(app)];
    pipeline::commit(lease, &[(UPDATE_PACE, values)]).await?;
    Ok(wait)
}
