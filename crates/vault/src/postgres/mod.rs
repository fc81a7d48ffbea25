//! A vault in PostgreSQL, which many machines share.

mod change;
mod columns;
mod connect;
mod copy;
mod error;
mod gather;
mod insert;
mod lease;
mod migrations;
mod overview;
mod pipeline;
mod read;
mod rekey;
mod run;
mod upgrade;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokenturn::Timestamp;

use columns::get;
use connect::Pool;
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
use crate::overview::Overview;
use crate::seal::Sealer;
use crate::sql::{self, Doubts, Dump, Now, Spool, Value};
use crate::store::{Answer, Changed, Entries, Ready, Rekeyed, Run, RunCount, Store};
use crate::time;
use crate::vault::{Access, Copied, Engine};

/// The clock that all machines share. It is read anew wherever it stands: what another transaction
/// has written meanwhile does not lie ahead of it.
const NOW: Now = Now::Of("(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)");

/// [`Lease::checked`] reads it.
const CHECK: &str = "SELECT probe, clock_timestamp(), pg_backend_pid() FROM tokenturn.vault";

/// Said each time, and for the transaction alone: a pooler between here and the server may give the
/// next one another session, and this one to somebody else.
///
/// Each statement sees what was committed before it. Rows that a host has locked come free when it
/// vanishes. Where nothing but reading all of a table is possible, as in one of one row, that would count
/// as so dear that the server compiles the statement, which takes longer than to run it.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL enable_seqscan = off; \
    SET LOCAL jit = off; SET LOCAL plan_cache_mode = force_generic_plan; \
    SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// Whether the transaction is one, with its own settings; and what a commit waits for.
const SETTINGS: &str =
    "SELECT current_setting('jit') = 'off', current_setting('synchronous_commit')";

/// How long the database is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// The same for what it does to all rows.
const PATIENCE_WITH_ALL: Duration = Duration::from_secs(60 * 60);

/// A pool of connections to a schema of its own, `tokenturn`.
#[derive(Clone)]
pub(crate) struct Postgres(Arc<Inner>);

struct Inner {
    pool: Pool,
    vault: Arc<Opened>,
    gathered: Gathered,
}

/// What is known of the vault.
struct Opened {
    sealer: Arc<Sealer>,
    /// The columns of a row, as far as the vault has them.
    columns: &'static str,
    /// What begins a transaction that writes.
    begin: String,
    doubts: Doubts,
    /// How far the server's clock is ahead of this host's, in milliseconds, as it was seen last.
    clock_ahead: AtomicI64,
    is_read_only: bool,
}

impl Postgres {
    /// Opens the vault in the database at `url`. A password in `url` appears nowhere.
    pub(crate) async fn open(url: &str, key: &Key, access: Access) -> Result<Self, StoreError> {
        let pool = connect::pool(url)?;
        let vault = within(PATIENCE, async {
            let lease = Lease::of(&pool).await?;
            let result = opened(&lease, key, access).await;
            lease.end(result).await
        });
        let vault = Arc::new(vault.await?);
        Ok(Self(Arc::new(Inner {
            pool,
            vault,
            gathered: Gathered::new(),
        })))
    }

    /// Does it whatever becomes of the caller, who could not know what was committed otherwise.
    fn job<T: Send + 'static>(&self, patience: Duration, job: Job<T>) -> Answer<'static, T> {
        let inner = Arc::clone(&self.0);
        let job = within(patience, async move {
            let lease = Lease::of(&inner.pool).await?;
            let result = job(&lease, &inner.vault).await;
            lease.end(result).await
        });
        Box::pin(async {
            let ended = tokio::spawn(job).await;
            ended.map_err(|e| StoreError::other("the vault's task ended", e))?
        })
    }

    /// The same for what changes something.
    fn write<T: Send + 'static>(&self, patience: Duration, job: Job<T>) -> Answer<'static, T> {
        match self.0.vault.is_read_only {
            true => Box::pin(async { Err(StoreError::read_only()) }),
            false => self.job(patience, job),
        }
    }
}

type Job<T> = Box<dyn for<'l> FnOnce(&'l Lease, &'l Opened) -> Answer<'l, T> + Send>;

