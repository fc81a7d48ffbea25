//! Hands on what waits for it: of each row one attempt at a time, with the token that it has then.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::deliver::Deliver;
use super::halt::Status;
use super::lane::{Absence, Shared};
use super::outcome::{Outcome, Settled};
use super::{Fleet, FleetOptions};
use crate::app::App;
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
/// How long there is at least for first attempts when nothing is replaced any more.
const FIRST: Duration = Duration::from_secs(60);
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
    /// Whose tokens there are, when that was needed.
    apps: OnceCell<Vec<App>>,
}

/// What has gone wrong.
#[derive(Default)]
struct Trouble {
    /// The rows that were refused: since when, or that they are given up.
    rows: HashMap<String, Option<Instant>>,
    /// The rows that cannot be read.
    damaged: HashSet<String>,
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
        let waiting = filter.undelivered();
        let left = self.store.count(&waiting).await?;
        let mut fleet = self
            .drive(Vec::new(), waiting.clone(), waiting, options)
            .await?;
        fleet.expected.left = left;
        fleet.summary.without_client = 0;
        Ok(fleet)
    }
}

/// The rows among those that a run means whose token waits to be handed on. They were old when it was
/// replaced, and in another state perhaps.
pub(super) fn waiting(filter: &Filter) -> Filter {
    let mut waiting = filter.clone().undelivered().state(State::Active);
    // Those that the run replaces have changed.
    (waiting.older_than, waiting.due_within) = (None, None);
    waiting
}

impl Outbox {
    pub(super) fn new(
        vault: &Vault,
        waiting: &Filter,
        deliver: &Arc<dyn Deliver>,
        shared: &Arc<Shared>,
    ) -> Self {
        Self {
            vault: vault.clone(),
            filter: waiting.clone(),
            deliver: Arc::clone(deliver),
            shared: Arc::clone(shared),
            room: Arc::new(Semaphore::new(shared.options.concurrency)),
            trouble: Mutex::default(),
            apps: OnceCell::new(),
        }
    }

