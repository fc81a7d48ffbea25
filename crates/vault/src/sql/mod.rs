//! What the engines have in common: statements that SQLite and PostgreSQL both understand, and the
//! way from columns to rows and back.
//!
//! Placeholders are `$1`, `$2` and so on, and stand in this order: SQLite counts them as they come.

mod condition;
mod doubts;
mod dump;
mod history;
mod overview;
mod place;
mod save;
mod spool;

use std::str::FromStr;

pub(crate) use condition::{
    Condition, Now, Value, check, count_run, filter, held, history, out_of_reach, page, ready,
    urgency,
};
pub(crate) use doubts::Doubts;
pub(crate) use dump::{Dump, Table};
pub(crate) use history::{prune, pruned_until, start};
pub(crate) use overview::{
    add_up, by_state, not_delivered, open_runs, read_not_delivered, read_open_run,
};
pub(crate) use place::place;
pub(crate) use save::Before;
#[cfg(feature = "postgres")]
pub(crate) use save::Changed;
#[cfg(feature = "postgres")]
pub(crate) use spool::Record;
pub(crate) use spool::Spool;

use crate::app::{App, Provider};
use crate::change::{Applied, Change};
use crate::ended::{Ended, Why};
use crate::entry::{ATTEMPTS, Delivery, Entry, Progress, State};
use crate::error::{StoreError, StoreErrorKind};
use crate::event::{Event, What};
use crate::seal::Sealer;
use crate::time;
use crate::tokens::Tokens;

pub(crate) const COLUMNS: &str = "id, provider, server, client_id, label, sealed, generation, \
    created_at, changed_at, state, fence, owner, until, span, run, doubts, undelivered, deliver, \
    deliver_fence, deliver_until, deliver_span, deliver_attempts, deliver_error, \
    deliver_unproven_until, expires_at, refresh_by, ended_since, ended_why";

/// The same in a vault of this version, which is only read. `None` when it is too new.
pub(crate) fn columns(version: i64) -> Option<&'static str> {
    match version {
        1 | 2 => Some(
            "id, provider, server, client_id, label, sealed, generation, created_at, changed_at, \
             state, fence, owner, until, span, run, doubts, undelivered, CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), \
             CAST(0 AS bigint), CAST(0 AS bigint), CAST(NULL AS text), \
             CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), \
             CAST(NULL AS text)",
        ),
        3 => Some(
            "id, provider, server, client_id, label, sealed, generation, created_at, changed_at, \
             state, fence, owner, until, span, run, doubts, undelivered, deliver, deliver_fence, \
             deliver_until, deliver_span, deliver_attempts, deliver_error, deliver_unproven_until, \
             expires_at, CAST(0 AS bigint), CAST(0 AS bigint), CAST(NULL AS text)",
        ),
        4 => Some(COLUMNS),
        _ => None,
    }
}

/// The version from which on it stands beside the secrets when they end.
pub(crate) const NOTES_ENDS: i64 = 4;

/// Higher numbers are nonsense: what counts does not get there.
pub(crate) const SENSE: i64 = i64::MAX / 4;

pub(crate) const EVENT_COLUMNS: &str =
    "number, id, at, actor, what, generation, old, new, reason, request_id";

/// The columns of [`event`]: all but the number, which the table gives.
pub(crate) const EVENT_VALUES: &str =
    "id, at, actor, what, generation, old, new, reason, request_id";

/// A row of a result, by the numbers of its columns from 0 on.
pub(crate) trait Columns {
    fn int(&self, column: usize) -> Result<i64, StoreError>;
    fn text(&self, column: usize) -> Result<Option<String>, StoreError>;
    fn bytes(&self, column: usize) -> Result<Vec<u8>, StoreError>;

    /// The name of a row, which has to be exact.
    fn id(&self, column: usize) -> Result<String, StoreError> {
        required(self, column)
    }
}

/// A row of the table. One that cannot be read has everything else that is known of it.
pub(crate) struct Read {
    pub(crate) entry: Entry,
    pub(crate) damage: Option<StoreError>,
    /// Until when it is to be refreshed, as that stands beside the secrets.
    pub(crate) refresh_by: i64,
}