/// Makes the tables, or sees that they fit, and that the key does.
async fn opened(lease: &Lease, key: &Key, access: Access) -> Result<Opened, StoreError> {
    let sealer = Arc::new(Sealer::new(key));
    let is_read_only = access == Access::Read;
    let (columns, version) = match is_read_only {
        true => (migrations::columns(lease).await?, 0),
        false => {
            let version = migrations::run(lease, access == Access::Make).await?;
            // Without a probe, any key would do for a vault that has rows.
            if version == 0 {
                let insert = "INSERT INTO tokenturn.vault (probe) VALUES ($1)";
                lease.rows(insert, &[Value::Bytes(sealer.probe()?)]).await?;
            }
            (sql::COLUMNS, version)
        }
    };
    let mut vault = Opened {
        sealer,
        columns,
        begin: String::new(),
        doubts: Doubts::default(),
        clock_ahead: AtomicI64::default(),
        is_read_only,
    };
    lease.checked(lease.check().await, &vault)?;
    if !is_read_only {
        if (1..sql::NOTES_ENDS).contains(&version) {
            upgrade::note_ends(lease, &vault).await?;
        }
        lease.batch_execute("COMMIT").await.map_err(store_error)?;
        vault.begin = begin(lease).await?;
    }
    Ok(vault)
}

