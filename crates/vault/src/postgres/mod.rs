//! A vault in PostgreSQL, which many machines share.

mod change;
mod columns;
mod connect;
mod error;
mod gather;
mod insert;
mod lease;
mod migrations;
mod pipeline;
mod read;
mod rekey;
mod run;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio_postgres::Row;

use columns::get;
use error::{no_answer, store_error};
use gather::Gathered;
use lease::Lease;

use crate::app::App;
use crate::change::Change;
use crate::entry::Entry;
use crate::error::StoreError;
use crate::event::Event;
use crate::filter::Filter;
use crate::key::Key;
use crate::seal::Sealer;
use crate::sql::Now;
use crate::store::{Answer, Changed, Entries, Ready, Run, RunCount, Store};

/// The clock that all machines share. It is read anew wherever it stands: what another transaction
/// has written meanwhile does not lie ahead of it.
const NOW: Now = Now::Of("(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)");

/// [`checked`] reads it.
const CHECK: &str = "SELECT (SELECT probe FROM vault), \
    floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/// Said each time, for a pooler between here and the server may change sessions.
///
/// A statement that was planned when the table was small would read all of it for as long as the
/// connection lives. Where nothing but reading all is possible, as in a table of one row, that then
/// counts as so dear that the server would compile the statement, which takes longer than to run it.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL enable_seqscan = off; \
    SET LOCAL jit = off";

/// How long the database is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// The same for what it does to all rows.
const PATIENCE_WITH_ALL: Duration = Duration::from_secs(60 * 60);

/// A pool of connections to a schema of its own, `tokenturn`.
#[derive(Clone)]
pub(crate) struct Postgres(Arc<Inner>);

struct Inner {
    pool: Pool,
    sealer: Sealer,
    gathered: Gathered,
}

impl Postgres {
    /// Opens the vault in the database at `url`, or makes it. A password in `url` appears nowhere.
    pub(crate) async fn open(url: &str, key: &Key) -> Result<Self, StoreError> {
        let pool = connect::pool(url)?;
        let sealer = Sealer::new(key);
        let opened = Self(Arc::new(Inner {
            pool,
            sealer,
            gathered: Gathered::new(),
        }));
        let job: Job<()> = Box::new(|lease, sealer| Box::pin(create(lease, sealer)));
        opened.job(PATIENCE, job).await?;
        Ok(opened)
    }

    /// Does it whatever becomes of the caller, who could not know what was committed otherwise.
    fn job<T: Send + 'static>(&self, patience: Duration, job: Job<T>) -> Answer<'static, T> {
        let inner = Arc::clone(&self.0);
        let job = within(patience, async move {
            let lease = Lease::of(&inner.pool).await?;
            let result = job(&lease, &inner.sealer).await;
            lease.end(result).await
        });
        Box::pin(async {
            let ended = tokio::spawn(job).await;
            ended.map_err(|e| StoreError::other("the vault's task ended", e))?
        })
    }
}

type Job<T> = Box<dyn for<'l> FnOnce(&'l Lease, &'l Sealer) -> Answer<'l, T> + Send>;

/// Makes the tables, or sees that they fit, and that the key does.
async fn create(lease: &Lease, sealer: &Sealer) -> Result<(), StoreError> {
    migrations::run(lease).await?;
    let probe = sealer.probe()?;
    let insert = "INSERT INTO vault (probe) VALUES ($1) ON CONFLICT DO NOTHING";
    let inserted = lease.execute(insert, &[&probe]).await;
    inserted.map_err(store_error)?;
    let check = lease.query_one(CHECK, &[]).await.map_err(store_error)?;
    checked(&check, sealer)?;
    lease.batch_execute("COMMIT").await.map_err(store_error)
}

/// Refuses to go on when the vault has another key, or has got another one. Returns the time.
fn checked(row: &Row, sealer: &Sealer) -> Result<i64, StoreError> {
    let probe: Option<Vec<u8>> = get(row, 0)?;
    sealer.try_on(&probe.unwrap_or_default())?;
    get(row, 1)
}

async fn within<T>(
    patience: Duration,
    job: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(patience, job).await {
        Ok(result) => result,
        Err(_) => Err(no_answer(patience)),
    }
}

