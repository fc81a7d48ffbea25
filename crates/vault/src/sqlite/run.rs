//! The runs of fleets, and their pace.

use std::time::Duration;

use rusqlite::{OptionalExtension, params};

use super::columns::{bound, unsigned};
use super::open::Opened;
use super::statement::execute;
use super::store_error;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::sql::{self, Columns, Value};
use crate::store::{Run, RunCount};
use crate::time;

pub(super) fn begin(
    opened: &Opened,
    filter: &Filter,
    resume_within: Duration,
) -> Result<Run, StoreError> {
    let now = time::now_millis();
    let Some(before) = last(opened, filter)? else {
        return new(opened, filter, now);
    };
    let is_over = count(opened, filter, &before)?.left == 0;
    if is_over || before.is_too_old(resume_within, now) {
        end(opened, before.number)?;
        let mut run = new(opened, filter, now)?;
        run.instead_of = (!is_over).then_some(before.began_at);
        return Ok(run);
    }
    if !has_later(opened, &before)? {
        return Ok(before);
    }
    end(opened, before.number)?;
    let keeps_rows = !is_shared(opened, filter, &before)?;
    let mut run = new(opened, filter, time::to_millis(before.began_at))?;
    run.is_resumed = true;
    if keeps_rows {
        let values = [Value::from(run.number), Value::from(before.number)];
        execute(opened, "UPDATE token SET run = $1 WHERE run = $2", &values)?;
    }
    Ok(run)
}

fn new(opened: &Opened, filter: &Filter, began_at: i64) -> Result<Run, StoreError> {
    let number = opened.connection.query_row(
        "INSERT INTO run (number, filter, began_at) \
         VALUES ((SELECT COALESCE(max(number), 0) + 1 FROM run WHERE number < $1), $2, $3) \
         RETURNING number",
        params![sql::SENSE, filter.to_json()?, began_at],
        |row| unsigned(row, 0),
    );
    let number = number.map_err(store_error)?;
    Ok(Run::new(number, time::from_millis(began_at), false))
}

fn has_later(opened: &Opened, run: &Run) -> Result<bool, StoreError> {
    let found = opened.connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM run WHERE number > $1 AND number < $2)",
        bound(&later_than(run)),
        |row| row.get(0),
    );
    found.map_err(store_error)
}

/// Whether a later run that has not ended may mean the same rows.
fn is_shared(opened: &Opened, filter: &Filter, run: &Run) -> Result<bool, StoreError> {
    let later = "SELECT filter FROM run WHERE number > $1 AND number < $2 AND ended_at IS NULL";
    let mut statement = opened.connection.prepare(later).map_err(store_error)?;
    let later = later_than(run);
    let rows = statement.query(bound(&later));
    let (mut rows, mut is_shared) = (rows.map_err(store_error)?, false);
    while let Some(row) = rows.next().map_err(store_error)? {
        let other = row.text(0)?.unwrap_or_default();
        is_shared |= filter.overlaps_json(&other);
    }
    Ok(is_shared)
}

fn later_than(run: &Run) -> [Value; 2] {
    [Value::from(run.number), Value::Int(sql::SENSE)]
}

pub(super) fn open(
    opened: &Opened,
    filter: &Filter,
    resume_within: Duration,
) -> Result<Option<Run>, StoreError> {
    let now = time::now_millis();
    let run = last(opened, filter)?.filter(|run| !run.is_too_old(resume_within, now));
    match run {
        Some(run) if count(opened, filter, &run)?.left > 0 => Ok(Some(run)),
        _ => Ok(None),
    }
}

fn last(opened: &Opened, filter: &Filter) -> Result<Option<Run>, StoreError> {
    let found = opened.connection.query_row(
        "SELECT number, began_at FROM run \
         WHERE filter = $1 AND ended_at IS NULL AND number BETWEEN 1 AND $2 \
         ORDER BY number DESC LIMIT 1",
        params![filter.to_json()?, sql::SENSE],
        |row| {
            let began_at = time::from_millis(row.get(1)?);
            Ok(Run::new(unsigned(row, 0)?, began_at, true))
        },
    );
    found.optional().map_err(store_error)
}

pub(super) fn count(opened: &Opened, filter: &Filter, run: &Run) -> Result<RunCount, StoreError> {
    let count = sql::count_run("", filter, run, time::now_millis());
    let statement = opened.connection.prepare_cached(&count.sql);
    let mut statement = statement.map_err(store_error)?;
    let count = statement.query_row(bound(&count.values), |row| {
        Ok(RunCount {
            done: unsigned(row, 0)?,
            left: unsigned(row, 1)?,
        })
    });
    count.map_err(store_error)
}

pub(super) fn end(opened: &Opened, run: u64) -> Result<(), StoreError> {
    let values = [Value::Int(time::now_millis()), Value::from(run)];
    execute(
        opened,
        "UPDATE run SET ended_at = $1 WHERE number = $2 AND ended_at IS NULL",
        &values,
    )?;
    Ok(())
}

pub(super) fn reserve(
    opened: &Opened,
    app: &str,
    interval: Duration,
    hold: Duration,
) -> Result<Duration, StoreError> {
    let now = time::now_millis();
    let connection = &opened.connection;
    let found = connection.query_row(
        "SELECT next, written FROM pace WHERE app = $1",
        [app],
        |row| Ok((row.get(0)?, row.get(1)?)),
    );
    let queue = found.optional().map_err(store_error)?;
    let (wait, next) = sql::place(queue, now, interval, hold);
    let values = [Value::from(app), Value::Int(next), Value::Int(now)];
    execute(
        opened,
        "INSERT INTO pace (app, next, written) VALUES ($1, $2, $3) \
         ON CONFLICT (app) DO UPDATE SET next = excluded.next, written = excluded.written",
        &values,
    )?;
    Ok(wait)
}
