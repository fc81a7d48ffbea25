//! The rows of one app, one after the other.

use std::collections::HashSet;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokenturn::Refusal;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;

use super::breaker::{Breaker, Pass};
use super::guard::{Guard, Mode, UnderWay};
use super::halt::{Halt, Status};
use super::left_alone::LeftAlone;
use super::options::FleetOptions;
use super::outcome::{Settled, Stop};
use super::pace::Pace;
use crate::app::App;
use crate::change::{Condition, Reply};
use crate::client::Client;
use crate::entry::State;
use crate::error::{StoreError, whole};
use crate::filter::Filter;
use crate::store::{Changed, Ready, Run, RunCount};
use crate::turn::Aim;
use crate::vault::{Held, Vault};

/// How long it waits for rows that others hold, at first and at last.
const IDLE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// How long it waits for a store that is away, at first and at last.
const AWAY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What a run is for.
#[derive(Clone, Debug)]
pub(super) enum Goal {
    /// Every token is replaced once.
    Replace { run: Run, aim: Aim },
    /// Every doubt is resolved.
    Resolve,
    /// So many tokens are asked about, and not claimed.
    Check { tokens: u64 },
    /// So many tokens are made invalid.
    Revoke { tokens: u64 },
}

/// What the lanes of a run share.
pub(super) struct Shared {
    pub(super) options: FleetOptions,
    /// For calls that are under way, and for answers that are not stored yet: so many can be lost
    /// when the process is killed.
    pub(super) seats: Semaphore,
    pub(super) out: mpsc::Sender<Settled>,
    pub(super) halt: Arc<Halt>,
    /// The rows whose token the run has replaced, and not tried to hand on.
    pub(super) untried: Mutex<HashSet<String>>,
    /// The rows that cannot be read and were told of.
    pub(super) damaged: Mutex<HashSet<String>>,
    pub(super) replaced: Notify,
    /// How many rows of a run somebody was told of.
    pub(super) told: AtomicU64,
}

impl Shared {
    pub(super) fn untried(&self) -> MutexGuard<'_, HashSet<String>> {
        self.untried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn told_damaged(&self) -> MutexGuard<'_, HashSet<String>> {
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of a row that cannot be read, once.
    pub(super) async fn damaged(&self, id: &str, app: App) {
        let is_new = self.told_damaged().insert(id.to_owned());
        if is_new {
            // Nobody wants to know any more: the store knows.
            let _ = self.out.send(Settled::damaged(id, app)).await;
        }
    }
}

pub(super) struct Lane {
    pub(super) vault: Vault,
    pub(super) client: Client,
    /// The rows of the client's app among those that are meant.
    pub(super) filter: Filter,
    pub(super) goal: Goal,
    pub(super) shared: Arc<Shared>,
    /// That of the run, or its own.
    pub(super) halt: Arc<Halt>,
    pub(super) pace: Pace,
    pub(super) breaker: Breaker,
    pub(super) guard: Arc<Guard>,
    /// For rows between their claim and their end.
    pub(super) room: Arc<Semaphore>,
    pub(super) began: Instant,
    /// The rows whose doubts could not be resolved.
    pub(super) unresolved: Mutex<HashSet<String>>,
    /// How many rows were asked about, or made invalid.
    pub(super) checked: AtomicU64,
}

impl Goal {
    pub(super) fn run(&self) -> Option<u64> {
        match self {
            Self::Replace { run, .. } => Some(run.number),
            Self::Resolve | Self::Check { .. } | Self::Revoke { .. } => None,
        }
    }

    pub(super) fn aim(&self) -> Aim {
        match self {
            Self::Replace { aim, .. } => *aim,
            Self::Resolve | Self::Check { .. } | Self::Revoke { .. } => Aim::Resolve,
        }
    }

    /// Whether an app that is refused ends alone. A refresh that does not come in time lets tokens end, and
    /// those of other apps have nothing to do with it.
    pub(super) fn ends_alone(&self) -> bool {
        self.aim() == Aim::Refresh
    }

    fn ready(&self) -> Ready {
        match self {
            Self::Replace { run, .. } => run.ready(),
            Self::Resolve | Self::Check { .. } | Self::Revoke { .. } => Ready::InDoubt,
        }
    }

    fn condition(&self, filter: &Filter) -> Condition {
        match self {
            Self::Replace { run, .. } => Condition::Run {
                number: run.number,
                began_at: run.began_at,
                due_within: filter.due_within,
            },
            Self::Resolve | Self::Check { .. } | Self::Revoke { .. } => Condition::InDoubt,
        }
    }
}

