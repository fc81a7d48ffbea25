//! What the methods of the store do on a connection.

use std::time::Duration;

use rusqlite::{OptionalExtension, params, params_from_iter};
use tokio::sync::mpsc::Receiver;

use super::open::Opened;
use super::store_error;
use crate::change::{Action, Change};
use crate::entry::Entry;
use crate::error::{StoreError, StoreErrorKind};
use crate::event::Event;
use crate::filter::Filter;
use crate::key::Key;
use crate::seal::Sealer;
use crate::sql::{self, Condition, Value};
use crate::store::{Changed, Ready, Run, RunCount};
use crate::time;

pub(super) fn get(opened: &Opened, id: &str) -> Result<Option<Entry>, StoreError> {
    let mut condition = Condition::default();
    condition.and("id = ?", [Value::from(id)]);
    Ok(select(opened, &condition, "")?.pop())
}

pub(super) fn page(
    opened: &Opened,
    filter: &Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let condition = sql::page(filter, after, time::now_millis());
    select_some(opened, condition, "ORDER BY id", limit)
}

pub(super) fn count(opened: &Opened, filter: &Filter) -> Result<u64, StoreError> {
    count_where(opened, &sql::filter(filter, time::now_millis()))
}

pub(super) fn count_run(
    opened: &Opened,
    filter: &Filter,
    run: u64,
) -> Result<RunCount, StoreError> {
    let (done, left) = sql::of_run(filter, run, time::now_millis());
    Ok(RunCount {
        done: count_where(opened, &done)?,
        left: count_where(opened, &left)?,
    })
}

pub(super) fn insert(
    opened: &Opened,
    chunks: &mut Receiver<Option<Vec<Entry>>>,
    actor: &str,
) -> Result<u64, StoreError> {
    let mut count = 0;
    loop {
        match chunks.blocking_recv() {
            Some(Some(chunk)) => {
                for entry in chunk {
                    if execute(
                        opened,
                        sql::INSERT,
                        &sql::insertion(&entry, &opened.sealer)?,
                    )? == 0
                    {
                        return Err(StoreError::taken(&entry.id));
                    }
                    add_event(opened, &Event::put(&entry, actor))?;
                    count += 1;
                }
            }
            Some(None) => return Ok(count),
            None => {
                let message = "nothing was put in, because not all could be read";
                return Err(StoreError::new(StoreErrorKind::Other, message));
            }
        }
    }
}

pub(super) fn change(
    opened: &Opened,
    id: &str,
    change: &Change,
) -> Result<Option<Changed>, StoreError> {
    let entry = get(opened, id)?;
    entry.map(|entry| apply(opened, entry, change)).transpose()
}

pub(super) fn change_next(
    opened: &Opened,
    filter: &Filter,
    ready: Ready,
    limit: usize,
    change: &Change,
) -> Result<Vec<Changed>, StoreError> {
    let mut changed = Vec::new();
    let mut conditions = sql::ready(filter, ready, time::now_millis());
    if !opened.is_time_for_doubts() {
        conditions.reverse();
    }
    for condition in conditions {
        let left = limit - changed.len();
        if left == 0 {
            break;
        }
        for entry in select_some(opened, condition, "", left)? {
            changed.push(apply(opened, entry, change)?);
        }
    }
    Ok(changed)
}

fn apply(opened: &Opened, mut entry: Entry, change: &Change) -> Result<Changed, StoreError> {
    let before = entry.secrets();
    let applied = match is_not_its_own(opened, &entry, change)? {
        true => change.refuse(),
        false => change.apply(&mut entry, time::now_millis()),
    };
    let id = Value::from(entry.id.as_str());
    match applied.action() {
        Action::Leave => {}
        Action::Delete => {
            execute(opened, sql::DELETE, &[id])?;
        }
        Action::Save => {
            let mut values = sql::progress(&entry);
            let statement = match entry.secrets() == before {
                true => sql::UPDATE_PROGRESS,
                false => {
                    values.extend(sql::secrets(&entry, &opened.sealer)?);
                    sql::UPDATE_ALL
                }
            };
            values.push(id);
            execute(opened, statement, &values)?;
        }
    }
    if let Some(event) = applied.event() {
        add_event(opened, event)?;
    }
    Ok(Changed::new(entry, applied))
}

/// Whether another row has, or has had, the token that the change is to store, or this one has had it
/// already.
fn is_not_its_own(opened: &Opened, entry: &Entry, change: &Change) -> Result<bool, StoreError> {
    let Some(name) = change.new_name() else {
        return Ok(false);
    };
    let sql = "SELECT EXISTS (SELECT 1 FROM event \
        WHERE substr(new, 1, 16) = substr($1, 1, 16) AND new = $1 AND (id <> $2 OR $3))";
    let mut statement = opened.connection.prepare_cached(sql).map_err(store_error)?;
    let values = params![name, entry.id, change.is_first(entry)];
    let found = statement.query_row(values, |row| row.get(0));
    found.map_err(store_error)
}

