//! Changing rows that are locked.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use tokio::join;
use tokio_postgres::Row;

use super::columns::get;
use super::error::store_error;
use super::insert::columns;
use super::lease::Lease;
use super::{NOW, Opened, pipeline, read};
use crate::change::{Action, Change};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::sql::{self, Before, Condition, Value};
use crate::store::{Changed, Ready};

const DELETE: &str = "DELETE FROM tokenturn.token WHERE id = ANY($1)";

/// The generation of a row that its history knows.
const LAST_GENERATION: &str =
    "SELECT COALESCE(max(generation), 0) FROM tokenturn.event WHERE id = $1 AND generation < $2";

/// Takes [`sql::event`], an array of each.
pub(super) const INSERT_EVENTS: &str = "INSERT INTO tokenturn.event (id, at, actor, what, generation, \
    old, new, reason, request_id) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], \
    $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[])";

/// Takes the names of new tokens in their order, so that nobody waits for each other: of those who are
/// to store the same token, one does it first.
const LOCK_NEW: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest($1::text[]) AS new (name)";

/// Takes the same: the rows that have, or have had, these tokens. One is looked up after the other,
/// in the index, however large the history is.
const OWNERS: &str = "SELECT name, ARRAY(SELECT id FROM tokenturn.event \
        WHERE left(event.new, 16) = left(name, 16) AND event.new = name) \
    FROM unnest($1::text[]) AS new (name)";

/// Two round trips: one locks the rows, and one saves what has become of them. `lock` says what to do
/// about rows that somebody else has locked.
pub(super) async fn these(
    lease: &Lease,
    vault: &Opened,
    asked: &HashMap<String, Change>,
    lock: &str,
) -> Result<Vec<Result<Changed, StoreError>>, StoreError> {
    let mut condition = Condition::default();
    condition.and("id = ANY($1)", []);
    let select = read::select(&condition, lock);
    let mut names: Vec<String> = asked.values().filter_map(Change::new_name).collect();
    names.sort_unstable();
    let names = [names.as_slice()];
    let ids: Vec<String> = asked.keys().cloned().collect();
    let ids = [ids.as_slice()];
    let brings_none = names[0].is_empty();
    let (begun, rows, locked, owners, check) = join!(
        lease.begin(vault),
        lease.ask(&select, &ids),
        async {
            match brings_none {
                true => Ok(Vec::new()),
                false => lease.ask(LOCK_NEW, &names).await,
            }
        },
        async {
            match brings_none {
                true => Ok(Vec::new()),
                false => lease.ask(OWNERS, &names).await,
            }
        },
        // Last: it reads the clock and the key when the rows are locked.
        lease.check(),
    );
    begun.map_err(store_error)?;
    let rows = rows.map_err(store_error)?;
    locked.map_err(store_error)?;
    let owners = Owners::read(&owners.map_err(store_error)?)?;
    let now = lease.checked(check, vault)?;
    apply(lease, vault, &rows, |id| asked.get(id), owners, now).await
}

pub(super) async fn next(
    lease: &Lease,
    vault: &Opened,
    filter: &Filter,
    ready: Ready,
    limit: usize,
    change: &Change,
) -> Result<Vec<Result<Changed, StoreError>>, StoreError> {
    let order = sql::urgency(filter, ready).unwrap_or("run");
    let (mut rows, mut now) = (Vec::new(), None);
    for mut condition in sql::ready(filter, ready, &vault.doubts, NOW) {
        let left = limit - rows.len();
        if left == 0 {
            break;
        }
        let limit = read::limited(&mut condition, left);
        let rest = format!("ORDER BY {order} {limit} FOR UPDATE SKIP LOCKED");
        let sql = read::select(&condition, &rest);
        let (begun, found, check) = join!(
            async {
                match now {
                    None => lease.begin(vault).await,
                    Some(_) => Ok(()),
                }
            },
            lease.ask(&sql, &condition.values),
            lease.check(),
        );
        begun.map_err(store_error)?;
        rows.extend(found.map_err(store_error)?);
        now = Some(lease.checked(check, vault)?);
    }
    let Some(now) = now else {
        return Ok(Vec::new());
    };
    // None of these brings a token.
    let owners = Owners::default();
    apply(lease, vault, &rows, |_| Some(change), owners, now).await
}

