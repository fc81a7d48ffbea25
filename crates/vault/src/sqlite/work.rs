//! What the methods of the store do on a connection.

use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::Duration;

use super::columns::bound;
use super::open::Opened;
use super::store_error;
use crate::change::{Action, Change};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::event::Event;
use crate::filter::Filter;
use crate::key::Key;
use crate::seal::Sealer;
use crate::sql::{self, Before, Columns, Condition, Read, Spool, Value};
use crate::store::{Changed, Ready, Rekeyed, Run, RunCount};
use crate::time;
use rusqlite::{OptionalExtension, params};
use tokenturn::Timestamp;

/// Behind the last one that makes sense: SQLite itself would go on from any number.
static ADD_EVENT: LazyLock<String> = LazyLock::new(|| {
    let (columns, last) = (sql::EVENT_VALUES, sql::SENSE - 1);
    let next = format!("SELECT COALESCE(max(number), 0) + 1 FROM event WHERE number <= {last}");
    let values = placeholders(columns);
    format!("INSERT INTO event (number, {columns}) VALUES (({next}), {values})")
});

pub(super) fn get(opened: &Opened, id: &str) -> Result<Option<Entry>, StoreError> {
    find(opened, id)?.map(Read::entry).transpose()
}

pub(super) fn page(
    opened: &Opened,
    filter: &Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Result<Entry, StoreError>>, StoreError> {
    let condition = sql::page(filter, after, time::now_millis());
    let rest = format!("ORDER BY id LIMIT {limit}");
    // Where a part of the file cannot be read, it may be the index of the names.
    for table in ["token", "token NOT INDEXED"] {
        match select_from(table, opened, &condition, &rest) {
            Err(error) if error.is_damaged() => {}
            rows => return Ok(rows?.into_iter().map(Read::entry).collect()),
        }
    }
    page_by_names(opened, filter, after, limit)
}

/// By the index of the names alone, each row by itself.
fn page_by_names(
    opened: &Opened,
    filter: &Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Result<Entry, StoreError>>, StoreError> {
    let (now, mut after) = (time::now_millis(), after.map(str::to_owned));
    let mut rows = Vec::new();
    while rows.is_empty() {
        let mut all = sql::page(&Filter::new(), after.as_deref(), now);
        let terms = &all.sql;
        all.sql = format!("SELECT id FROM token WHERE {terms} ORDER BY id LIMIT {limit}");
        let names = names(opened, &all)?;
        for name in &names {
            let mut condition = sql::filter(filter, now);
            condition.and("id = ?", [Value::id(name)]);
            match select(opened, &condition, "") {
                Ok(found) => rows.extend(found.into_iter().map(Read::entry)),
                Err(error) if error.is_damaged() => rows.push(Err(StoreError::damaged(name))),
                Err(error) => return Err(error),
            }
        }
        match names.into_iter().next_back() {
            Some(last) => after = Some(last),
            None => break,
        }
    }
    Ok(rows)
}

fn names(opened: &Opened, select: &Condition) -> Result<Vec<String>, StoreError> {
    let statement = opened.connection.prepare_cached(&select.sql);
    let mut statement = statement.map_err(store_error)?;
    let names = statement.query_map(bound(&select.values), |row| Ok(row.id(0)));
    let names = names.map_err(store_error)?;
    names.map(|id| id.map_err(store_error)?).collect()
}

pub(super) fn count(opened: &Opened, filter: &Filter) -> Result<u64, StoreError> {
    count_where(opened, &sql::filter(filter, time::now_millis()))
}

pub(super) fn out_of_reach(
    opened: &Opened,
    filter: &Filter,
    after: &str,
) -> Result<Vec<String>, StoreError> {
    let select = sql::out_of_reach("", filter, after, time::now_millis());
    names(opened, &select)
}

pub(super) fn count_run(
    opened: &Opened,
    filter: &Filter,
    run: &Run,
) -> Result<RunCount, StoreError> {
    let (done, left) = sql::of_run(filter, run, time::now_millis());
    Ok(RunCount {
        done: count_where(opened, &done)?,
        left: count_where(opened, &left)?,
    })
}

pub(super) fn insert(opened: &Opened, spool: &mut Spool) -> Result<u64, StoreError> {
    let (mut count, now) = (0, time::now_millis());
    // A second time it does it again.
    spool.rewind()?;
    let sql = insertion("token", sql::COLUMNS);
    let sql = format!("{sql} ON CONFLICT (id) DO NOTHING");
    while let Some(record) = spool.next(now)? {
        if execute(opened, &sql, &record.row)? == 0 {
            return Err(StoreError::taken(record.id()));
        }
        execute(opened, &ADD_EVENT, &record.event)?;
        count += 1;
    }
    Ok(count)
}

pub(super) fn change(
    opened: &Opened,
    id: &str,
    change: &Change,
) -> Result<Option<Changed>, StoreError> {
    let read = find(opened, id)?;
    read.map(|read| apply(opened, read, change)?).transpose()
}

pub(super) fn change_next(
    opened: &Opened,
    filter: &Filter,
    ready: Ready,
    limit: usize,
    change: &Change,
) -> Result<Vec<Result<Changed, StoreError>>, StoreError> {
    let mut changed = Vec::new();
    let conditions = sql::ready(filter, ready, &opened.doubts, time::now_millis());
    let order = match ready {
        Ready::Undelivered => "ORDER BY deliver_until",
        Ready::ForRun { .. } | Ready::InDoubt => "",
    };
    for condition in conditions {
        let left = limit - changed.len();
        if left == 0 {
            break;
        }
        for read in select_some(opened, condition, order, left)? {
            changed.push(apply(opened, read, change)?);
        }
    }
    Ok(changed)
}

/// What is wrong with the row alone is the inner error.
fn apply(
    opened: &Opened,
    mut read: Read,
    change: &Change,
) -> Result<Result<Changed, StoreError>, StoreError> {
    if read.damage.is_some() && change.is_put() {
        read.generation_after(last_generation(opened, &read.entry.id)?);
    }
    let before = Before::of(&read);
    let now = time::now_millis();
    let admitted = |entry: &Entry| is_its_own(opened, entry, change);
    let applied = match read.apply(change, admitted, now) {
        Ok(applied) => applied,
        Err(error) if error.is_damaged() && error.id().is_some() => return Ok(Err(error)),
        Err(error) => return Err(error),
    };
    let entry = read.entry;
    let id = Value::id(&entry.id);
    match applied.action() {
        Action::Leave => {}
        Action::Delete => {
            execute(opened, "DELETE FROM token WHERE id = $1", &[id])?;
        }
        Action::Save => {
            let changed = before.changed(&entry);
            let mut values = changed.values(&entry, &opened.sealer)?;
            values.push(id);
            execute(opened, &update(&changed.columns()), &values)?;
        }
    }
    if let Some(event) = applied.event() {
        let values = sql::event(event);
        execute(opened, &ADD_EVENT, &values)?;
    }
    Ok(applied.of(entry))
}

/// The generation of a row that its history knows.
fn last_generation(opened: &Opened, id: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COALESCE(max(generation), 0) FROM event WHERE id = $1 AND generation < $2";
    let values = [Value::id(id), Value::Int(sql::SENSE)];
    let last = opened
        .connection
        .query_row(sql, bound(&values), |row| row.get(0));
    last.map_err(store_error)
}

/// Whether no other row has, or has had, the token that the change is to store, nor this one before.
fn is_its_own(opened: &Opened, entry: &Entry, change: &Change) -> Result<bool, StoreError> {
    let Some(name) = change.new_name() else {
        return Ok(true);
    };
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM event \
        WHERE substr(new, 1, 16) = substr($1, 1, 16) AND new = $1 AND (id <> $2 OR $3))";
    let mut statement = opened.connection.prepare_cached(sql).map_err(store_error)?;
    let values = [
        Value::Text(Some(name)),
        Value::id(&entry.id),
        Value::from(u64::from(change.is_first(entry))),
    ];
    let found = statement.query_row(bound(&values), |row| row.get(0));
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
        .query(bound(&condition.values))
        .map_err(store_error)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        events.push(sql::read_event(row)?);
    }
    Ok(events)
}