impl Lane {
    /// Goes through the rows, and ends when all are settled or the run is stopped.
    pub(super) async fn run(self: Arc<Self>) {
        match self.goal {
            Goal::Check { .. } => self.check().await,
            Goal::Revoke { .. } => self.revoke().await,
            Goal::Replace { .. } | Goal::Resolve => self.rotate().await,
        }
    }

    async fn rotate(self: Arc<Self>) {
        let mut tasks = Tasks::default();
        let tasks = &mut tasks.0;
        tasks.spawn(Arc::clone(&self).tell_out_of_reach());
        let (mut idle, mut away) = (IDLE.0, Absence::default());
        let mut until = None;
        while let Some(Turn { pass, mode, room }) = self.turn_comes().await {
            while tasks.try_join_next().is_some() {}
            let claimed = self.claim(mode, room.len()).await;
            if pass == Pass::Probe
                && !claimed
                    .as_ref()
                    .is_ok_and(|rows| rows.iter().any(Result::is_ok))
            {
                self.breaker.not_probed();
            }
            let goes_on = match claimed {
                Err(error) => away.waits(&self.shared, error).await,
                Ok(rows) if rows.is_empty() => {
                    drop(room);
                    away = Absence::default();
                    self.finish_own(tasks, idle).await;
                    match self.is_through(tasks).await {
                        Ok(true) => break,
                        Ok(false) => {
                            idle = (2 * idle).min(IDLE.1);
                            let lease = self.vault.set_up.lease;
                            let until = *until.get_or_insert_with(|| Instant::now() + lease);
                            self.waits_for_others(tasks, idle, until).await
                        }
                        Err(error) => away.waits(&self.shared, error).await,
                    }
                }
                Ok(rows) => {
                    (idle, away, until) = (IDLE.0, Absence::default(), None);
                    let begin_until = Instant::now() + self.vault.set_up.lease / 2;
                    for (row, place) in rows.into_iter().zip(room) {
                        let row = match row {
                            Ok(row) => row,
                            Err(damage) => {
                                self.damaged(&damage).await;
                                continue;
                            }
                        };
                        let Reply::Claimed(claim) = row.applied.reply else {
                            continue;
                        };
                        let lane = Arc::clone(&self);
                        let begin = Begin {
                            until: begin_until,
                            mode,
                            is_probe: pass == Pass::Probe,
                        };
                        let keeps = Keeps {
                            held: self.vault.set_up.own.hold(&row.entry.id, claim),
                            under_way: self.guard.begin(),
                            _place: place,
                        };
                        tasks.spawn(lane.work(row.entry, claim, begin, keeps));
                    }
                    true
                }
            };
            if !goes_on {
                break;
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Waits until rows may be claimed, and for how many there is room: for several at once where
    /// nothing tells them apart. `None` when the run is stopped.
    pub(super) async fn turn_comes(&self) -> Option<Turn> {
        let halt = &self.halt;
        let mode = self.mode_now().await?;
        let pass = loop {
            match self.breaker.pass(Instant::now()) {
                Pass::Wait { why, trouble, .. } if trouble > self.shared.options.patience => {
                    halt.stop(Stop::ProviderUnavailable(why));
                    return None;
                }
                Pass::Wait { pause, why, .. } => {
                    if !halt
                        .pause(pause, || format!("the provider is in trouble ({why})"))
                        .await
                    {
                        return None;
                    }
                }
                pass => break pass,
            }
        };
        if !self.place_comes().await {
            return None;
        }
        let mut room = tokio::select! {
            biased;
            () = halt.stopped() => return None,
            place = Arc::clone(&self.room).acquire_owned() => vec![place.ok()?],
        };
        if pass == Pass::Go && mode == Mode::Many && !self.pace.is_paced() {
            while let Ok(place) = Arc::clone(&self.room).try_acquire_owned() {
                room.push(place);
            }
        }
        match halt.is_stopped() {
            true => None,
            false => Some(Turn { pass, mode, room }),
        }
    }

    /// Waits for the place of the next call. Whether the run goes on.
    pub(super) async fn place_comes(&self) -> bool {
        let wait = match self.pace.place().await {
            Ok(wait) => wait,
            // The claim fails as well, and that is where it is dealt with.
            Err(_) => Duration::ZERO,
        };
        let halt = &self.halt;
        wait.is_zero() || halt.pause(wait, || "the provider's limit".into()).await
    }

    /// Keeps to a refusal, if it is for too many calls, and stops the run when that has no end. How
    /// long it holds.
    pub(super) fn hold(&self, refusal: &Refusal) -> Option<Duration> {
        let hold = self.pace.refused(refusal)?;
        if self.pace.in_vain() > self.shared.options.patience {
            let why = refusal.to_string();
            self.halt.stop(Stop::ProviderUnavailable(why));
        }
        Some(hold)
    }

    /// How much may be begun: where that is one row, when nothing is under way. `None` when the run
    /// is stopped.
    async fn mode_now(&self) -> Option<Mode> {
        if self.guard.mode() != Mode::Many {
            tokio::select! {
                biased;
                () = self.halt.stopped() => return None,
                () = self.guard.idle() => self.look_after_doubts().await,
            }
        }
        Some(self.guard.mode())
    }

    /// Others may have resolved the doubts of this run.
    async fn look_after_doubts(&self) {
        for id in self.guard.doubts() {
            // Where the store is away, they are not claimed either.
            let Ok(row) = self.vault.get(&id).await else {
                return;
            };
            match row.map(|row| row.state()) {
                Some(State::Rotating | State::Unknown) => {}
                Some(State::Lost | State::Revoked) => self.lost(&id),
                Some(State::Active) => self.guard.spare(&id),
                None => self.guard.resolve(&id),
            }
        }
    }

    /// A call of this run has lost a token, perhaps.
    pub(super) fn lost(&self, id: &str) {
        if let Some(count) = self.guard.lose(id) {
            self.halt.stop(Stop::Lost(count));
        }
    }

    /// Whether a claimed row may still be sent: its seat came late, perhaps.
    pub(super) fn may_call(&self, begin: Begin) -> bool {
        Instant::now() <= begin.until
            && !self.halt.is_stopped()
            && !self.pace.is_held()
            && begin.mode >= self.guard.mode()
            && (begin.is_probe || self.breaker.is_closed())
    }

    async fn claim(
        &self,
        mode: Mode,
        limit: usize,
    ) -> Result<Vec<Result<Changed, StoreError>>, StoreError> {
        let deliver = self.shared.options.deliver.is_some();
        let change =
            self.vault
                .claim_when(&self.client, self.goal.condition(&self.filter), deliver);
        let store = &self.vault.store;
        let filter = match mode {
            Mode::Doubts => &self.filter.clone().state(State::Unknown),
            Mode::Many | Mode::One => &self.filter,
        };
        let mut rows = store
            .change_next(filter, self.goal.ready(), limit, change)
            .await?;
        // A store may take rows for ready that are not: they are waited for.
        rows.retain(|row| match row {
            Ok(row) => matches!(row.applied.reply, Reply::Claimed(_)),
            Err(_) => true,
        });
        Ok(rows)
    }

    /// Whether nothing is left, neither here nor with others.
    async fn is_through(&self, tasks: &JoinSet<()>) -> Result<bool, StoreError> {
        if !tasks.is_empty() {
            return Ok(false);
        }
        // By then, every doubt that was there at the start could have been resolved.
        let set_up = &self.vault.set_up;
        let longest = set_up.lease + set_up.leave_alone;
        let is_over = matches!(self.goal, Goal::Resolve) && self.began.elapsed() > longest;
        Ok(is_over || self.count().await?.left == 0)
    }

    /// Lets the rows that are under way here come to their end, for a while.
    async fn finish_own(&self, tasks: &mut JoinSet<()>, time: Duration) {
        let all = async { while tasks.join_next().await.is_some() {} };
        // They go on after that.
        let _ = tokio::time::timeout(time, all).await;
    }

    /// Waits for rows that others hold, and says so when nothing else is left to do.
    async fn waits_for_others(&self, tasks: &JoinSet<()>, time: Duration, until: Instant) -> bool {
        let halt = &self.halt;
        if tasks.is_empty() && time == IDLE.1 {
            halt.set_status(Status::Paused {
                why:
                    "the last tokens are left alone, or in the hands of a process that may be dead"
                        .into(),
                // Some are left alone for longer.
                until: until.max(Instant::now() + time),
            });
        }
        let goes_on = halt.sleep(time).await;
        halt.set_status(Status::Running);
        goes_on
    }

    pub(super) fn unresolved(&self) -> MutexGuard<'_, HashSet<String>> {
        self.unresolved
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// How many rows the run leaves alone from its beginning on.
    pub(super) async fn left_alone(&self) -> Result<LeftAlone, StoreError> {
        let run = match &self.goal {
            Goal::Resolve | Goal::Check { .. } => return Ok(LeftAlone::default()),
            Goal::Replace { run, .. } if run.is_resumed => Some(run),
            Goal::Replace { .. } | Goal::Revoke { .. } => None,
        };
        LeftAlone::count(&self.vault, &self.filter, run).await
    }

    /// The same at its end, and what it has said itself of a row is among that.
    pub(super) async fn left_at_the_end(&self) -> Result<LeftAlone, StoreError> {
        match &self.goal {
            Goal::Replace { run, .. } => {
                LeftAlone::count(&self.vault, &self.filter, Some(run)).await
            }
            _ => Ok(LeftAlone::default()),
        }
    }

    /// How many rows wait for a run to come back, since the outcome of their last call is unknown.
    pub(super) async fn count_unknown(&self) -> Result<u64, StoreError> {
        let filter = &self.filter;
        match &self.goal {
            Goal::Replace { run, .. }
                if filter.state.is_none_or(|wanted| wanted == State::Unknown) =>
            {
                let unknown = filter.clone().state(State::Unknown);
                Ok(self.vault.store.count_run(&unknown, run).await?.left)
            }
            _ => Ok(0),
        }
    }

    /// Tells of a row that cannot be read: no more than that.
    pub(super) async fn damaged(&self, damage: &StoreError) {
        let id = damage.id().unwrap_or_default();
        if matches!(self.goal, Goal::Resolve) {
            self.unresolved().insert(id.to_owned());
        }
        self.shared.damaged(id, self.client.app()).await;
    }

    /// Tells of the rows that no claim comes to.
    async fn tell_out_of_reach(self: Arc<Self>) {
        let mut after = String::new();
        // Where the store is away, nothing is claimed either.
        while let Ok(ids) = self.vault.store.out_of_reach(&self.filter, &after).await
            && let Some(last) = ids.last()
        {
            after.clone_from(last);
            for id in &ids {
                // A doubt is come to whatever its run is.
                let is_one = matches!(self.goal, Goal::Replace { .. })
                    || self.vault.get(id).await.is_err_and(|e| e.is_damaged());
                if is_one {
                    self.shared.damaged(id, self.client.app()).await;
                }
            }
        }
    }

    /// How far it has come.
    pub(super) async fn count(&self) -> Result<RunCount, StoreError> {
        let store = &self.vault.store;
        if let Goal::Replace { run, .. } = &self.goal {
            return store.count_run(&self.filter, run).await;
        }
        if let Goal::Check { tokens } | Goal::Revoke { tokens } = self.goal {
            let left = tokens.saturating_sub(self.checked.load(Relaxed));
            return Ok(RunCount { done: 0, left });
        }
        let mut in_doubt = 0;
        for state in [State::Rotating, State::Unknown] {
            if self.filter.state.is_none_or(|wanted| wanted == state) {
                in_doubt += store.count(&self.filter.clone().state(state)).await?;
            }
        }
        Ok(RunCount {
            done: 0,
            left: in_doubt.saturating_sub(self.unresolved().len() as u64),
        })
    }
}

/// Rows may be claimed.
pub(super) struct Turn {
    pub(super) pass: Pass,
    mode: Mode,
    pub(super) room: Vec<OwnedSemaphorePermit>,
}

/// Under which conditions a claimed row is begun.
#[derive(Clone, Copy)]
pub(super) struct Begin {
    /// Whoever gets a seat later leaves the row to somebody else.
    pub(super) until: Instant,
    pub(super) mode: Mode,
    pub(super) is_probe: bool,
}

/// What a claimed row keeps for itself.
pub(super) struct Keeps {
    pub(super) held: Held,
    pub(super) under_way: UnderWay,
    pub(super) _place: OwnedSemaphorePermit,
}

/// The rows that are under way. They go on when the lane does not.
#[derive(Default)]
pub(super) struct Tasks(pub(super) JoinSet<()>);

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.detach_all();
    }
}

/// For how long the store has been away.
#[derive(Default)]
pub(super) struct Absence(Option<(Instant, Duration)>);

impl Absence {
    /// Waits before the store is asked again. Whether it goes on.
    pub(super) async fn waits(&mut self, shared: &Shared, error: StoreError) -> bool {
        let (since, wait) = self.0.unwrap_or((Instant::now(), AWAY.0));
        if !error.is_unavailable() || since.elapsed() > shared.options.patience {
            shared.halt.stop(Stop::Store(error));
            return false;
        }
        tracing::warn!(error = whole(&error), "the vault is away");
        self.0 = Some((since, (2 * wait).min(AWAY.1)));
        shared.halt.pause(wait, || whole(&error)).await
    }
}