impl Read {
    pub(crate) fn entry(self) -> Result<Entry, StoreError> {
        match self.damage {
            None => Ok(self.entry),
            Some(damage) => Err(damage),
        }
    }

    /// A damaged row may have been put back to an earlier generation. What is handed on next has to be
    /// newer than whatever was.
    pub(crate) fn generation_after(&mut self, known: i64) {
        let known = known.max(0).unsigned_abs().max(self.entry.generation);
        // From there it can be counted on.
        self.entry.generation = known.min(SENSE.unsigned_abs() / 2);
    }

    /// Lets a change decide about it; `is_its_own` says of a healthy row whether a new token is.
    pub(crate) fn apply(
        &mut self,
        change: &Change,
        is_its_own: impl FnOnce(&Entry) -> Result<bool, StoreError>,
        now: i64,
    ) -> Result<Applied, StoreError> {
        match self.damage.take() {
            None if is_its_own(&self.entry)? => Ok(change.apply(&mut self.entry, now)),
            None => Ok(change.refuse()),
            Some(damage) => {
                let applied = change.apply_to_damaged(&mut self.entry, now);
                applied.ok_or(damage)
            }
        }
    }
}

/// Reads [`COLUMNS`]. An error is one of the store.
pub(crate) fn read(row: &impl Columns, sealer: &Sealer) -> Result<Read, StoreError> {
    let id = row.id(0)?;
    let provider = word::<Provider>(row, 1)?;
    let state = word::<State>(row, 9)?;
    let mut is_sound = true;
    let mut count = |column, most| {
        let number = row.int(column)?;
        let is_one = (0..=most).contains(&number);
        is_sound &= is_one;
        Ok::<_, StoreError>(number.unsigned_abs() * u64::from(is_one))
    };
    let (generation, fence, run) = (count(6, SENSE)?, count(10, SENSE)?, count(14, SENSE)?);
    let deliver_fence = count(18, SENSE)?;
    let (doubts, attempts) = (count(15, ATTEMPTS.into())?, count(21, ATTEMPTS.into())?);
    let (undelivered, deliver) = (row.int(16)?, row.int(17)?);
    is_sound &= [undelivered, deliver]
        .iter()
        .all(|flag| (0..=1).contains(flag));
    let mut entry = Entry {
        app: App {
            provider: provider.clone().unwrap_or(Provider::GITHUB),
            server: required(row, 2)?,
            client_id: required(row, 3)?,
        },
        label: row.text(4)?,
        tokens: Tokens::default(),
        generation,
        created_at: time::from_millis(row.int(7)?),
        changed_at: time::from_millis(row.int(8)?),
        progress: Progress {
            state: state.unwrap_or_default(),
            fence,
            owner: row.text(11)?,
            until: row.int(12)?,
            span: row.int(13)?,
            run,
            doubts: u32::try_from(doubts).unwrap_or_default(),
            undelivered: undelivered != 0,
            deliver: deliver != 0,
            delivery: Delivery {
                fence: deliver_fence,
                until: row.int(19)?,
                span: row.int(20)?,
                attempts: u32::try_from(attempts).unwrap_or_default(),
                error: row.text(22)?,
                unproven_until: row.int(23)?,
            },
            ended: ended(row)?,
        },
        id,
    };
    let opened = match (provider, state) {
        (Some(_), Some(_)) if is_sound => sealer.open(&entry, &row.bytes(5)?),
        _ => Err(StoreError::damaged(&entry.id)),
    };
    let damage = match opened {
        Ok(tokens) => {
            entry.tokens = tokens;
            None
        }
        Err(damage) => Some(damage),
    };
    let refresh_by = row.int(25)?;
    Ok(Read {
        entry,
        damage,
        refresh_by,
    })
}

/// Nonsense is as if nothing was noted.
fn ended(row: &impl Columns) -> Result<Option<Ended>, StoreError> {
    let (since, why) = (row.int(26)?, row.text(27)?);
    let why = why.and_then(|word| Why::from_word(&word));
    let at = time::from_millis(since);
    Ok(why.map(|why| Ended { at, why }))
}

