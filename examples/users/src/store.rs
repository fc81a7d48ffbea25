//! The store: what a vault asks, in the words of this table.

use std::time::{Duration, SystemTime};

use deadpool_postgres::{Object, Transaction};
use tokenturn_vault::{
    Action, Answer, Change, Changed, Entries, Entry, Event, Filter, Ready, Run, RunCount, Store,
    StoreError,
};
use tokio_postgres::Row;
use tokio_postgres::types::{Json, ToSql};

use crate::Users;
use crate::error::store_error;
use crate::rows::{self, CHANGED, MEANT, SELECT, get};

const OPEN_RUN: &str = "SELECT number, began_at, \
    floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now \
    FROM token_runs WHERE filter = $1 AND ended_at IS NULL";

impl Store for Users {
    fn get<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Entry>> {
        Box::pin(async move {
            let Ok(id) = id.parse::<i64>() else {
                return Ok(None);
            };
            let sql = format!("{SELECT} AND id = $1");
            Ok(self.entries(&sql, &[&id]).await?.pop())
        })
    }

    fn page<'a>(
        &'a self,
        filter: &'a Filter,
        after: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Vec<Result<Entry, StoreError>>> {
        Box::pin(async move {
            let sql = format!("{SELECT} AND {MEANT} AND id > $3 ORDER BY id LIMIT $4");
            let after: i64 = after.and_then(|id| id.parse().ok()).unwrap_or(i64::MIN);
            let limit = bigint(limit);
            let (filter, app) = (Json(filter), Json(&self.app));
            let entries = self.entries(&sql, &[&filter, &app, &after, &limit]).await?;
            Ok(entries.into_iter().map(Ok).collect())
        })
    }

    fn count<'a>(&'a self, filter: &'a Filter) -> Answer<'a, u64> {
        Box::pin(async move {
            let sql = format!("SELECT count(*) FROM ({SELECT} AND {MEANT}) AS meant");
            let row = self.row(&sql, &[&Json(filter), &Json(&self.app)]).await?;
            Ok(get::<i64>(&row, "count")?.cast_unsigned())
        })
    }

    /// The application makes its users itself.
    fn insert<'a>(&'a self, _: Entries<'a>, _: &'a str) -> Answer<'a, u64> {
        let error = StoreError::unsupported("there is no such user with a token");
        Box::pin(async { Err(error) })
    }

    fn change<'a>(&'a self, id: &'a str, change: Change) -> Answer<'a, Option<Changed>> {
        Box::pin(async move {
            let Ok(id) = id.parse::<i64>() else {
                return Ok(None);
            };
            let sql = format!("{SELECT} AND id = $1 FOR UPDATE");
            Ok(self.change_all(&sql, &[&id], &change).await?.pop())
        })
    }

    fn change_next<'a>(
        &'a self,
        filter: &'a Filter,
        ready: Ready,
        limit: usize,
        change: Change,
    ) -> Answer<'a, Vec<Result<Changed, StoreError>>> {
        Box::pin(async move {
            // Rows that others have locked are passed over, so that nobody waits for anybody.
            let (run, began_at) = match ready {
                Ready::ForRun { number, began_at } => {
                    (number.cast_signed(), Some(SystemTime::from(began_at)))
                }
                Ready::InDoubt | Ready::Undelivered => (0, None),
            };
            let ready = rows::ready(ready);
            let sql = format!(
                "{SELECT} AND {MEANT} AND {ready} ORDER BY (rotation->>'run')::bigint LIMIT $5 \
                 FOR UPDATE SKIP LOCKED"
            );
            let limit = bigint(limit);
            let (filter, app) = (Json(filter), Json(&self.app));
            let values: [&(dyn ToSql + Sync); 5] = [&filter, &app, &run, &began_at, &limit];
            let changed = self.change_all(&sql, &values, &change).await?;
            Ok(changed.into_iter().map(Ok).collect())
        })
    }

    fn history<'a>(
        &'a self,
        id: Option<&'a str>,
        after: u64,
        limit: usize,
    ) -> Answer<'a, Vec<(u64, Event)>> {
        Box::pin(async move {
            let sql = "SELECT number, event FROM token_events WHERE number > $1 \
                AND coalesce(event->>'id' = $2, TRUE) ORDER BY number LIMIT $3";
            let (after, limit) = (after.cast_signed(), bigint(limit));
            let rows = self.rows(sql, &[&after, &id, &limit]).await?;
            let event = |row: &Row| {
                let number: i64 = get(row, "number")?;
                let Json(event) = get(row, "event")?;
                Ok((number.cast_unsigned(), event))
            };
            rows.iter().map(event).collect()
        })
    }

    fn begin_run<'a>(&'a self, filter: &'a Filter, resume_within: Duration) -> Answer<'a, Run> {
        Box::pin(async move {
            let mut connection = self.connection().await?;
            let transaction = begin(&mut connection).await?;
            // Two processes that begin at once begin one run.
            let lock = "LOCK TABLE token_runs IN SHARE ROW EXCLUSIVE MODE";
            transaction.batch_execute(lock).await.map_err(store_error)?;
            let run = self.resume_or_begin(&transaction, filter, resume_within);
            let run = run.await?;
            transaction.commit().await.map_err(store_error)?;
            Ok(run)
        })
    }

    fn open_run<'a>(
        &'a self,
        filter: &'a Filter,
        resume_within: Duration,
    ) -> Answer<'a, Option<Run>> {
        Box::pin(async move {
            let rows = self.rows(OPEN_RUN, &[&Json(filter)]).await?;
            let Some(row) = rows.first() else {
                return Ok(None);
            };
            let (run, now) = (run(row, true)?, get(row, "now")?);
            Ok(Some(run).filter(|run| !run.is_too_old(resume_within, now)))
        })
    }

    fn count_run<'a>(&'a self, filter: &'a Filter, run: &'a Run) -> Answer<'a, RunCount> {
        Box::pin(async move {
            let (filter, app) = (Json(filter), Json(&self.app));
            let began_at = SystemTime::from(run.began_at);
            let number = run.number.cast_signed();
            let values: [&(dyn ToSql + Sync); 4] = [&filter, &app, &number, &began_at];
            counted(&self.row(&count(), &values).await?)
        })
    }

    fn end_run(&self, run: u64) -> Answer<'_, ()> {
        Box::pin(async move {
            let sql = "UPDATE token_runs SET ended_at = now() WHERE number = $1";
            self.rows(sql, &[&run.cast_signed()]).await.map(drop)
        })
    }
}

