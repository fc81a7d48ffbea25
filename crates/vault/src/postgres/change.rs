//! Changing rows that are locked.

use std::collections::{HashMap, HashSet};

use tokio::join;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::columns::get;
use super::error::store_error;
use super::insert::columns;
use super::lease::Lease;
use super::{BEGIN, CHECK, NOW, checked, pipeline, read};
use crate::change::{Action, Change};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::seal::Sealer;
use crate::sql::{self, Condition, Value};
use crate::store::{Changed, Ready};

/// Takes [`sql::progress`] and the name, an array of each.
const UPDATE_PROGRESS: &str = "UPDATE token SET state = new.state, fence = new.fence, \
    owner = new.owner, until = new.until, span = new.span, run = new.run, doubts = new.doubts, \
    undelivered = new.undelivered \
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], \
    $7::bigint[], $8::bigint[], $9::text[]) \
    AS new (state, fence, owner, until, span, run, doubts, undelivered, id) WHERE token.id = new.id";

/// Takes the same and [`sql::secrets`].
const UPDATE_ALL: &str = "UPDATE token SET state = new.state, fence = new.fence, \
    owner = new.owner, until = new.until, span = new.span, run = new.run, doubts = new.doubts, \
    undelivered = new.undelivered, sealed = new.sealed, generation = new.generation, \
    changed_at = new.changed_at \
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], \
    $7::bigint[], $8::bigint[], $9::text[], $10::bytea[], $11::bigint[], $12::bigint[]) \
    AS new (state, fence, owner, until, span, run, doubts, undelivered, id, sealed, generation, \
    changed_at) WHERE token.id = new.id";

const DELETE: &str = "DELETE FROM token WHERE id = ANY($1)";

/// Takes [`sql::event`], an array of each.
pub(super) const INSERT_EVENTS: &str = "INSERT INTO event (id, at, actor, what, generation, old, new, reason, \
    request_id) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], \
    $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[])";

/// Takes the names of new tokens in their order, so that nobody waits for each other: of those who are
/// to store the same token, one does it first.
const LOCK_NEW: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest($1::text[]) AS new (name)";

/// Takes the same: the rows that have, or have had, these tokens. One is looked up after the other,
/// in the index, however large the history is.
const OWNERS: &str = "SELECT name, ARRAY(SELECT id FROM event \
        WHERE left(event.new, 16) = left(name, 16) AND event.new = name) \
    FROM unnest($1::text[]) AS new (name)";

/// Two round trips: one locks the rows, and one saves what has become of them. `lock` says what to do
/// about rows that somebody else has locked.
pub(super) async fn these(
    lease: &Lease,
    sealer: &Sealer,
    asked: &HashMap<String, Change>,
    lock: &str,
) -> Result<Vec<Changed>, StoreError> {
    let mut condition = Condition::default();
    condition.and("id = ANY($1)", []);
    let select = lease.prepared(&read::select(&condition, lock)).await?;
    let mut names: Vec<String> = asked.values().filter_map(Change::new_name).collect();
    names.sort_unstable();
    let new_tokens = match names.is_empty() {
        true => None,
        false => Some((
            lease.prepared(LOCK_NEW).await?,
            lease.prepared(OWNERS).await?,
        )),
    };
    let names: [&(dyn ToSql + Sync); 1] = [&names];
    let check = lease.prepared(CHECK).await?;
    let ids: Vec<&str> = asked.keys().map(String::as_str).collect();
    let values: [&(dyn ToSql + Sync); 1] = [&ids];
    let (begun, rows, locked, owners, check) = join!(
        lease.batch_execute(BEGIN),
        lease.query(&select, &values),
        async {
            match &new_tokens {
                Some((lock, _)) => lease.query(lock, &names).await,
                None => Ok(Vec::new()),
            }
        },
        async {
            match &new_tokens {
                Some((_, owners)) => lease.query(owners, &names).await,
                None => Ok(Vec::new()),
            }
        },
        // Last: it reads the clock and the key when the rows are locked.
        lease.query_one(&check, &[]),
    );
    begun.map_err(store_error)?;
    let rows = rows.map_err(store_error)?;
    locked.map_err(store_error)?;
    let owners = Owners::read(&owners.map_err(store_error)?)?;
    let now = checked(&check.map_err(store_error)?, sealer)?;
    apply(lease, sealer, &rows, |id| asked.get(id), owners, now).await
}