pub(super) fn history_start(
    opened: &Opened,
    id: Option<&str>,
    since: Option<Timestamp>,
    last: Option<u64>,
) -> Result<Option<u64>, StoreError> {
    let (condition, rest) = sql::start(id, since, last);
    let sql = format!("SELECT number FROM event WHERE {} {rest}", condition.sql);
    let values = bound(&condition.values);
    let found = opened.connection.query_row(&sql, values, |row| row.get(0));
    found.optional().map_err(store_error)
}

pub(super) fn prune_history(
    opened: &Opened,
    older_than: Duration,
    after: u64,
) -> Result<(u64, Option<u64>), StoreError> {
    let next = opened
        .connection
        .query_row(&sql::pruned_until(""), [after], |row| row.get(0));
    let next: u64 = next.map_err(store_error)?;
    let (sql, values) = sql::prune("", [after, next], older_than, time::now_millis());
    let pruned = execute(opened, &sql, &values)?;
    Ok((pruned as u64, (next > 0).then_some(next)))
}

pub(super) fn begin_run(
    opened: &Opened,
    filter: &Filter,
    resume_within: Duration,
) -> Result<Run, StoreError> {
    let now = time::now_millis();
    let Some(last) = last_run(opened, filter)? else {
        return new_run(opened, filter, now);
    };
    let is_over = count_run(opened, filter, &last)?.left == 0;
    if is_over || last.is_too_old(resume_within, now) {
        end_run(opened, last.number)?;
        let mut run = new_run(opened, filter, now)?;
        run.instead_of = (!is_over).then_some(last.began_at);
        return Ok(run);
    }
    if !has_later(opened, &last)? {
        return Ok(last);
    }
    end_run(opened, last.number)?;
    let keeps_rows = !is_shared(opened, filter, &last)?;
    let mut run = new_run(opened, filter, time::to_millis(last.began_at))?;
    run.is_resumed = true;
    if keeps_rows {
        let values = [Value::from(run.number), Value::from(last.number)];
        execute(opened, "UPDATE token SET run = $1 WHERE run = $2", &values)?;
    }
    Ok(run)
}

