//! One claimed row of a fleet.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tokenturn::RotateError;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;

use super::lane::{Goal, Lane};
use super::outcome::{Outcome, Settled, Stop};
use crate::change::{Claim, End, Kind, Reply};
use crate::entry::{Entry, State};
use crate::error::StoreError;
use crate::event;
use crate::filter::Filter;
use crate::store::Changed;
use crate::time;
use crate::turn::{Manner, Turn, Verdict, reason, turn};
use crate::vault::Held;

/// After so many unknown outcomes in a row, a run lets a row be.
const DOUBTS: u32 = 3;
/// How long an outcome is kept in memory for a store that is away, once the run is stopped.
const SAVE_WITHIN: Duration = Duration::from_secs(60);
/// How long it waits before a token is handed on again, at first and at last.
const HAND_ON: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// Longer than a run that resolves doubts lasts.
const NOT_IN_THIS_RUN: Duration = Duration::from_secs(600);

impl Lane {
    /// Goes on whatever becomes of the run, until the row is settled.
    pub(super) async fn work(
        self: Arc<Self>,
        entry: Entry,
        claim: Claim,
        begin_until: Instant,
        is_probe: bool,
        keeps: (Held, OwnedSemaphorePermit),
    ) {
        let (held, _room) = keeps;
        // Until the row is settled: no more answers than that are in memory alone.
        let seat = self.shared.seats.acquire().await;
        if Instant::now() > begin_until || !self.may_call(is_probe) {
            self.release(&entry, claim, is_probe).await;
            return;
        }
        let turn = turn(&self.client, &entry.tokens, claim, self.manner(is_probe)).await;
        let hold = self.learn(&turn, is_probe);

        let comes_back = self
            .filter
            .state
            .is_none_or(|wanted| wanted == State::Unknown);
        let is_last = !comes_back || !is_probe && entry.progress.doubts + 1 >= DOUBTS;
        let is_final = match (&self.goal, &turn.end) {
            (_, End::Released | End::Kept) => false,
            (Goal::Replace(_), End::Unknown { .. }) => is_last,
            _ => true,
        };
        let run = self.goal.run().filter(|_| is_final);
        let outcome = self.outcome(&turn, claim, is_last);
        let settled = self.settled(&entry.id, turn.settlement(claim, run)).await;
        drop((held, seat));
        if let Some(hold) = hold {
            self.pace.tell(hold).await;
        }
        let (changed, outcome) = match settled {
            // Somebody else has gone on with the row, and says what became of it.
            Ok(changed) if changed.applied.reply == Reply::Newer => return,
            Ok(changed) => (Some(changed), outcome),
            Err(error) => {
                tracing::error!(%error, id = entry.id, "the outcome of a rotation is not stored");
                (None, unsaved(turn.end).or(outcome))
            }
        };
        let Some(outcome) = outcome else { return };
        let new = changed.as_ref().filter(|_| is_replaced(&outcome));
        let delivered = match (new, &self.shared.options.deliver) {
            (Some(new), Some(_)) => Some(self.deliver(&new.entry).await),
            _ => None,
        };
        let (old, new_name) = names(&entry, new);
        let settled = Settled {
            old,
            new: new_name,
            id: entry.id,
            app: entry.app,
            label: entry.label,
            outcome,
            request_id: turn.request_id,
            delivered,
            at: time::now(),
        };
        // Nobody wants to know any more: the store knows.
        let _ = self.shared.out.send(settled).await;
    }

    /// Gives a row back of which nothing was sent.
    async fn release(&self, entry: &Entry, claim: Claim, is_probe: bool) {
        if is_probe {
            self.breaker.not_probed();
        }
        let released = Kind::Settle {
            claim,
            end: End::Released,
            run: None,
            request_id: None,
        };
        if let Err(error) = self.settled(&entry.id, released).await {
            // Its claim runs out by itself.
            tracing::warn!(%error, id = entry.id, "a row is not given back");
        }
    }

    fn manner(&self, is_probe: bool) -> Manner {
        let replace = matches!(self.goal, Goal::Replace(_));
        Manner {
            replace,
            probe: is_probe,
            leave_alone: match replace {
                true => self.vault.set_up.leave_alone,
                false => NOT_IN_THIS_RUN,
            },
            deliver: self.shared.options.deliver.is_some(),
        }
    }

    /// What the answer says about the provider, and for the calls to come: for how long there
    /// should be none, if it says so.
    fn learn(&self, turn: &Turn, is_probe: bool) -> Option<Duration> {
        match &turn.verdict {
            Verdict::NotNow(RotateError::Refused(refusal)) => {
                self.breaker.succeeded();
                let hold = self.pace.refused(refusal);
                if hold.is_none() {
                    self.shared.halt.stop(Stop::BadCredentials(refusal.clone()));
                }
                hold
            }
            Verdict::Unknown(error) | Verdict::NotNow(error) => {
                self.breaker
                    .failed(is_probe, &reason(error), Instant::now());
                None
            }
            _ => {
                self.breaker.succeeded();
                let under_way = self.shared.options.concurrency;
                self.pace.learn(turn.rate_limit, under_way)
            }
        }
    }