    /// Hands on until `is_over` says that nothing more is replaced and nothing waits any more, but for
    /// what was given up. Once the run is stopped, what it has replaced has one attempt.
    pub(super) async fn run(self: Arc<Self>, mut is_over: watch::Receiver<bool>) {
        let halt = &self.shared.halt;
        let mut tasks = JoinSet::new();
        let (mut away, mut over_since, mut has_looked) = (Absence::default(), None, false);
        while !halt.is_cut() {
            // Before it is looked for what waits: nothing comes in between.
            let is_last = *is_over.borrow();
            let is_enough = halt.is_stopped() || self.is_hopeless();
            if is_last && is_enough {
                if !mem::replace(&mut has_looked, true) {
                    self.leave_to_others().await;
                }
                let since = *over_since.get_or_insert_with(Instant::now);
                let longest = self.shared.options.deliver_within.max(FIRST);
                let is_late = since.elapsed() > longest;
                if is_late || self.shared.untried().is_empty() {
                    break;
                }
            }
            while tasks.try_join_next().is_some() {}
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
                    let is_idle = is_last && tasks.is_empty();
                    if is_idle && self.is_through(over_since).await {
                        break;
                    }
                    // Otherwise it is said already what it waits for.
                    let waits_for_others = is_idle && self.trouble().since.is_none();
                    if waits_for_others {
                        halt.set_status(Status::Paused {
                            why: "the last of them are in the hands of a process that may be dead"
                                .into(),
                            until: over_since + LEASE,
                        });
                    }
                    tokio::select! {
                        () = self.shared.replaced.notified() => {}
                        Some(_) = tasks.join_next() => {}
                        Ok(()) = is_over.changed() => {}
                        () = halt.cut() => {}
                        () = tokio::time::sleep(LOOK) => {}
                    }
                    if waits_for_others {
                        halt.set_status(Status::Running);
                    }
                }
            }
            if !is_last {
                over_since = None;
            }
        }
        while tasks.join_next().await.is_some() {}
        self.give_up_the_rest().await;
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
        mut places: Vec<OwnedSemaphorePermit>,
    ) -> Result<Vec<(Entry, DeliveryClaim, OwnedSemaphorePermit)>, StoreError> {
        let store = &self.vault.store;
        let mut claimed = Vec::new();
        // Those that cannot be read keep nobody else from their turn.
        let mut has_more = true;
        while claimed.is_empty() && !places.is_empty() && mem::take(&mut has_more) {
            let change = self.vault.change(Kind::ClaimDelivery { lease: LEASE });
            let rows = store.change_next(&self.filter, Ready::Undelivered, places.len(), change);
            for row in rows.await? {
                match row {
                    Ok(Changed { entry, applied }) => {
                        if let Reply::Delivering(claim) = applied.reply
                            && let Some(place) = places.pop()
                        {
                            // It may have been put in again.
                            self.trouble().damaged.remove(&entry.id);
                            claimed.push((entry, claim, place));
                        }
                    }
                    Err(damage) => {
                        has_more |= self.damaged(damage.id().unwrap_or_default()).await;
                    }
                }
            }
        }
        Ok(claimed)
    }

    /// Tells of a row that cannot be read, which is all that becomes of it. Whether it is a new one.
    async fn damaged(&self, id: &str) -> bool {
        if !self.trouble().damaged.insert(id.to_owned()) {
            return false;
        }
        self.shared.untried().remove(id);
        tracing::warn!(id, "a row that waits to be handed on cannot be read");
        if let Some(app) = self.app_of(id).await {
            self.shared.damaged(id, app).await;
        }
        true
    }

    /// Whose it is, by what stands beside what cannot be read.
    async fn app_of(&self, id: &str) -> Option<App> {
        let apps = async || {
            let overview = self.vault.overview().await.unwrap_or_default();
            overview.apps.into_iter().map(|of_app| of_app.app).collect()
        };
        for app in self.apps.get_or_init(apps).await {
            let filter = Filter::new().id(id).app(app);
            if self.vault.count(&filter).await.ok()? > 0 {
                return Some(app.clone());
            }
        }
        None
    }

    /// How many rows cannot be read and were not told of, since nobody knows whose they are.
    pub(super) fn untold(&self) -> u64 {
        let damaged = &self.trouble().damaged;
        let told = self.shared.told_damaged();
        damaged.iter().filter(|id| !told.contains(*id)).count() as u64
    }

    /// How many rows wait that can be read. `None` when the store is away.
    pub(super) async fn waiting(&self) -> Option<u64> {
        let waiting = self.vault.count(&self.filter).await.ok()?;
        Some(waiting.saturating_sub(self.trouble().damaged.len() as u64))
    }

    /// Whether nothing waits that is not given up. What others have under way is waited for, as long as
    /// a row may be refused.
    async fn is_through(&self, since: Instant) -> bool {
        if self.shared.halt.is_stopped() || since.elapsed() > self.shared.options.deliver_within {
            return true;
        }
        let waiting = self.waiting().await;
        let trouble = self.trouble();
        let given_up = trouble.rows.values().filter(|row| row.is_none()).count();
        // Where the store is away, it is found out by whoever looks next.
        waiting.is_some_and(|waiting| waiting <= given_up as u64)
    }

    /// Whether nothing was taken over for so long that nothing will.
    fn is_hopeless(&self) -> bool {
        let trouble = self.trouble();
        let within = self.shared.options.deliver_within;
        trouble.in_a_row >= IN_A_ROW && trouble.since.is_some_and(|since| since.elapsed() > within)
    }

    async fn attempt(&self, entry: Entry, claim: DeliveryClaim, place: OwnedSemaphorePermit) {
        self.shared.untried().remove(&entry.id);
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
        let noted = self.vault.settle(&entry.id, end, deadline).await;
        drop(place);
        match (noted, outcome) {
            (Ok(changed), outcome) if changed.applied.reply == Reply::Done => {
                if let Some(outcome) = outcome {
                    self.tell(entry, outcome).await;
                }
            }
            // It has another token by now, or none that is to be handed on.
            (Ok(_), _) => drop(self.trouble().rows.remove(&entry.id)),
            (Err(error), _) => {
                tracing::warn!(%error, id = entry.id, "it is not noted what came of handing a token on");
                // It is handed on once more, unless it was taken out.
                if error.id().is_none() {
                    self.shared.untried().insert(entry.id);
                }
            }
        }
    }

    /// Forgets what others have handed on, or have to.
    async fn leave_to_others(&self) {
        let ids: Vec<String> = self.shared.untried().iter().cloned().collect();
        for id in ids {
            let row = self.vault.get(&id).await;
            if row.is_ok_and(|row| row.is_none_or(|row| !row.progress.undelivered)) {
                self.shared.untried().remove(&id);
            }
        }
    }

    /// Tells of what was refused or not tried, and is not told of yet: the run ends with it.
    async fn give_up_the_rest(&self) {
        let refused = mem::take(&mut self.trouble().rows).into_iter();
        let refused = refused.filter_map(|(id, since)| since.map(|_| id));
        let mut rest = mem::take(&mut *self.shared.untried());
        rest.extend(refused);
        for id in rest {
            // Somebody else may have handed it on meanwhile.
            if let Ok(Some(entry)) = self.vault.get(&id).await
                && entry.progress.undelivered
            {
                let why = entry.progress.delivery.error.clone();
                let why = why.unwrap_or_else(|| "no attempt is noted".to_owned());
                self.tell(entry, Outcome::NotDelivered(why)).await;
            }
        }
    }

    async fn tell(&self, entry: Entry, outcome: Outcome) {
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
