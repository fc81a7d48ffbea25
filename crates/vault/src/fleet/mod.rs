//! Many tokens, one run.

mod breaker;
mod check;
mod deliver;
mod guard;
mod halt;
mod lane;
mod left_alone;
mod options;
mod outbox;
mod outcome;
mod pace;
mod pages;
mod plan;
mod refresh;
mod revoke;
mod work;

use std::collections::HashSet;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use futures_core::Stream;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

pub use deliver::Deliver;
pub use halt::{Status, Stopper};
pub use options::FleetOptions;
pub use outcome::{Outcome, Settled, Stop, Summary};
pub use plan::{AppPlan, Plan};

use breaker::Breaker;
use guard::Guard;
use halt::Halt;
use lane::{Goal, Lane, Shared};
use left_alone::LeftAlone;
use outbox::Outbox;
use pace::Pace;

use crate::client::Client;
use crate::error::{StoreError, whole};
use crate::filter::Filter;
use crate::store::{Run, RunCount};
use crate::turn::Aim;
use crate::vault::{Running, Vault};

/// So many rows are claimed for each call that may be under way: one is sent, and the others wait to
/// be, so that calls need not wait for the store.
const ROOM: usize = 2;

/// A run over many tokens: a [`Stream`] of what becomes of each, or call [`next`](Self::next).
///
/// Each token is durable before it is told of. Memory does not grow with the number of tokens, but for the
/// names of those that wait to be handed on, or were refused by what they are handed on to. When
/// nobody reads, it waits; when it is dropped, it begins nothing new, and what is under way is
/// finished; see [`Vault::drain`].
#[must_use = "it goes on as long as it is read"]
pub struct Fleet {
    settled: mpsc::Receiver<Settled>,
    runs: Vec<Run>,
    expected: RunCount,
    summary: Summary,
    halt: Arc<Halt>,
    left: Arc<Left>,
}

/// What a run has not come to the end with.
#[derive(Default)]
struct Left {
    not_attempted: AtomicU64,
    unknown: AtomicU64,
    undelivered: AtomicU64,
    damaged: AtomicU64,
    /// What the run leaves alone, with what it has told of itself.
    alone: Mutex<LeftAlone>,
}

