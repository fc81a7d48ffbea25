//! What the engines have in common: statements that SQLite and PostgreSQL both understand, and the
//! way from columns to rows and back.
//!
//! Placeholders are `$1`, `$2` and so on, and stand in this order: SQLite counts them as they come.

mod condition;
mod place;

use std::str::FromStr;

#[cfg(feature = "postgres")]
pub(crate) use condition::Now;
pub(crate) use condition::{Condition, Value, filter, held, history, of_run, page, ready};
pub(crate) use place::place;

use crate::app::{App, Provider};
use crate::entry::{Entry, Progress, State};
use crate::error::{StoreError, StoreErrorKind};
use crate::event::{Event, What};
use crate::seal::Sealer;
use crate::time;

pub(crate) const COLUMNS: &str = "id, provider, server, client_id, label, sealed, generation, \
    created_at, changed_at, state, fence, owner, until, span, run, doubts, undelivered";

/// Takes [`insertion`].
#[cfg(feature = "sqlite")]
pub(crate) const INSERT: &str = "INSERT INTO token (id, provider, server, client_id, label, sealed, \
    generation, created_at, changed_at, state, fence, owner, until, span, run, doubts, undelivered) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
    ON CONFLICT (id) DO NOTHING";

/// Takes [`progress`] and the name of the row.
#[cfg(feature = "sqlite")]
pub(crate) const UPDATE_PROGRESS: &str = "UPDATE token SET state = $1, fence = $2, owner = $3, \
    until = $4, span = $5, run = $6, doubts = $7, undelivered = $8 WHERE id = $9";

/// Takes [`progress`], [`secrets`] and the name of the row.
#[cfg(feature = "sqlite")]
pub(crate) const UPDATE_ALL: &str = "UPDATE token SET state = $1, fence = $2, owner = $3, \
    until = $4, span = $5, run = $6, doubts = $7, undelivered = $8, sealed = $9, generation = $10, \
    changed_at = $11 WHERE id = $12";

#[cfg(feature = "sqlite")]
pub(crate) const DELETE: &str = "DELETE FROM token WHERE id = $1";

/// Takes [`event`].
#[cfg(feature = "sqlite")]
pub(crate) const INSERT_EVENT: &str = "INSERT INTO event (id, at, actor, what, generation, old, new, \
    reason, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

pub(crate) const EVENT_COLUMNS: &str =
    "number, id, at, actor, what, generation, old, new, reason, request_id";

/// A row of a result, by the numbers of its columns from 0 on.
pub(crate) trait Columns {
    fn int(&self, column: usize) -> Result<i64, StoreError>;
    fn text(&self, column: usize) -> Result<Option<String>, StoreError>;
    fn bytes(&self, column: usize) -> Result<Vec<u8>, StoreError>;
}

/// Reads [`COLUMNS`].
pub(crate) fn entry(row: &impl Columns, sealer: &Sealer) -> Result<Entry, StoreError> {
    let id = required(row, 0)?;
    let generation = unsigned(row, 6)?;
    let tokens = sealer.open(&id, generation, &row.bytes(5)?)?;
    Ok(Entry {
        app: App {
            provider: word::<Provider>(row, 1)?,
            server: required(row, 2)?,
            client_id: required(row, 3)?,
        },
        label: row.text(4)?,
        tokens,
        generation,
        created_at: time::from_millis(row.int(7)?),
        changed_at: time::from_millis(row.int(8)?),
        progress: Progress {
            state: word::<State>(row, 9)?,
            fence: unsigned(row, 10)?,
            owner: row.text(11)?,
            until: row.int(12)?,
            span: row.int(13)?,
            run: unsigned(row, 14)?,
            doubts: u32::try_from(row.int(15)?).unwrap_or(u32::MAX),
            undelivered: row.int(16)? != 0,
        },
        id,
    })
}

/// Reads [`EVENT_COLUMNS`].
pub(crate) fn read_event(row: &impl Columns) -> Result<(u64, Event), StoreError> {
    let what = required(row, 4)?;
    let event = Event {
        id: required(row, 1)?,
        at: time::from_millis(row.int(2)?),
        actor: required(row, 3)?,
        what: What::from_word(&what).ok_or_else(|| damaged(&what))?,
        generation: unsigned(row, 5)?,
        old: row.text(6)?,
        new: row.text(7)?,
        reason: row.text(8)?,
        request_id: row.text(9)?,
    };
    Ok((unsigned(row, 0)?, event))
}

pub(crate) fn insertion(entry: &Entry, sealer: &Sealer) -> Result<Vec<Value>, StoreError> {
    entry.check()?;
    let app = &entry.app;
    let sealed = sealer.seal(&entry.id, entry.generation, &entry.tokens)?;
    let mut values = vec![
        Value::from(entry.id.as_str()),
        Value::from(app.provider.as_str()),
        Value::from(app.server.as_str()),
        Value::from(app.client_id.as_str()),
        Value::Text(entry.label.clone()),
        Value::Bytes(sealed),
        Value::from(entry.generation),
        Value::Int(time::to_millis(entry.created_at)),
        Value::Int(time::to_millis(entry.changed_at)),
    ];
    values.extend(progress(entry));
    Ok(values)
}

pub(crate) fn progress(entry: &Entry) -> Vec<Value> {
    let progress = &entry.progress;
    vec![
        Value::from(progress.state.as_str()),
        Value::from(progress.fence),
        Value::Text(progress.owner.clone()),
        Value::Int(progress.until),
        Value::Int(progress.span),
        Value::from(progress.run),
        Value::Int(progress.doubts.into()),
        Value::Int(progress.undelivered.into()),
    ]
}

pub(crate) fn secrets(entry: &Entry, sealer: &Sealer) -> Result<Vec<Value>, StoreError> {
    let sealed = sealer.seal(&entry.id, entry.generation, &entry.tokens)?;
    Ok(vec![
        Value::Bytes(sealed),
        Value::from(entry.generation),
        Value::Int(time::to_millis(entry.changed_at)),
    ])
}

pub(crate) fn event(event: &Event) -> Vec<Value> {
    vec![
        Value::from(event.id.as_str()),
        Value::Int(time::to_millis(event.at)),
        Value::from(event.actor.as_str()),
        Value::from(event.what.as_str()),
        Value::from(event.generation),
        Value::Text(event.old.clone()),
        Value::Text(event.new.clone()),
        Value::Text(event.reason.clone()),
        Value::Text(event.request_id.clone()),
    ]
}

fn required(row: &impl Columns, column: usize) -> Result<String, StoreError> {
    row.text(column)?.ok_or_else(|| damaged("NULL"))
}

fn unsigned(row: &impl Columns, column: usize) -> Result<u64, StoreError> {
    let number = row.int(column)?;
    u64::try_from(number).map_err(|_| damaged(&number.to_string()))
}

fn word<T: FromStr>(row: &impl Columns, column: usize) -> Result<T, StoreError> {
    let word = required(row, column)?;
    word.parse().map_err(|_| damaged(&word))
}

fn damaged(found: &str) -> StoreError {
    let message = format!("the vault is damaged: {found:?} stands in a column where it cannot");
    StoreError::new(StoreErrorKind::Damaged, message)
}
