//! Hands on what waits for it: of each row one attempt at a time, with the token that it has then.

use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::deliver::Deliver;
use super::halt::Status;
use super::lane::{Absence, Shared};
use super::outcome::{Outcome, Settled};
use super::{Fleet, FleetOptions};
use crate::change::{DeliveryClaim, Kind, Reply};
use crate::entry::{Entry, State};
use crate::error::StoreError;
use crate::event;
use crate::filter::Filter;
use crate::store::{Changed, Ready};
use crate::time;
use crate::vault::Vault;

/// How long an attempt may take.
const ATTEMPT: Duration = Duration::from_secs(90);
/// How long it has its row to itself: longer, so that it has ended when somebody else makes one.
const LEASE: Duration = Duration::from_secs(120);
/// How long a row is left alone after one that failed, at first and at last.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// How often it is looked for what waits when nobody tells of it.
const LOOK: Duration = Duration::from_secs(1);
/// After so many that failed in a row, one is made at a time until one does not.
const IN_A_ROW: u32 = 8;
/// How long the store may be away when the end of an attempt is noted. Otherwise it is made again.
const NOTE_WITHIN: Duration = Duration::from_secs(60);
/// How much is kept of why an attempt failed, in characters.
const REASON: usize = 300;

pub(super) struct Outbox {
    vault: Vault,
    /// The rows that wait.
    filter: Filter,
    deliver: Arc<dyn Deliver>,
    shared: Arc<Shared>,
    room: Arc<Semaphore>,
    trouble: Mutex<Trouble>,
}

/// What has gone wrong.
#[derive(Default)]
struct Trouble {
    /// The rows that were refused: since when, or that they are given up.
    rows: HashMap<String, Option<Instant>>,
    /// How many attempts in a row have failed, and since when.
    in_a_row: u32,
    since: Option<Instant>,
}

impl Vault {
    /// Hands on the tokens of the rows that `filter` means and that still have to be
    /// ([`Filter::undelivered`]), by [`FleetOptions::deliver`]. Nothing is replaced.
    ///
    /// # Errors
    ///
    /// When the store cannot be used. Later on, that stops the run.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub async fn deliver_all(
        &self,
        filter: Filter,
        options: FleetOptions,
    ) -> Result<Fleet, StoreError> {
        let left = self.store.count(&waiting(&filter)).await?;
        let mut fleet = self.fleet(Vec::new(), filter, options).await?;
        fleet.expected.left = left;
        fleet.summary.without_client = 0;
        Ok(fleet)
    }
}

/// The rows among those that are meant whose token waits to be handed on. They were old when it was
/// replaced, and in another state perhaps.
pub(super) fn waiting(filter: &Filter) -> Filter {
    let mut waiting = filter.clone().undelivered().state(State::Active);
    waiting.older_than = None;
    waiting
}

impl Outbox {
    pub(super) fn new(
        vault: &Vault,
        filter: &Filter,
        deliver: &Arc<dyn Deliver>,
        shared: &Arc<Shared>,
    ) -> Self {
        Self {
            vault: vault.clone(),
            filter: waiting(filter),
            deliver: Arc::clone(deliver),
            shared: Arc::clone(shared),
            room: Arc::new(Semaphore::new(shared.options.concurrency)),
            trouble: Mutex::default(),
        }
    }