impl Left {
    fn alone(&self) -> MutexGuard<'_, LeftAlone> {
        self.alone.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vault {
    /// Replaces the tokens that `filter` means, of the apps that `clients` are of.
    ///
    /// Several processes that do the same share the work: each token is replaced once. A run that
    /// was stopped or killed goes on where it was, when it is begun again with the same filter;
    /// [`FleetOptions::afresh`] begins another one. Doubts that an earlier run has left are
    /// resolved on the way.
    ///
    /// ```no_run
    /// use tokenturn::GitHub;
    /// use tokenturn_vault::{Filter, FleetOptions, Key, Vault};
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = Key::from_env("TOKENTURN_KEY")?.ok_or("no key")?;
    /// let vault = Vault::builder().sqlite("tokens.db", &key).await?;
    /// let github = GitHub::builder("Iv1.8a61f9b3a7aba766", std::env::var("CLIENT_SECRET")?).build()?;
    /// let options = FleetOptions::new();
    /// let mut fleet = vault.rotate_all([github.into()], Filter::new(), options).await?;
    /// while let Some(settled) = fleet.next().await {
    ///     println!("{}: {}", settled.id, settled.outcome);
    /// }
    /// println!("{:?}", fleet.summary());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the store cannot be used; nothing was sent. Later on, that stops the run.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime; nothing was sent then.
    pub async fn rotate_all(
        &self,
        clients: impl IntoIterator<Item = Client>,
        filter: Filter,
        options: FleetOptions,
    ) -> Result<Fleet, StoreError> {
        let mut goals = Vec::new();
        for client in distinct(clients) {
            let filter = filter.clone().app(&client.app());
            let run = self.store.begin_run(&filter, options.resume_within).await?;
            let aim = Aim::Rotate;
            goals.push((client, Goal::Replace { run, aim }));
        }
        self.fleet(goals, filter, options).await
    }

    /// Resolves all doubts among the rows that `filter` means, of the apps that `clients` are of,
    /// as [`recover`](Self::recover) does for one. It waits for claims to run out.
    ///
    /// # Errors
    ///
    /// When the store cannot be used; nothing was sent. Later on, that stops the run.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime; nothing was sent then.
    pub async fn recover_all(
        &self,
        clients: impl IntoIterator<Item = Client>,
        filter: Filter,
        options: FleetOptions,
    ) -> Result<Fleet, StoreError> {
        let goals = distinct(clients).map(|client| (client, Goal::Resolve));
        self.fleet(goals.collect(), filter, options).await
    }

    async fn fleet(
        &self,
        goals: Vec<(Client, Goal)>,
        filter: Filter,
        options: FleetOptions,
    ) -> Result<Fleet, StoreError> {
        let waiting = outbox::waiting(&filter);
        self.drive(goals, filter, waiting, options).await
    }

    /// `waiting` means the rows whose token is handed on.
    async fn drive(
        &self,
        goals: Vec<(Client, Goal)>,
        filter: Filter,
        waiting: Filter,
        options: FleetOptions,
    ) -> Result<Fleet, StoreError> {
        let (out, settled) = mpsc::channel(options.concurrency);
        let halt = Arc::new(Halt::new());
        let shared = Arc::new(Shared {
            seats: Semaphore::new(options.concurrency),
            out,
            halt: Arc::clone(&halt),
            untried: Mutex::default(),
            damaged: Mutex::default(),
            replaced: Notify::new(),
            told: AtomicU64::new(0),
            options,
        });
        let mut lanes = Vec::new();
        let (mut runs, mut expected) = (Vec::new(), RunCount::default());
        let (mut with_client, mut alone) = (0, LeftAlone::default());
        for (client, goal) in goals {
            let app = client.app();
            let filter = filter.clone().app(&app);
            with_client += self.store.count(&filter).await?;
            if let Goal::Replace { run, .. } = &goal {
                runs.push(run.clone());
            }
            let interval = shared.options.interval(&client);
            // Whoever has a place in the queue is to call when it comes.
            let room = match interval.is_zero() {
                true => ROOM * shared.options.concurrency,
                false => shared.options.concurrency,
            };
            let guard = Guard::new(&shared.options, matches!(goal, Goal::Replace { .. }));
            let halt = match goal.ends_alone() {
                true => Arc::new(Halt::of_app(&shared.halt)),
                false => Arc::clone(&shared.halt),
            };
            let lane = Lane {
                vault: self.clone(),
                halt,
                pace: Pace::new(Arc::clone(&self.store), app, interval),
                client,
                filter,
                goal,
                shared: Arc::clone(&shared),
                breaker: Breaker::new(),
                guard: Arc::new(guard),
                room: Arc::new(Semaphore::new(room)),
                began: Instant::now(),
                unresolved: Mutex::new(HashSet::new()),
                checked: AtomicU64::new(0),
            };
            let count = lane.count().await?;
            expected.done += count.done;
            expected.left += count.left;
            alone.add(lane.left_alone().await?);
            lanes.push(Arc::new(lane));
        }
        let mut summary = Summary::default();
        summary.count_alone(alone);
        summary.without_client = self.store.count(&filter).await?.saturating_sub(with_client);
        let left = Arc::default();
        let deliver = shared.options.deliver.as_ref();
        let outbox = deliver.map(|deliver| Arc::new(Outbox::new(self, &waiting, deliver, &shared)));
        let run = Drive {
            vault: self.clone(),
            lanes,
            outbox,
            waiting,
            expected: expected.left,
            left: Arc::clone(&left),
            _running: Running::begin(&self.set_up),
        };
        tokio::spawn(run.run());
        Ok(Fleet {
            settled,
            runs,
            expected,
            summary,
            halt,
            left,
        })
    }
}

/// What a run is made of.
struct Drive {
    vault: Vault,
    lanes: Vec<Arc<Lane>>,
    outbox: Option<Arc<Outbox>>,
    /// The rows whose token waits to be handed on.
    waiting: Filter,
    /// How many rows were left when it began.
    expected: u64,
    left: Arc<Left>,
    _running: Running,
}

impl Drive {
    /// Goes down all lanes at once, and sees what is left at the end.
    async fn run(self) {
        let (is_over, over) = watch::channel(false);
        let outbox = self.outbox.as_ref();
        let outbox = outbox.map(|outbox| tokio::spawn(Arc::clone(outbox).run(over)));
        let mut tasks = JoinSet::new();
        for lane in &self.lanes {
            tasks.spawn(Arc::clone(lane).run());
        }
        while let Some(ended) = tasks.join_next().await {
            // Only a panic ends it so, in a store of one's own perhaps.
            if let (Err(error), Some(lane)) = (ended, self.lanes.first()) {
                let error = StoreError::other("a task of the run ended", error);
                lane.shared.halt.stop(Stop::Store(error));
            }
        }
        if let Some(first) = self.lanes.first()
            && self.lanes.iter().all(|lane| lane.halt.is_stopped())
        {
            first.shared.halt.stop_the_rest();
        }
        is_over.send_replace(true);
        if let Some(outbox) = outbox {
            // It ends so by a panic, in what hands tokens on: what is left is counted.
            let _ = outbox.await;
        }
        for lane in &self.lanes {
            self.see(lane).await;
        }
        let waiting = match &self.outbox {
            Some(outbox) => {
                self.left.damaged.store(outbox.untold(), Relaxed);
                outbox.waiting().await
            }
            None => self.vault.count(&self.waiting).await.ok(),
        };
        self.left
            .undelivered
            .store(waiting.unwrap_or_default(), Relaxed);
    }