/// What begins a transaction that is on the disk when its commit returns, whatever the server says, and
/// that standbys have applied by then where it says so.
async fn begin(lease: &Lease) -> Result<String, StoreError> {
    lease.batch_execute(BEGIN).await.map_err(store_error)?;
    let settings = lease.row(SETTINGS).await?;
    lease.batch_execute("COMMIT").await.map_err(store_error)?;
    if !get::<bool>(&settings, 0)? {
        return Err(StoreError::unsupported(
            "what stands between here and the database does not keep transactions together; let it \
             pool transactions or sessions, and not statements",
        ));
    }
    let commit = match get(&settings, 1)? {
        "remote_apply" => "remote_apply",
        _ => "on",
    };
    Ok(format!("{BEGIN}; SET LOCAL synchronous_commit = {commit}"))
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
    fn clock(&self) -> i64 {
        let ahead = self.0.vault.clock_ahead.load(Relaxed);
        time::now_millis().saturating_add(ahead)
    }

    fn get<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Entry>> {
        let id = id.to_owned();
        let job: Job<_> =
            Box::new(|lease, vault| Box::pin(async move { read::row(lease, vault, &id).await }));
        self.job(PATIENCE, job)
    }

    fn page<'a>(
        &'a self,
        filter: &'a Filter,
        after: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Vec<Result<Entry, StoreError>>> {
        let (filter, after) = (filter.clone(), after.map(str::to_owned));
        let job: Job<_> = Box::new(move |lease, vault| {
            Box::pin(
                async move { read::page(lease, vault, &filter, after.as_deref(), limit).await },
            )
        });
        self.job(PATIENCE, job)
    }

    fn count<'a>(&'a self, filter: &'a Filter) -> Answer<'a, u64> {
        let filter = filter.clone();
        let job: Job<_> = Box::new(|lease, vault| {
            Box::pin(async move { read::count(lease, vault, &filter).await })
        });
        self.job(PATIENCE, job)
    }

    fn insert<'a>(&'a self, entries: Entries<'a>, actor: &'a str) -> Answer<'a, u64> {
        Box::pin(async move {
            let spool = Spool::fill(entries, &self.0.vault.sealer, actor).await?;
            let job: Job<_> = Box::new(|lease, vault| Box::pin(insert::all(lease, vault, spool)));
            self.write(PATIENCE_WITH_ALL, job).await
        })
    }

    fn change<'a>(&'a self, id: &'a str, change: Change) -> Answer<'a, Option<Changed>> {
        match self.0.vault.is_read_only {
            true => Box::pin(async { Err(StoreError::read_only()) }),
            false => Box::pin(self.gather(id.to_owned(), change)),
        }
    }

    fn change_next<'a>(
        &'a self,
        filter: &'a Filter,
        ready: Ready,
        limit: usize,
        change: Change,
    ) -> Answer<'a, Vec<Result<Changed, StoreError>>> {
        let filter = filter.clone();
        let job: Job<_> = Box::new(move |lease, vault| {
            Box::pin(
                async move { change::next(lease, vault, &filter, ready, limit, &change).await },
            )
        });
        self.write(PATIENCE, job)
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

    fn history_start<'a>(
        &'a self,
        id: Option<&'a str>,
        since: Option<Timestamp>,
        last: Option<u64>,
    ) -> Answer<'a, Option<u64>> {
        let id = id.map(str::to_owned);
        let job: Job<_> = Box::new(move |lease, _| {
            Box::pin(async move { read::history_start(lease, id.as_deref(), since, last).await })
        });
        self.job(PATIENCE, job)
    }

    fn prune_history(&self, older_than: Duration, after: u64) -> Answer<'_, (u64, Option<u64>)> {
        let job: Job<_> = Box::new(move |lease, vault| {
            Box::pin(change::prune_history(lease, vault, older_than, after))
        });
        self.write(PATIENCE, job)
    }

    fn begin_run<'a>(&'a self, filter: &'a Filter, resume_within: Duration) -> Answer<'a, Run> {
        let filter = filter.clone();
        let job: Job<_> = Box::new(move |lease, vault| {
            Box::pin(async move { run::begin(lease, vault, &filter, resume_within).await })
        });
        self.write(PATIENCE, job)
    }

    fn open_run<'a>(
        &'a self,
        filter: &'a Filter,
        resume_within: Duration,
    ) -> Answer<'a, Option<Run>> {
        let filter = filter.clone();
        let job: Job<_> = Box::new(move |lease, vault| {
            Box::pin(async move { run::open(lease, vault, &filter, resume_within).await })
        });
        self.job(PATIENCE, job)
    }

    fn count_run<'a>(&'a self, filter: &'a Filter, run: &'a Run) -> Answer<'a, RunCount> {
        let (filter, run) = (filter.clone(), run.clone());
        let job: Job<_> = Box::new(move |lease, _| {
            Box::pin(async move { read::count_run(lease, &filter, &run).await })
        });
        self.job(PATIENCE, job)
    }

    fn end_run(&self, run: u64) -> Answer<'_, ()> {
        let job: Job<_> = Box::new(move |lease, vault| Box::pin(run::end(lease, vault, run)));
        self.write(PATIENCE, job)
    }

    fn reserve<'a>(
        &'a self,
        app: &'a App,
        interval: Duration,
        hold: Duration,
    ) -> Answer<'a, Option<Duration>> {
        let app = app.to_string();
        let job: Job<_> = Box::new(move |lease, vault| {
            Box::pin(async move {
                let wait = run::reserve(lease, vault, &app, interval, hold).await;
                wait.map(Some)
            })
        });
        self.write(PATIENCE, job)
    }

    fn overview(&self) -> Answer<'_, Overview> {
        let job: Job<_> = Box::new(|lease, vault| Box::pin(overview::all(lease, vault)));
        self.job(PATIENCE_WITH_ALL, job)
    }

    fn out_of_reach<'a>(&'a self, filter: &'a Filter, after: &'a str) -> Answer<'a, Vec<String>> {
        let (filter, after) = (filter.clone(), after.to_owned());
        let job: Job<_> = Box::new(move |lease, _| {
            Box::pin(async move { read::out_of_reach(lease, &filter, &after).await })
        });
        self.job(PATIENCE, job)
    }

    fn rekey<'a>(&'a self, new_key: &'a Key) -> Answer<'a, Rekeyed> {
        let new_key = new_key.clone();
        let job: Job<_> = Box::new(move |lease, vault| {
            Box::pin(async move { rekey::all(lease, vault, &new_key).await })
        });
        self.write(PATIENCE_WITH_ALL, job)
    }
}

impl Engine for Postgres {
    fn dump(&self) -> Answer<'_, Dump> {
        let job: Job<_> = Box::new(|lease, vault| Box::pin(copy::dump(lease, vault)));
        self.job(PATIENCE_WITH_ALL, job)
    }

    fn load(&self, dump: Dump) -> Answer<'_, Copied> {
        let job: Job<_> = Box::new(|lease, vault| Box::pin(copy::load(lease, vault, dump)));
        self.write(PATIENCE_WITH_ALL, job)
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}
