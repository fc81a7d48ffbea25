//! What rows become.

use super::columns::bound;
use super::history;
use super::open::Opened;
use super::read::{Found, find, select_some};
use super::statement::{execute, insertion};
use super::store_error;
use crate::change::{Action, Change};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::sql::{self, Before, Spool, Value};
use crate::store::{Changed, Ready};
use crate::time;

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
        history::add(opened, &record.event)?;
        count += 1;
    }
    Ok(count)
}

pub(super) fn change(
    opened: &Opened,
    id: &str,
    change: &Change,
) -> Result<Option<Changed>, StoreError> {
    let found = find(opened, id)?;
    found.map(|found| apply(opened, found, change)?).transpose()
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
    let order = match sql::urgency(filter, ready) {
        Some(column) => format!("ORDER BY {column}"),
        None => String::new(),
    };
    for condition in conditions {
        let left = limit - changed.len();
        if left == 0 {
            break;
        }
        for found in select_some(opened, condition, &order, left)? {
            changed.push(apply(opened, found, change)?);
        }
    }
    Ok(changed)
}

/// What is wrong with the row alone is the inner error.
fn apply(
    opened: &Opened,
    Found { row, mut read }: Found,
    change: &Change,
) -> Result<Result<Changed, StoreError>, StoreError> {
    if read.damage.is_some() && change.is_put() {
        read.generation_after(history::last_generation(opened, &read.entry.id)?);
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
    let row = Value::Int(row);
    match applied.action() {
        Action::Leave => {}
        Action::Delete => {
            execute(opened, "DELETE FROM token WHERE rowid = $1", &[row])?;
        }
        Action::Save => {
            let changed = before.changed(&entry);
            let mut values = changed.values(&entry, &opened.sealer)?;
            values.push(row);
            execute(opened, &update(&changed.columns()), &values)?;
        }
    }
    if let Some(event) = applied.event() {
        history::add(opened, &sql::event(event))?;
    }
    Ok(applied.of(entry))
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

/// Takes a value for each of the columns, and the number of the row. It is made for each change of a row.
fn update(columns: &[&str]) -> String {
    let mut sql = String::with_capacity(512);
    let mut before = "UPDATE token SET ";
    for column in columns {
        sql.extend([before, column, " = ?"]);
        before = ", ";
    }
    sql.push_str(" WHERE rowid = ?");
    sql
}
