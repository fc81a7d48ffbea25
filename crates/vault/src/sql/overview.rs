//! What a vault holds, in numbers that the database adds up.

use std::collections::HashSet;

use super::{Columns, Now, required, unsigned, word};
use crate::app::{App, Provider};
use crate::entry::State;
use crate::error::StoreError;
use crate::filter::{DUE_ALWAYS, Filter};
use crate::overview::{AppOverview, NotDelivered, Overview};
use crate::store::Run;
use crate::time;

/// How soon a token ends that is due, in milliseconds.
const SOON: i64 = 60 * 60 * 1000;

/// The rows of this table, by app and state, in a vault with these columns.
pub(crate) fn by_state(table: &str, columns: &str, now: impl Into<Now>) -> String {
    let expiry = match columns.contains("expires_at") {
        true => "COALESCE(min(expires_at) FILTER (WHERE expires_at > 0), 0)",
        false => "CAST(0 AS bigint)",
    };
    let (now, can_be) = (now.into().written(), format!("refresh_by <= {DUE_ALWAYS}"));
    let refresh = match columns.contains("refresh_by") {
        true => format!(
            "count(*) FILTER (WHERE {can_be}), \
             count(*) FILTER (WHERE refresh_by <= {now} + {SOON}), \
             count(*) FILTER (WHERE state = 'active' AND expires_at > 0 AND expires_at <= {now} \
                 AND NOT {can_be})"
        ),
        false => ["CAST(0 AS bigint)"; 3].join(", "),
    };
    format!(
        "SELECT provider, server, client_id, state, count(*), \
             count(*) FILTER (WHERE state = 'active' AND undelivered = 1), min(changed_at), {expiry}, \
             {refresh} \
         FROM {table} GROUP BY provider, server, client_id, state \
         ORDER BY provider, server, client_id"
    )
}

/// The row that is waiting for longest to be handed on, and could not be. `None` in a vault that does
/// not keep why.
pub(crate) fn not_delivered(table: &str, columns: &str) -> Option<String> {
    let sql = format!(
        "SELECT id, deliver_attempts, deliver_error, changed_at FROM {table} \
         WHERE state = 'active' AND undelivered = 1 AND deliver_error IS NOT NULL \
         ORDER BY changed_at LIMIT 1"
    );
    columns.contains("deliver_error").then_some(sql)
}

pub(crate) fn open_runs(table: &str) -> String {
    format!(
        "SELECT number, filter, began_at FROM {table} WHERE ended_at IS NULL ORDER BY number DESC"
    )
}

/// Adds a row of [`by_state`]. What is of no state or provider cannot be read.
pub(crate) fn add_up(overview: &mut Overview, row: &impl Columns) -> Result<(), StoreError> {
    let (Some(provider), Some(state)) = (word::<Provider>(row, 0)?, word::<State>(row, 3)?) else {
        return Ok(());
    };
    let app = App {
        provider,
        server: required(row, 1)?,
        client_id: required(row, 2)?,
    };
    if overview.apps.last().is_none_or(|last| last.app != app) {
        overview.apps.push(AppOverview {
            app,
            states: [0; State::ALL.len()],
            undelivered: 0,
            oldest: None,
            next_expiry: None,
            refreshable: 0,
            due: 0,
            expired: 0,
        });
    }
    let Some(of_app) = overview.apps.last_mut() else {
        return Ok(());
    };
    let states = State::ALL.into_iter().zip(&mut of_app.states);
    for (_, count) in states.filter(|(of, _)| *of == state) {
        *count += unsigned(row, 4)?;
    }
    of_app.undelivered += unsigned(row, 5)?;
    of_app.refreshable += unsigned(row, 8)?;
    of_app.due += unsigned(row, 9)?;
    of_app.expired += unsigned(row, 10)?;
    if state == State::Active {
        of_app.oldest = Some(time::from_millis(row.int(6)?));
    }
    let expiry = row.int(7)?;
    if expiry > 0 && !matches!(state, State::Lost | State::Revoked) {
        let expiry = time::from_millis(expiry);
        let earlier = of_app.next_expiry.filter(|earlier| *earlier < expiry);
        of_app.next_expiry = Some(earlier.unwrap_or(expiry));
    }
    Ok(())
}

pub(crate) fn read_not_delivered(row: &impl Columns) -> Result<NotDelivered, StoreError> {
    Ok(NotDelivered {
        id: row.id(0)?,
        // Nonsense is told of by whoever reads the row itself.
        attempts: row.int(1)?.max(0).unsigned_abs(),
        error: required(row, 2)?,
        since: time::from_millis(row.int(3)?),
    })
}

/// Reads a row of [`open_runs`]. `None` where a later run is over the same.
pub(crate) fn read_open_run(
    row: &impl Columns,
    seen: &mut HashSet<String>,
) -> Result<Option<(Filter, Run)>, StoreError> {
    let filter = required(row, 1)?;
    // A filter of a later version means nothing here.
    let parsed = serde_json::from_str(&filter).ok();
    let (number, began_at) = (row.int(0)?, time::from_millis(row.int(2)?));
    let is_last = seen.insert(filter);
    // One of nonsense is none.
    let run = u64::try_from(number).map(|number| Run::new(number, began_at, true));
    Ok(parsed.filter(|_| is_last).zip(run.ok()))
}