impl Store for Postgres {
    fn get<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Entry>> {
        let id = id.to_owned();
        let job: Job<_> =
            Box::new(|lease, sealer| Box::pin(async move { read::row(lease, sealer, &id).await }));
        self.job(PATIENCE, job)
    }

    fn page<'a>(
        &'a self,
        filter: &'a Filter,
        after: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Vec<Entry>> {
        let (filter, after) = (filter.clone(), after.map(str::to_owned));
        let job: Job<_> = Box::new(move |lease, sealer| {
            Box::pin(
                async move { read::page(lease, sealer, &filter, after.as_deref(), limit).await },
            )
        });
        self.job(PATIENCE, job)
    }

    fn count<'a>(&'a self, filter: &'a Filter) -> Answer<'a, u64> {
        let filter = filter.clone();
        let job: Job<_> =
            Box::new(|lease, _| Box::pin(async move { read::count(lease, &filter).await }));
        self.job(PATIENCE, job)
    }

    /// It reads from the caller, so it does not go on without.
    fn insert<'a>(&'a self, entries: Entries<'a>, actor: &'a str) -> Answer<'a, u64> {
        Box::pin(async move {
            let lease = Lease::of(&self.0.pool).await?;
            let result = insert::all(&lease, &self.0.sealer, entries, actor).await;
            lease.end(result).await
        })
    }

    fn change<'a>(&'a self, id: &'a str, change: Change) -> Answer<'a, Option<Changed>> {
        Box::pin(self.gather(id.to_owned(), change))
    }

    fn change_next<'a>(
        &'a self,
        filter: &'a Filter,
        ready: Ready,
        limit: usize,
        change: Change,
    ) -> Answer<'a, Vec<Changed>> {
        let filter = filter.clone();
        let job: Job<_> = Box::new(move |lease, sealer| {
            Box::pin(
                async move { change::next(lease, sealer, &filter, ready, limit, &change).await },
            )
        });
        self.job(PATIENCE, job)
    }

    fn history<'a>(
        &'a self,
        id: Option<&'a str>,
        after: u64,
        limit: usize,
    ) -> Answer<'a, Vec<(u64, Event)>> {
        let id = id.map(str::to_owned);
        let job: Job<_> = Box::new(move |lease, _| {
            Box::pin(async move { read::history(lease, id.as_deref(), after, limit).await })
        });
        self.job(PATIENCE, job)
    }

    fn begin_run<'a>(&'a self, filter: &'a Filter, afresh: bool) -> Answer<'a, Run> {
        let filter = filter.clone();
        let job: Job<_> = Box::new(move |lease, sealer| {
            Box::pin(async move { run::begin(lease, sealer, &filter, afresh).await })
        });
        self.job(PATIENCE, job)
    }

    fn open_run<'a>(&'a self, filter: &'a Filter) -> Answer<'a, Option<Run>> {
        let filter = filter.clone();
        let job: Job<_> =
            Box::new(|lease, _| Box::pin(async move { run::open(lease, &filter).await }));
        self.job(PATIENCE, job)
    }

    fn count_run<'a>(&'a self, filter: &'a Filter, run: u64) -> Answer<'a, RunCount> {
        let filter = filter.clone();
        let job: Job<_> = Box::new(move |lease, _| {
            Box::pin(async move { read::count_run(lease, &filter, run).await })
        });
        self.job(PATIENCE, job)
    }

    fn end_run(&self, run: u64) -> Answer<'_, ()> {
        let job: Job<_> = Box::new(move |lease, sealer| Box::pin(run::end(lease, sealer, run)));
        self.job(PATIENCE, job)
    }

    fn reserve<'a>(
        &'a self,
        app: &'a App,
        interval: Duration,
        hold: Duration,
    ) -> Answer<'a, Option<Duration>> {
        let app = app.to_string();
        let job: Job<_> = Box::new(move |lease, sealer| {
            Box::pin(async move {
                let wait = run::reserve(lease, sealer, &app, interval, hold).await;
                wait.map(Some)
            })
        });
        self.job(PATIENCE, job)
    }

    fn rekey<'a>(&'a self, new_key: &'a Key) -> Answer<'a, u64> {
        let new_key = new_key.clone();
        let job: Job<_> = Box::new(move |lease, sealer| {
            Box::pin(async move { rekey::all(lease, sealer, &new_key).await })
        });
        self.job(PATIENCE_WITH_ALL, job)
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}