fn new_run(opened: &Opened, filter: &Filter, began_at: i64) -> Result<Run, StoreError> {
    let number = opened.connection.query_row(
        "INSERT INTO run (number, filter, began_at) \
         VALUES ((SELECT COALESCE(max(number), 0) + 1 FROM run WHERE number < $1), $2, $3) \
         RETURNING number",
        params![sql::SENSE, filter.to_json()?, began_at],
        |row| row.get(0),
    );
    let number = number.map_err(store_error)?;
    Ok(Run::new(number, time::from_millis(began_at), false))
}

fn has_later(opened: &Opened, run: &Run) -> Result<bool, StoreError> {
    let found = opened.connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM run WHERE number > $1 AND number < $2)",
        params![run.number, sql::SENSE],
        |row| row.get(0),
    );
    found.map_err(store_error)
}

/// Whether a later run that has not ended may mean the same rows.
fn is_shared(opened: &Opened, filter: &Filter, run: &Run) -> Result<bool, StoreError> {
    let later = "SELECT filter FROM run WHERE number > $1 AND number < $2 AND ended_at IS NULL";
    let mut statement = opened.connection.prepare(later).map_err(store_error)?;
    let later = statement.query_map(params![run.number, sql::SENSE], |row| row.get(0));
    let later = later
        .map_err(store_error)?
        .collect::<Result<Vec<String>, _>>();
    let mut later = later.map_err(store_error)?.into_iter();
    Ok(later.any(|other| filter.overlaps_json(&other)))
}

pub(super) fn open_run(
    opened: &Opened,
    filter: &Filter,
    resume_within: Duration,
) -> Result<Option<Run>, StoreError> {
    let now = time::now_millis();
    let run = last_run(opened, filter)?.filter(|run| !run.is_too_old(resume_within, now));
    match run {
        Some(run) if count_run(opened, filter, &run)?.left > 0 => Ok(Some(run)),
        _ => Ok(None),
    }
}