    /// Hands on until `is_over` says that nothing more is replaced and nothing waits any more, but for
    /// what was given up. Once the run is stopped, what it has replaced has one attempt more.
    pub(super) async fn run(self: Arc<Self>, mut is_over: watch::Receiver<bool>) {
        let halt = &self.shared.halt;
        let mut tasks = JoinSet::new();
        let (mut away, mut over_since) = (Absence::default(), None);
        while !halt.is_cut() && !self.is_hopeless() {
            if halt.is_stopped() && self.shared.untried.load(Relaxed) == 0 {
                break;
            }
            while tasks.try_join_next().is_some() {}
            // Before it is looked for what waits: nothing comes in between.
            let is_last = *is_over.borrow() || halt.is_stopped();
            // Whoever comes later leaves the row to somebody else: their claim may run out under way.
            let begin_until = Instant::now() + (LEASE - ATTEMPT);
            match self.claim(self.places()).await {
                Err(error) => {
                    if halt.is_stopped() || !away.waits(&self.shared, error).await {
                        break;
                    }
                }
                Ok(rows) if !rows.is_empty() => {
                    away = Absence::default();
                    for (entry, claim, place) in rows {
                        let outbox = Arc::clone(&self);
                        tasks.spawn(async move {
                            if Instant::now() <= begin_until {
                                outbox.attempt(entry, claim, place).await;
                            }
                        });
                    }
                }
                Ok(_) => {
                    away = Absence::default();
                    let over_since = *over_since.get_or_insert_with(Instant::now);
                    if is_last && tasks.is_empty() && self.is_through(over_since).await {
                        break;
                    }
                    tokio::select! {
                        () = self.shared.replaced.notified() => {}
                        Some(_) = tasks.join_next() => {}
                        Ok(()) = is_over.changed() => {}
                        () = halt.cut() => {}
                        () = tokio::time::sleep(LOOK) => {}
                    }
                }
            }
            if !is_last {
                over_since = None;
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Room for attempts. None where those under way are enough for now.
    fn places(&self) -> Vec<OwnedSemaphorePermit> {
        let at_once = match self.trouble().in_a_row >= IN_A_ROW {
            true => 1,
            false => self.shared.options.concurrency,
        };
        let under_way = self.shared.options.concurrency - self.room.available_permits();
        let free =
            (under_way..at_once).map_while(|_| Arc::clone(&self.room).try_acquire_owned().ok());
        free.collect()
    }

    async fn claim(
        &self,
        places: Vec<OwnedSemaphorePermit>,
    ) -> Result<Vec<(Entry, DeliveryClaim, OwnedSemaphorePermit)>, StoreError> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let change = self.vault.change(Kind::ClaimDelivery { lease: LEASE });
        let store = &self.vault.store;
        let rows = store
            .change_next(&self.filter, Ready::Undelivered, places.len(), change)
            .await?;
        // Of one that cannot be read, whoever reads it tells.
        let claimed = rows.into_iter().filter_map(|row| {
            let Changed { entry, applied } = row.ok()?;
            match applied.reply {
                Reply::Delivering(claim) => Some((entry, claim)),
                _ => None,
            }
        });
        let claimed = claimed.zip(places);
        Ok(claimed
            .map(|((entry, claim), place)| (entry, claim, place))
            .collect())
    }

    /// Whether nothing waits that is not given up. What others have under way is waited for, as long as
    /// a row may be refused.
    async fn is_through(&self, since: Instant) -> bool {
        if self.shared.halt.is_stopped() || since.elapsed() > self.shared.options.deliver_within {
            return true;
        }
        let given_up = self
            .trouble()
            .rows
            .values()
            .filter(|row| row.is_none())
            .count();
        match self.vault.count(&self.filter).await {
            Ok(waiting) => waiting <= given_up as u64,
            // It is found out by whoever looks next.
            Err(_) => false,
        }
    }

    /// Whether nothing was taken over for so long that nothing will.
    fn is_hopeless(&self) -> bool {
        let trouble = self.trouble();
        let within = self.shared.options.deliver_within;
        trouble.in_a_row >= IN_A_ROW && trouble.since.is_some_and(|since| since.elapsed() > within)
    }

    async fn attempt(&self, entry: Entry, claim: DeliveryClaim, place: OwnedSemaphorePermit) {
        let untried = &self.shared.untried;
        let _ = untried.fetch_update(Relaxed, Relaxed, |count| count.checked_sub(1));
        let halt = &self.shared.halt;
        let taken = tokio::select! {
            biased;
            () = halt.cut() => Err("it was ended".to_owned()),
            taken = tokio::time::timeout(ATTEMPT, self.deliver.deliver(&entry)) => match taken {
                Ok(taken) => taken.map_err(|error| reason(&error.to_string(), &entry)),
                Err(_) => Err(format!("no end within {} seconds", ATTEMPT.as_secs())),
            },
        };
        let outcome = match &taken {
            Ok(()) => {
                if self.taken_over(&entry.id) {
                    halt.set_status(Status::Running);
                }
                Some(Outcome::Delivered)
            }
            Err(why) => {
                tracing::warn!(why, id = entry.id, "a new token was not taken over");
                let is_given_up = self.refused(&entry.id);
                is_given_up.then(|| Outcome::NotDelivered(why.clone()))
            }
        };
        let times = entry.progress.delivery.attempts.min(10);
        let pause = (PAUSE.0 * 2_u32.pow(times)).min(PAUSE.1);
        let failed = taken.err().map(|why| {
            let until = Instant::now() + pause;
            let why_paused = format!("a new token was not taken over ({why})");
            halt.set_status(Status::Paused {
                why: why_paused,
                until,
            });
            (why, pause)
        });
        let deadline = Some(Instant::now() + NOTE_WITHIN);
        let end = Kind::EndDelivery { claim, failed };
        // Otherwise it is handed on once more.
        if let Err(error) = self.vault.settle(&entry.id, end, deadline).await {
            tracing::warn!(%error, id = entry.id, "it is not noted what came of handing a token on");
        }
        drop(place);
        let Some(outcome) = outcome else { return };
        let settled = Settled {
            old: None,
            new: event::name(entry.tokens.fingerprint()),
            id: entry.id,
            app: entry.app,
            label: entry.label,
            outcome,
            request_id: None,
            at: time::now(),
        };
        // Nobody wants to know any more: the store knows.
        let _ = self.shared.out.send(settled).await;
    }

    /// Whether something was wrong until then.
    fn taken_over(&self, id: &str) -> bool {
        let mut trouble = self.trouble();
        trouble.rows.remove(id);
        let since = trouble.since.take();
        trouble.in_a_row = 0;
        since.is_some()
    }

    /// Whether the run gives the row up by this, which it does once.
    fn refused(&self, id: &str) -> bool {
        let within = self.shared.options.deliver_within;
        let is_stopped = self.shared.halt.is_stopped();
        let now = Instant::now();
        let mut trouble = self.trouble();
        trouble.in_a_row += 1;
        trouble.since.get_or_insert(now);
        let since = trouble.rows.entry(id.to_owned()).or_insert(Some(now));
        let is_given_up = since.is_some_and(|since| is_stopped || now - since >= within);
        if is_given_up {
            *since = None;
        }
        is_given_up
    }

    fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why it was not taken over, without the secrets that it may complain about.
fn reason(error: &str, entry: &Entry) -> String {
    let tokens = &entry.tokens;
    let secrets = [&tokens.token, &tokens.refresh_token, &tokens.oauth_token];
    let mut reason = error.to_owned();
    for secret in secrets.into_iter().flatten() {
        reason = reason.replace(secret.expose(), "[token]");
    }
    reason.chars().take(REASON).collect()
}
