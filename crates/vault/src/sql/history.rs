//! Parts of the history, in SQL.

use std::time::Duration;

use tokenturn::Timestamp;

use super::{Condition, SENSE, Value};
use crate::time;

/// How many events are looked at in one transaction, when old ones are taken out: meanwhile nobody
/// else writes, in SQLite.
const PRUNED_AT_ONCE: u64 = 10_000;

/// The events that the wanted ones begin with: of one row or of all, since then, and which of them.
pub(crate) fn start(
    id: Option<&str>,
    since: Option<Timestamp>,
    last: Option<u64>,
) -> (Condition, String) {
    let mut condition = Condition::default();
    // A number below is nonsense.
    condition.and("number > 0", []);
    if let Some(id) = id {
        condition.and("id = ?", [Value::id(id)]);
    }
    if let Some(since) = since {
        condition.and("at >= ?", [Value::Int(time::to_millis(since))]);
    }
    let rest = match last {
        Some(last) => {
            let before = i64::try_from(last.saturating_sub(1)).unwrap_or(i64::MAX);
            format!("ORDER BY number DESC LIMIT 1 OFFSET {before}")
        }
        None => "ORDER BY number LIMIT 1".to_owned(),
    };
    (condition, rest)
}

/// Selects the last number of the next events behind one.
pub(crate) fn pruned_until(schema: &str) -> String {
    format!(
        "SELECT COALESCE(max(number), 0) FROM (SELECT number FROM {schema}event WHERE number > $1 \
         ORDER BY number LIMIT {PRUNED_AT_ONCE}) AS next"
    )
}

/// Takes events out of these numbers that are so old, but for the last one of each row that names the
/// token that the row has.
pub(crate) fn prune(
    schema: &str,
    [after, until]: [u64; 2],
    older_than: Duration,
    now: i64,
) -> (String, [Value; 3]) {
    let names = |event: &str| {
        format!(
            "{event}.what IN ('put', 'replaced') AND {event}.new IS NOT NULL AND {event}.number < {SENSE}"
        )
    };
    let sql = format!(
        "DELETE FROM {schema}event AS old_event WHERE number > $1 AND number <= $2 AND at <= $3 \
         AND NOT ({} AND EXISTS (SELECT 1 FROM {schema}token WHERE token.id = old_event.id) \
         AND NOT EXISTS (SELECT 1 FROM {schema}event AS later WHERE later.id = old_event.id \
         AND later.number > old_event.number AND {}))",
        names("old_event"),
        names("later"),
    );
    let before = now.saturating_sub(time::millis(older_than));
    (
        sql,
        [Value::from(after), Value::from(until), Value::Int(before)],
    )
}