pub(super) async fn next(
    lease: &Lease,
    sealer: &Sealer,
    filter: &Filter,
    ready: Ready,
    limit: usize,
    change: &Change,
) -> Result<Vec<Changed>, StoreError> {
    lease.batch_execute(BEGIN).await.map_err(store_error)?;
    let mut rows = Vec::new();
    for mut condition in sql::ready(filter, ready, NOW) {
        let limit = read::limited(&mut condition, limit - rows.len());
        let rest = format!("ORDER BY run {limit} FOR UPDATE SKIP LOCKED");
        let sql = read::select(&condition, &rest);
        rows.extend(lease.rows(&sql, &condition.values).await?);
    }
    let check = lease.prepared(CHECK).await?;
    let check = lease.query_one(&check, &[]).await.map_err(store_error)?;
    let now = checked(&check, sealer)?;
    // None of these brings a token.
    let owners = Owners::default();
    apply(lease, sealer, &rows, |_| Some(change), owners, now).await
}

/// Lets the changes decide about the locked rows, saves it, and commits.
async fn apply<'c>(
    lease: &Lease,
    sealer: &Sealer,
    rows: &[Row],
    change_of: impl Fn(&str) -> Option<&'c Change>,
    mut owners: Owners,
    now: i64,
) -> Result<Vec<Changed>, StoreError> {
    let (mut all, mut statements) = (Vec::new(), Statements::default());
    for row in rows {
        let mut entry = sql::entry(row, sealer)?;
        let Some(change) = change_of(&entry.id) else {
            continue;
        };
        let before = entry.secrets();
        let applied = match owners.admit(&entry, change) {
            true => change.apply(&mut entry, now),
            false => change.refuse(),
        };
        match applied.action() {
            Action::Leave => {}
            Action::Save => {
                let mut values = sql::progress(&entry);
                values.push(name(&entry));
                match entry.secrets() == before {
                    true => statements.progress.push(values),
                    false => {
                        values.extend(sql::secrets(&entry, sealer)?);
                        statements.whole.push(values);
                    }
                }
            }
            Action::Delete => statements.deleted.push(vec![name(&entry)]),
        }
        if let Some(event) = applied.event() {
            statements.events.push(sql::event(event));
        }
        all.push(Changed::new(entry, applied));
    }
    pipeline::commit(lease, &statements.whole()).await?;
    Ok(all)
}

/// The rows that have, or have had, a token, by its name.
#[derive(Default)]
struct Owners(HashMap<String, HashSet<String>>);

impl Owners {
    fn read(rows: &[Row]) -> Result<Self, StoreError> {
        let owners = rows.iter().map(|row| {
            let ids: Vec<String> = get(row, 1)?;
            Ok((get(row, 0)?, ids.into_iter().collect()))
        });
        owners.collect::<Result<_, _>>().map(Self)
    }

    /// Whether the token that the change is to store is no other row's, and new to this one. Then it is
    /// this one's.
    fn admit(&mut self, entry: &Entry, change: &Change) -> bool {
        let Some(name) = change.new_name() else {
            return true;
        };
        let owners = self.0.entry(name).or_default();
        let is_first = change.is_first(entry);
        let is_free = owners.iter().all(|owner| *owner == entry.id && !is_first);
        if is_free {
            owners.insert(entry.id.clone());
        }
        is_free
    }
}

/// The values of many rows, which share a statement.
#[derive(Default)]
struct Statements {
    progress: Vec<Vec<Value>>,
    whole: Vec<Vec<Value>>,
    deleted: Vec<Vec<Value>>,
    events: Vec<Vec<Value>>,
}

impl Statements {
    fn whole(self) -> Vec<(&'static str, Vec<Vec<Value>>)> {
        let all = [
            (UPDATE_PROGRESS, self.progress),
            (UPDATE_ALL, self.whole),
            (DELETE, self.deleted),
            (INSERT_EVENTS, self.events),
        ];
        let needed = all.into_iter().filter(|(_, rows)| !rows.is_empty());
        needed.map(|(sql, rows)| (sql, columns(rows))).collect()
    }
}

fn name(entry: &Entry) -> Value {
    Value::from(entry.id.as_str())
}
