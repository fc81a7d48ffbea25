//! The store: what a vault asks, in the words of this table.

use deadpool_postgres::{Object, Transaction};
use tokenturn_vault::{
    Action, Answer, Change, Changed, Entries, Entry, Event, Filter, Ready, Run, RunCount, Store,
    StoreError,
};
use tokio_postgres::Row;
use tokio_postgres::types::{Json, ToSql};

use crate::Users;
use crate::error::store_error;
use crate::rows::{self, MEANT, READY, SELECT, get};

const OPEN_RUN: &str =
    "SELECT number, began_at FROM token_runs WHERE filter = $1 AND ended_at IS NULL";

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
    ) -> Answer<'a, Vec<Entry>> {
        Box::pin(async move {
            let sql = format!("{SELECT} AND {MEANT} AND id > $3 ORDER BY id LIMIT $4");
            let after: i64 = after.and_then(|id| id.parse().ok()).unwrap_or(i64::MIN);
            let limit = bigint(limit);
            let (filter, app) = (Json(filter), Json(&self.app));
            self.entries(&sql, &[&filter, &app, &after, &limit]).await
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
    ) -> Answer<'a, Vec<Changed>> {
        Box::pin(async move {
            // Rows that others have locked are passed over, so that nobody waits for anybody.
            let sql = format!(
                "{SELECT} AND {MEANT} AND {READY} ORDER BY (rotation->>'run')::bigint LIMIT $5 \
                 FOR UPDATE SKIP LOCKED"
            );
            let (run, active) = match ready {
                Ready::ForRun(run) => (run.cast_signed(), true),
                Ready::InDoubt => (i64::MAX, false),
            };
            let limit = bigint(limit);
            let (filter, app) = (Json(filter), Json(&self.app));
            let values: [&(dyn ToSql + Sync); 5] = [&filter, &app, &run, &active, &limit];
            self.change_all(&sql, &values, &change).await
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

    fn begin_run<'a>(&'a self, filter: &'a Filter, afresh: bool) -> Answer<'a, Run> {
        Box::pin(async move {
            let filter = Json(filter);
            let mut connection = self.connection().await?;
            let transaction = begin(&mut connection).await?;
            let begun = async {
                // Two processes that begin at once begin one run.
                transaction
                    .batch_execute("LOCK TABLE token_runs IN SHARE ROW EXCLUSIVE MODE")
                    .await?;
                if afresh {
                    let sql = "UPDATE token_runs SET ended_at = now() \
                        WHERE filter = $1 AND ended_at IS NULL";
                    transaction.execute(sql, &[&filter]).await?;
                }
                if let Some(row) = transaction.query_opt(OPEN_RUN, &[&filter]).await? {
                    return Ok((row, true));
                }
                let sql = "INSERT INTO token_runs (filter) VALUES ($1) RETURNING number, began_at";
                Ok((transaction.query_one(sql, &[&filter]).await?, false))
            };
            let (row, is_resumed) = begun.await.map_err(store_error)?;
            transaction.commit().await.map_err(store_error)?;
            run(&row, is_resumed)
        })
    }

    fn open_run<'a>(&'a self, filter: &'a Filter) -> Answer<'a, Option<Run>> {
        Box::pin(async move {
            let rows = self.rows(OPEN_RUN, &[&Json(filter)]).await?;
            rows.first().map(|row| run(row, true)).transpose()
        })
    }

    fn count_run<'a>(&'a self, filter: &'a Filter, run: u64) -> Answer<'a, RunCount> {
        Box::pin(async move {
            let sql = format!(
                "SELECT count(*) FILTER (WHERE run >= $3) AS done, count(*) FILTER \
                 (WHERE run < $3 AND state IN ('active', 'rotating', 'unknown')) AS left \
                 FROM ({SELECT} AND {MEANT}) AS meant, \
                 jsonb_to_record(rotation) AS of_rotation (run bigint, state text)"
            );
            let (filter, app) = (Json(filter), Json(&self.app));
            let row = self.row(&sql, &[&filter, &app, &run.cast_signed()]).await?;
            Ok(RunCount {
                done: get::<i64>(&row, "done")?.cast_unsigned(),
                left: get::<i64>(&row, "left")?.cast_unsigned(),
            })
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