    async fn see(&self, lane: &Lane) {
        // Where the store is away, the run stays open, which costs nothing.
        let Ok(count) = lane.count().await else {
            return;
        };
        let unknown = lane.count_unknown().await.unwrap_or_default();
        self.left.unknown.fetch_add(unknown, Relaxed);
        // Otherwise each of them was told of here, and none by another process alone.
        if lane.shared.told.load(Relaxed) != self.expected
            && let Ok(alone) = lane.left_at_the_end().await
        {
            self.left.alone().add(alone);
        }
        let not_attempted = count.left.saturating_sub(unknown);
        self.left.not_attempted.fetch_add(not_attempted, Relaxed);
        if let (0, Some(run)) = (count.left, lane.goal.run())
            && let Err(error) = lane.vault.store.end_run(run).await
        {
            tracing::warn!(error = whole(&error), "the end of a run is not noted");
        }
    }
}

fn distinct(clients: impl IntoIterator<Item = Client>) -> impl Iterator<Item = Client> {
    let mut seen = HashSet::new();
    clients
        .into_iter()
        .filter(move |client| seen.insert(client.app()))
}

impl Fleet {
    /// What became of the next token, or `None` at the end.
    pub async fn next(&mut self) -> Option<Settled> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The runs, one for each client, in their order. None but for [`Vault::rotate_all`] and
    /// [`Vault::refresh_all`].
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// How far the run had come when it was begun, and how much was left.
    pub fn expected(&self) -> RunCount {
        self.expected
    }

    /// How many tokens have had which outcome so far.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// How it goes just now.
    pub fn status(&self) -> Status {
        self.halt.status()
    }

    /// Whether it was stopped, and begins nothing new.
    pub fn is_stopped(&self) -> bool {
        self.halt.is_stopped()
    }

    /// Stops it from elsewhere.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.halt))
    }
}

impl Stream for Fleet {
    type Item = Settled;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Settled>> {
        let settled = ready!(self.settled.poll_recv(context));
        match &settled {
            Some(settled) => self.summary.count(settled),
            None => {
                self.summary.undelivered = self.left.undelivered.load(Relaxed);
                self.summary.damaged += self.left.damaged.swap(0, Relaxed);
                self.summary.not_attempted = self.left.not_attempted.load(Relaxed);
                let alone = *self.left.alone();
                self.summary.count_alone(alone);
                self.summary.unknown += self.left.unknown.swap(0, Relaxed);
                let stopped = self.halt.take_why();
                self.summary.stopped = self.summary.stopped.take().or(stopped);
            }
        }
        Poll::Ready(settled)
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.halt.stop(Stop::Asked);
    }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet")
            .field("runs", &self.runs)
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}