impl Users {
    async fn rows(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let rows = self.connection().await?.query(sql, values).await;
        rows.map_err(store_error)
    }

    async fn row(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Row, StoreError> {
        let row = self.connection().await?.query_one(sql, values).await;
        row.map_err(store_error)
    }

    async fn entries(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Entry>, StoreError> {
        let rows = self.rows(sql, values).await?;
        rows.iter().map(|row| rows::entry(row, &self.app)).collect()
    }

    /// Locks rows, lets the change decide, saves that, and commits: the protocol of rotations is
    /// in `change`, and this is all that it asks for.
    async fn change_all(
        &self,
        lock: &str,
        values: &[&(dyn ToSql + Sync)],
        change: &Change,
    ) -> Result<Vec<Changed>, StoreError> {
        let mut connection = self.connection().await?;
        let transaction = begin(&mut connection).await?;
        let rows = transaction.query(lock, values).await.map_err(store_error)?;
        // Not before the rows are locked: what another transaction has written lies behind it.
        let sql = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now";
        let clock = transaction.query_one(sql, &[]).await.map_err(store_error)?;
        let now: i64 = get(&clock, "now")?;
        let mut all = Vec::new();
        for row in rows {
            let id: i64 = get(&row, "id")?;
            let mut entry = rows::entry(&row, &self.app)?;
            let generation = entry.generation;
            let is_taken = match change.new_token() {
                Some(token) => rows::is_another_users(&transaction, id, token).await?,
                None => false,
            };
            let applied = match is_taken {
                true => change.refuse(),
                false => change.apply(&mut entry, now),
            };
            match applied.action() {
                Action::Leave => {}
                Action::Save => rows::save(&transaction, id, &entry, generation).await?,
                // The user stays.
                Action::Delete => {
                    let sql = "UPDATE users SET github_token = NULL WHERE id = $1";
                    transaction
                        .execute(sql, &[&id])
                        .await
                        .map_err(store_error)?;
                }
            }
            if let Some(event) = applied.event() {
                let sql = "INSERT INTO token_events (event) VALUES ($1)";
                let inserted = transaction.execute(sql, &[&Json(event)]).await;
                inserted.map_err(store_error)?;
            }
            all.push(Changed::new(entry, applied));
        }
        transaction.commit().await.map_err(store_error)?;
        Ok(all)
    }
}

impl Users {
    /// As [`Store::begin_run`] says, while nobody else begins one.
    async fn resume_or_begin(
        &self,
        transaction: &Transaction<'_>,
        filter: &Filter,
        resume_within: Duration,
    ) -> Result<Run, StoreError> {
        let name = Json(filter);
        let found = transaction.query_opt(OPEN_RUN, &[&name]).await;
        let Some(row) = found.map_err(store_error)? else {
            return begin_run(transaction, filter, None).await;
        };
        let (last, now) = (run(&row, true)?, get(&row, "now")?);
        let (number, began_at) = (last.number.cast_signed(), SystemTime::from(last.began_at));
        let values: [&(dyn ToSql + Sync); 4] = [&name, &Json(&self.app), &number, &began_at];
        let count = transaction.query_one(&count(), &values).await;
        let is_over = counted(&count.map_err(store_error)?)?.left == 0;
        let later = "SELECT EXISTS (SELECT FROM token_runs WHERE number > $1) AS later";
        let later = transaction.query_one(later, &[&number]).await;
        let has_later: bool = get(&later.map_err(store_error)?, "later")?;
        let is_too_old = last.is_too_old(resume_within, now);
        if !is_over && !is_too_old && !has_later {
            return Ok(last);
        }
        let end = "UPDATE token_runs SET ended_at = now() WHERE number = $1";
        let ended = transaction.execute(end, &[&number]).await;
        ended.map_err(store_error)?;
        if is_over || is_too_old {
            let mut run = begin_run(transaction, filter, None).await?;
            run.instead_of = (!is_over).then_some(last.began_at);
            return Ok(run);
        }
        let open = "SELECT filter FROM token_runs WHERE number > $1 AND ended_at IS NULL";
        let open = transaction.query(open, &[&number]).await;
        let mut keeps_rows = true;
        for row in open.map_err(store_error)? {
            let Json(other) = get::<Json<Filter>>(&row, "filter")?;
            keeps_rows &= !filter.overlaps(&other);
        }
        let mut run = begin_run(transaction, filter, Some(began_at)).await?;
        run.is_resumed = true;
        if keeps_rows {
            let renumber = "UPDATE users SET rotation = rotation || jsonb_build_object('run', $2::bigint) \
                WHERE (rotation->>'run')::bigint = $1";
            let values: [&(dyn ToSql + Sync); 2] = [&number, &run.number.cast_signed()];
            let renumbered = transaction.execute(renumber, &values).await;
            renumbered.map_err(store_error)?;
        }
        Ok(run)
    }
}

async fn begin_run(
    transaction: &Transaction<'_>,
    filter: &Filter,
    began_at: Option<SystemTime>,
) -> Result<Run, StoreError> {
    let sql = "INSERT INTO token_runs (filter, began_at) VALUES ($1, coalesce($2, clock_timestamp())) \
        RETURNING number, began_at";
    let row = transaction
        .query_one(sql, &[&Json(filter), &began_at])
        .await;
    run(&row.map_err(store_error)?, false)
}

/// Takes the filter, the app, the number of a run, and when it began.
fn count() -> String {
    format!(
        "SELECT count(*) FILTER (WHERE is_done) AS done, \
         count(*) FILTER (WHERE NOT is_done AND state IN ('active', 'rotating', 'unknown')) AS left \
         FROM (SELECT rotation->>'state' AS state, (rotation->>'run')::bigint >= $3 \
         OR rotation->>'state' = 'active' AND {CHANGED} AS is_done \
         FROM ({SELECT} AND {MEANT}) AS meant) AS rows"
    )
}

fn counted(row: &Row) -> Result<RunCount, StoreError> {
    Ok(RunCount {
        done: get::<i64>(row, "done")?.cast_unsigned(),
        left: get::<i64>(row, "left")?.cast_unsigned(),
    })
}

/// What is committed is on the disk, however the database is set up.
async fn begin(connection: &mut Object) -> Result<Transaction<'_>, StoreError> {
    let transaction = connection.transaction().await.map_err(store_error)?;
    let durable = "SET LOCAL synchronous_commit = on";
    transaction
        .batch_execute(durable)
        .await
        .map_err(store_error)?;
    Ok(transaction)
}

fn run(row: &Row, is_resumed: bool) -> Result<Run, StoreError> {
    let number: i64 = get(row, "number")?;
    let began_at = rows::time(get(row, "began_at")?)?;
    Ok(Run::new(number.cast_unsigned(), began_at, is_resumed))
}

fn bigint(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