/// The type of a column, in PostgreSQL.
pub(crate) fn type_of(column: &str) -> &'static str {
    match column {
        "sealed" => "bytea",
        "id" | "provider" | "server" | "client_id" | "label" | "state" | "owner"
        | "deliver_error" | "ended_why" | "actor" | "what" | "old" | "new" | "reason"
        | "request_id" | "filter" | "app" => "text",
        _ => "bigint",
    }
}

/// Reads [`EVENT_COLUMNS`]. One that makes no sense stays where it is.
pub(crate) fn read_event(row: &impl Columns) -> Result<(u64, Event), StoreError> {
    let (what, generation) = (
        What::from_word(&required(row, 4)?),
        u64::try_from(row.int(5)?),
    );
    let number = unsigned(row, 0)?;
    let most = SENSE.unsigned_abs();
    let is_sound = generation.is_ok_and(|generation| generation < most) && number < most;
    let event = Event {
        id: row.id(1)?,
        at: time::from_millis(row.int(2)?),
        actor: required(row, 3)?,
        what: what.filter(|_| is_sound).unwrap_or(What::Unreadable),
        generation: generation.unwrap_or_default(),
        old: row.text(6)?,
        new: row.text(7)?,
        reason: row.text(8)?,
        request_id: row.text(9)?,
    };
    Ok((number, event))
}

pub(crate) fn insertion(entry: &Entry, sealer: &Sealer) -> Result<Vec<Value>, StoreError> {
    entry.check()?;
    let app = &entry.app;
    let sealed = sealer.seal(entry)?;
    let mut values = vec![
        Value::id(&entry.id),
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
    values.extend(delivery(entry));
    values.extend(expiry(entry));
    values.extend(end(entry));
    Ok(values)
}

fn progress(entry: &Entry) -> Vec<Value> {
    let progress = &entry.progress;
    vec![
        Value::from(progress.state.as_str()),
        Value::from(progress.fence),
        Value::Text(progress.owner.clone()),
        Value::Int(progress.until),
        Value::Int(progress.span),
        Value::from(progress.run),
        Value::Int(progress.doubts.into()),
    ]
}

fn delivery(entry: &Entry) -> [Value; 8] {
    let progress = &entry.progress;
    [
        Value::Int(progress.undelivered.into()),
        Value::Int(progress.deliver.into()),
        Value::from(progress.delivery.fence),
        Value::Int(progress.delivery.until),
        Value::Int(progress.delivery.span),
        Value::Int(progress.delivery.attempts.into()),
        Value::Text(progress.delivery.error.clone()),
        Value::Int(progress.delivery.unproven_until),
    ]
}

/// When the token ends, or 0, and until when it is to be refreshed, by the store's clock. What counts is
/// sealed: these tell where to look.
pub(crate) fn expiry(entry: &Entry) -> [Value; 2] {
    let ends_at = entry.tokens.expires_at.map(|_| entry.tokens.ends_at());
    [
        Value::Int(ends_at.unwrap_or_default()),
        Value::Int(entry.refresh_by()),
    ]
}

fn end(entry: &Entry) -> [Value; 2] {
    let ended = entry.progress.ended;
    [
        Value::Int(ended.map_or(0, |ended| time::to_millis(ended.at))),
        Value::Text(ended.map(|ended| ended.why.as_str().to_owned())),
    ]
}

pub(crate) fn event(event: &Event) -> Vec<Value> {
    vec![
        Value::id(&event.id),
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

fn required(row: &(impl Columns + ?Sized), column: usize) -> Result<String, StoreError> {
    row.text(column)?.ok_or_else(|| damaged("NULL"))
}

fn unsigned(row: &impl Columns, column: usize) -> Result<u64, StoreError> {
    let number = row.int(column)?;
    u64::try_from(number).map_err(|_| damaged(&number.to_string()))
}

fn word<T: FromStr>(row: &impl Columns, column: usize) -> Result<Option<T>, StoreError> {
    Ok(required(row, column)?.parse().ok())
}

fn damaged(found: &str) -> StoreError {
    let message = format!("the vault is damaged: {found:?} stands in a column where it cannot");
    StoreError::new(StoreErrorKind::Damaged, message)
}