/// Takes old events out of some.
pub(super) async fn prune_history(
    lease: &Lease,
    vault: &Opened,
    older_than: Duration,
    after: u64,
) -> Result<(u64, Option<u64>), StoreError> {
    lease
        .batch_execute(&vault.begin)
        .await
        .map_err(store_error)?;
    let now = lease.checked(lease.check().await, vault)?;
    let until = sql::pruned_until("tokenturn.");
    let rows = lease.rows(&until, &[Value::from(after)]).await?;
    let next = rows
        .first()
        .map_or(Ok(0), |row| get::<i64>(row, 0))?
        .unsigned_abs();
    let (sql, values) = sql::prune("tokenturn.", [after, next], older_than, now);
    let sql = format!("WITH pruned AS ({sql} RETURNING 1) SELECT count(*) FROM pruned");
    let rows = lease.rows(&sql, &values).await?;
    let pruned = rows.first().map_or(Ok(0), |row| get::<i64>(row, 0))?;
    lease.batch_execute("COMMIT").await.map_err(store_error)?;
    Ok((pruned.unsigned_abs(), (next > 0).then_some(next)))
}

/// Lets the changes decide about the locked rows, saves it, and commits. What is wrong with a row alone
/// takes nothing of the others back.
async fn apply<'c>(
    lease: &Lease,
    vault: &Opened,
    rows: &[Row],
    change_of: impl Fn(&str) -> Option<&'c Change>,
    mut owners: Owners,
    now: i64,
) -> Result<Vec<Result<Changed, StoreError>>, StoreError> {
    let (mut all, mut statements) = (Vec::new(), Statements::default());
    for row in rows {
        let mut read = sql::read(row, &vault.sealer)?;
        let Some(change) = change_of(&read.entry.id) else {
            continue;
        };
        if read.damage.is_some() && change.is_put() {
            let values = [Value::id(&read.entry.id), Value::Int(sql::SENSE)];
            let last = lease.rows(LAST_GENERATION, &values).await?;
            let last = last.first().map_or(Ok(0), |row| get(row, 0))?;
            read.generation_after(last);
        }
        let before = Before::of(&read);
        let applied = read.apply(change, |entry| Ok(owners.admit(entry, change)), now);
        let entry = read.entry;
        let applied = match applied {
            Ok(applied) => applied,
            Err(damage) => {
                all.push(Err(damage));
                continue;
            }
        };
        match applied.action() {
            Action::Leave => {}
            Action::Save => {
                let changed = before.changed(&entry);
                let mut values = changed.values(&entry, &vault.sealer)?;
                values.push(name(&entry));
                statements.saved.entry(changed).or_default().push(values);
            }
            Action::Delete => statements.deleted.push(vec![name(&entry)]),
        }
        if let Some(event) = applied.event() {
            statements.events.push(sql::event(event));
        }
        all.push(applied.of(entry));
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
    saved: BTreeMap<sql::Changed, Vec<Vec<Value>>>,
    deleted: Vec<Vec<Value>>,
    events: Vec<Vec<Value>>,
}

impl Statements {
    fn whole(self) -> Vec<(String, Vec<Vec<Value>>)> {
        let saved = self.saved.into_iter();
        let saved = saved.map(|(changed, rows)| (update(&changed.columns()), rows));
        let others = [
            (DELETE.to_owned(), self.deleted),
            (INSERT_EVENTS.to_owned(), self.events),
        ];
        let all = saved.chain(others);
        let needed = all.filter(|(_, rows)| !rows.is_empty());
        needed.map(|(sql, rows)| (sql, columns(rows))).collect()
    }
}

/// Takes an array for each of these columns, and one of the names.
fn update(columns: &[&str]) -> String {
    let set = columns
        .iter()
        .map(|column| format!("{column} = new.{column}"));
    let set = set.collect::<Vec<_>>().join(", ");
    let columns = [columns, &["id"]].concat();
    let arrays = columns.iter().zip(1..);
    let arrays = arrays.map(|(column, number)| format!("${number}::{}[]", sql::type_of(column)));
    let arrays = arrays.collect::<Vec<_>>().join(", ");
    let columns = columns.join(", ");
    format!(
        "UPDATE tokenturn.token SET {set} FROM unnest({arrays}) AS new ({columns}) \
         WHERE token.id = new.id"
    )
}

fn name(entry: &Entry) -> Value {
    Value::id(&entry.id)
}