    /// What is told of it. `None` when the run comes back to the row.
    fn outcome(&self, turn: &Turn, claim: Claim, is_last: bool) -> Option<Outcome> {
        let is_told = is_last || matches!(self.goal, Goal::Resolve);
        match &turn.verdict {
            Verdict::Replaced if claim.in_doubt => Some(Outcome::Resolved),
            Verdict::Replaced => Some(Outcome::Replaced),
            Verdict::NotReplaced => Some(Outcome::Kept),
            Verdict::Invalid => Some(Outcome::Invalid),
            Verdict::Lost => Some(Outcome::Lost),
            Verdict::NotNow(_) => None,
            Verdict::Refused(refusal) if matches!(turn.end, End::Refused(_)) => {
                Some(Outcome::Refused(refusal.clone()))
            }
            Verdict::Refused(refusal) => is_told.then(|| Outcome::Unknown(refusal.to_string())),
            Verdict::Unknown(error) => is_told.then(|| Outcome::Unknown(reason(error))),
        }
    }

    /// Stores what became of the row, however long the store is away, unless the run is stopped.
    async fn settled(&self, id: &str, kind: Kind) -> Result<Changed, StoreError> {
        if matches!(self.goal, Goal::Resolve)
            && let Kind::Settle { end, .. } = &kind
        {
            let mut unresolved = self
                .unresolved
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            match end {
                End::Unknown { .. } => unresolved.insert(id.to_owned()),
                _ => unresolved.remove(id),
            };
        }
        tokio::select! {
            biased;
            settled = self.vault.settle(id, kind, None) => settled,
            () = self.stopped_for(SAVE_WITHIN) => Err(StoreError::away()),
        }
    }

    async fn stopped_for(&self, time: Duration) {
        self.shared.halt.stopped().await;
        tokio::time::sleep(time).await;
    }

    /// Hands a new token on until it is taken, or the run is stopped. Whether it was taken.
    async fn deliver(&self, entry: &Entry) -> bool {
        let Some(deliver) = &self.shared.options.deliver else {
            return false;
        };
        let mut wait = HAND_ON.0;
        while let Err(error) = deliver.deliver(entry).await {
            tracing::warn!(%error, id = entry.id, "a new token was not taken over");
            let why = || format!("a new token was not taken over ({error})");
            if !self.shared.halt.pause(wait, why).await {
                return false;
            }
            wait = (2 * wait).min(HAND_ON.1);
        }
        let generation = entry.generation;
        let noted = self.settled(&entry.id, Kind::Deliver { generation }).await;
        // Otherwise it is handed on once more.
        if let Err(error) = noted {
            tracing::warn!(%error, id = entry.id, "it is not noted that a token was taken over");
        }
        self.shared.delivered.fetch_add(1, Relaxed);
        true
    }

    /// Hands on what earlier runs have stored and nobody has taken.
    pub(super) async fn deliver_leftovers(self: &Arc<Self>, tasks: &mut JoinSet<()>) {
        if self.shared.options.deliver.is_none() {
            return;
        }
        // They were old when they were replaced, and are not any more.
        let waiting = Filter {
            state: Some(State::Active),
            older_than: None,
            ..self.filter.clone()
        };
        let waiting = waiting.undelivered();
        let mut rows = self.vault.list(waiting);
        while let Some(row) = rows.next().await {
            let room = tokio::select! {
                biased;
                () = self.shared.halt.stopped() => return,
                room = Arc::clone(&self.room).acquire_owned() => room,
            };
            match row {
                Ok(entry) => {
                    let lane = Arc::clone(self);
                    tasks.spawn(async move {
                        let _room = room;
                        lane.deliver(&entry).await;
                    });
                }
                // The run cannot use the store either, and says so.
                Err(_) => return,
            }
            while tasks.try_join_next().is_some() {}
        }
    }
}

/// The fingerprints of the old token and of the new one: those of the event, where there is one.
fn names(entry: &Entry, new: Option<&Changed>) -> (Option<String>, Option<String>) {
    match new.and_then(|new| new.applied.event.clone()) {
        Some(event) => (event.old, event.new),
        None => (
            event::name(entry.tokens.fingerprint()),
            new.and_then(|new| event::name(new.entry.tokens.fingerprint())),
        ),
    }
}

fn is_replaced(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Replaced | Outcome::Resolved)
}

fn unsaved(end: End) -> Option<Outcome> {
    match end {
        End::Replaced { tokens, .. } => Some(Outcome::NotSaved(Box::new(tokens))),
        _ => None,
    }
}