fn last_run(opened: &Opened, filter: &Filter) -> Result<Option<Run>, StoreError> {
    let found = opened.connection.query_row(
        "SELECT number, began_at FROM run \
         WHERE filter = $1 AND ended_at IS NULL AND number BETWEEN 1 AND $2 \
         ORDER BY number DESC LIMIT 1",
        params![filter.to_json()?, sql::SENSE],
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

pub(super) fn rekey(opened: &Opened, new_key: &Key) -> Result<Rekeyed, StoreError> {
    const PAGE: usize = 500;
    // Whoever replaces a token could not store the new one.
    let held = select(opened, &sql::held(time::now_millis()), "LIMIT 1")?;
    if let Some(held) = held.first() {
        return Err(StoreError::busy(&held.entry.id));
    }
    let sealer = Sealer::new(new_key);
    let (mut rekeyed, mut after) = (Rekeyed::default(), None::<String>);
    loop {
        let condition = sql::page(&Filter::new(), after.as_deref(), time::now_millis());
        let rows = select_some(opened, condition, "ORDER BY id", PAGE)?;
        let Some(last) = rows.last() else { break };
        after = Some(last.entry.id.clone());
        for Read { entry, damage } in &rows {
            if damage.is_some() {
                rekeyed.damaged.push(entry.id.clone());
                continue;
            }
            let values = [
                Value::Bytes(sealer.seal(entry)?),
                sql::expiry(entry),
                Value::id(&entry.id),
            ];
            execute(
                opened,
                "UPDATE token SET sealed = $1, expires_at = $2 WHERE id = $3",
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

fn find(opened: &Opened, id: &str) -> Result<Option<Read>, StoreError> {
    let mut condition = Condition::default();
    condition.and("id = ?", [Value::id(id)]);
    Ok(select(opened, &condition, "")?.pop())
}

/// The first ones of them.
fn select_some(
    opened: &Opened,
    mut condition: Condition,
    order: &str,
    limit: usize,
) -> Result<Vec<Read>, StoreError> {
    condition.values.push(Value::from(limit as u64));
    let last = condition.values.len();
    select(opened, &condition, &format!("{order} LIMIT ${last}"))
}

fn select(opened: &Opened, condition: &Condition, rest: &str) -> Result<Vec<Read>, StoreError> {
    select_from("token", opened, condition, rest)
}

fn select_from(
    table: &str,
    opened: &Opened,
    condition: &Condition,
    rest: &str,
) -> Result<Vec<Read>, StoreError> {
    let sql = format!(
        "SELECT {} FROM {table} WHERE {} {rest}",
        opened.columns, condition.sql
    );
    let mut statement = opened
        .connection
        .prepare_cached(&sql)
        .map_err(store_error)?;
    let rows = statement.query(bound(&condition.values));
    let mut rows = rows.map_err(store_error)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        found.push(sql::read(row, &opened.sealer)?);
    }
    Ok(found)
}

fn count_where(opened: &Opened, condition: &Condition) -> Result<u64, StoreError> {
    let sql = format!("SELECT count(*) FROM token WHERE {}", condition.sql);
    let mut statement = opened
        .connection
        .prepare_cached(&sql)
        .map_err(store_error)?;
    let count = statement.query_row(bound(&condition.values), |row| row.get(0));
    count.map_err(store_error)
}

pub(super) fn execute(opened: &Opened, sql: &str, values: &[Value]) -> Result<usize, StoreError> {
    let mut statement = opened.connection.prepare_cached(sql).map_err(store_error)?;
    statement.execute(bound(values)).map_err(store_error)
}

/// Takes a value for each of the columns.
pub(super) fn insertion(table: &str, columns: &str) -> String {
    let values = placeholders(columns);
    format!("INSERT INTO {table} ({columns}) VALUES ({values})")
}

fn placeholders(columns: &str) -> String {
    let numbers = 1..=columns.split(',').count();
    let numbers: Vec<String> = numbers.map(|number| format!("${number}")).collect();
    numbers.join(", ")
}

/// Takes a value for each of the columns, and the name of the row. It is made for each change of a row.
fn update(columns: &[&str]) -> String {
    let mut sql = String::with_capacity(512);
    let mut before = "UPDATE token SET";
    for (name, number) in columns.iter().zip(1..) {
        let _ = write!(sql, "{before} {name} = ${number}");
        before = ",";
    }
    let _ = write!(sql, " WHERE id = ${}", columns.len() + 1);
    sql
}