pub(super) fn history(
    opened: &Opened,
    id: Option<&str>,
    after: u64,
    limit: usize,
) -> Result<Vec<(u64, Event)>, StoreError> {
    let condition = sql::history(id, after);
    let (columns, sql) = (sql::EVENT_COLUMNS, condition.sql);
    let sql = format!("SELECT {columns} FROM event WHERE {sql} ORDER BY number LIMIT {limit}");
    let mut statement = opened
        .connection
        .prepare_cached(&sql)
        .map_err(store_error)?;
    let mut rows = statement
        .query(params_from_iter(condition.values))
        .map_err(store_error)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        events.push(sql::read_event(row)?);
    }
    Ok(events)
}

pub(super) fn begin_run(opened: &Opened, filter: &Filter, afresh: bool) -> Result<Run, StoreError> {
    let connection = &opened.connection;
    let now = time::now_millis();
    let name = filter.to_json()?;
    if afresh {
        let ended = connection.execute(
            "UPDATE run SET ended_at = $1 WHERE filter = $2 AND ended_at IS NULL",
            params![now, name],
        );
        ended.map_err(store_error)?;
    }
    if let Some(run) = open_run(opened, filter)? {
        return Ok(run);
    }
    let number = connection.query_row(
        "INSERT INTO run (filter, began_at) VALUES ($1, $2) RETURNING number",
        params![name, now],
        |row| row.get(0),
    );
    Ok(Run::new(
        number.map_err(store_error)?,
        time::from_millis(now),
        false,
    ))
}

pub(super) fn open_run(opened: &Opened, filter: &Filter) -> Result<Option<Run>, StoreError> {
    let found = opened.connection.query_row(
        "SELECT number, began_at FROM run WHERE filter = $1 AND ended_at IS NULL \
         ORDER BY number DESC LIMIT 1",
        [filter.to_json()?],
        |row| Ok(Run::new(row.get(0)?, time::from_millis(row.get(1)?), true)),
    );
    found.optional().map_err(store_error)
}

pub(super) fn end_run(opened: &Opened, run: u64) -> Result<(), StoreError> {
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

pub(super) fn rekey(opened: &Opened, new_key: &Key) -> Result<u64, StoreError> {
    const PAGE: usize = 500;
    // Whoever replaces a token could not store the new one.
    let held = select(opened, &sql::held(time::now_millis()), "LIMIT 1")?;
    if let Some(entry) = held.first() {
        return Err(StoreError::busy(&entry.id));
    }
    let sealer = Sealer::new(new_key);
    let (mut count, mut after) = (0, None::<String>);
    loop {
        let rows = page(opened, &Filter::new(), after.as_deref(), PAGE)?;
        let Some(last) = rows.last() else { break };
        after = Some(last.id.clone());
        for entry in &rows {
            let sealed = sealer.seal(&entry.id, entry.generation, &entry.tokens)?;
            let values = [Value::Bytes(sealed), Value::from(entry.id.as_str())];
            execute(
                opened,
                "UPDATE token SET sealed = $1 WHERE id = $2",
                &values,
            )?;
            count += 1;
        }
    }
    execute(
        opened,
        "UPDATE vault SET probe = $1",
        &[Value::Bytes(sealer.probe()?)],
    )?;
    Ok(count)
}

fn add_event(opened: &Opened, event: &Event) -> Result<(), StoreError> {
    execute(opened, sql::INSERT_EVENT, &sql::event(event)).map(drop)
}

/// The first ones of them.
fn select_some(
    opened: &Opened,
    mut condition: Condition,
    order: &str,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    condition.values.push(Value::from(limit as u64));
    let last = condition.values.len();
    select(opened, &condition, &format!("{order} LIMIT ${last}"))
}

fn select(opened: &Opened, condition: &Condition, rest: &str) -> Result<Vec<Entry>, StoreError> {
    let sql = format!(
        "SELECT {} FROM token WHERE {} {rest}",
        sql::COLUMNS,
        condition.sql
    );
    let mut statement = opened
        .connection
        .prepare_cached(&sql)
        .map_err(store_error)?;
    let rows = statement.query(params_from_iter(&condition.values));
    let mut rows = rows.map_err(store_error)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        entries.push(sql::entry(row, &opened.sealer)?);
    }
    Ok(entries)
}

fn count_where(opened: &Opened, condition: &Condition) -> Result<u64, StoreError> {
    let sql = format!("SELECT count(*) FROM token WHERE {}", condition.sql);
    let mut statement = opened
        .connection
        .prepare_cached(&sql)
        .map_err(store_error)?;
    let count = statement.query_row(params_from_iter(&condition.values), |row| row.get(0));
    count.map_err(store_error)
}

fn execute(opened: &Opened, sql: &str, values: &[Value]) -> Result<usize, StoreError> {
    let mut statement = opened.connection.prepare_cached(sql).map_err(store_error)?;
    statement
        .execute(params_from_iter(values))
        .map_err(store_error)
}
