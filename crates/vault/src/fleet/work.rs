//! One claimed row of a fleet.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use tokenturn::RotateError;

use super::guard::Mode;
use super::lane::{Begin, Goal, Keeps, Lane};
use super::outcome::{Outcome, Settled, Stop};
use crate::change::{Claim, End, Kind, Reply};
use crate::client::Standing;
use crate::entry::{Entry, State};
use crate::error::{StoreError, whole};
use crate::event;
use crate::store::Changed;
use crate::time;
use crate::turn::{Manner, Turn, Verdict, reason, turn};

/// After so many unknown outcomes in a row, a run lets a row be.
const DOUBTS: u32 = 3;
/// How long an outcome is kept in memory for a store that is away, once the run is stopped.
const SAVE_WITHIN: Duration = Duration::from_secs(60);
/// How often it is asked whether the first new token is valid, when no answer comes. It waits twice
/// as long as this before the second time, and before each one more twice as long again.
const ASKED: u32 = 5;
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// The same, when the answer is no: servers that answer may be behind those that change.
const ASKED_OF_INVALID: u32 = 3;
/// How long a row is left alone that a run could not resolve and comes to again: others may not want to
/// wait for longer.
const TRIED: Duration = Duration::from_secs(10);

impl Lane {
    /// Goes on whatever becomes of the run, until the row is settled.
    pub(super) async fn work(
        self: Arc<Self>,
        entry: Entry,
        claim: Claim,
        begin: Begin,
        keeps: Keeps,
    ) {
        let is_probe = begin.is_probe;
        let Keeps {
            held,
            under_way,
            _place,
        } = keeps;
        // Until the row is settled: no more answers than that are in memory alone.
        let seat = self.shared.seats.acquire().await;
        let is_tried = self.unresolved().contains(&entry.id);
        if is_tried || !self.may_call(begin) {
            let end = match is_tried {
                true => End::LeftAlone(TRIED),
                false => End::Released,
            };
            self.release(&entry, claim, end, is_probe).await;
            return;
        }
        let manner = self.manner(begin);
        let mut turn = turn(&self.client, &entry, claim, manner).await;
        let hold = self.learn(&entry, &turn, is_probe);

        let comes_back = self
            .filter
            .state
            .is_none_or(|wanted| wanted == State::Unknown);
        let is_last = !comes_back || !is_probe && entry.progress.doubts + 1 >= DOUBTS;
        if !turn.is_found() {
            self.guard(&entry.id, &turn, is_last);
        }
        let is_final = match (&self.goal, &turn.end) {
            (_, End::Released | End::LeftAlone(_) | End::Kept) => false,
            (Goal::Replace { .. }, End::Unknown { .. }) => is_last,
            _ => true,
        };
        let run = self.goal.run().filter(|_| is_final);
        let needs_proof = self.needs_proof(&turn);
        if let End::Replaced { is_unproven, .. } = &mut turn.end {
            *is_unproven = needs_proof;
        }
        let mut outcome = self.outcome(&turn, claim, is_last);
        if matches!((&turn.end, &outcome), (End::Released, Some(_))) {
            self.unresolved().insert(entry.id.clone());
        }
        let mut settled = self.settled(&entry.id, turn.settlement(claim, run)).await;
        if turn.is_found() {
            let mut taken = Vec::new();
            while turn.is_found() && settled.as_ref().is_err_and(StoreError::is_duplicate) {
                turn = turn
                    .look_on(&self.client, &entry, claim, manner, &mut taken)
                    .await;
                outcome = self.outcome(&turn, claim, is_last);
                settled = self.settled(&entry.id, turn.settlement(claim, run)).await;
            }
            self.guard(&entry.id, &turn, is_last);
        }
        drop(held);
        let proof = match &settled {
            Ok(changed) if needs_proof && changed.applied.reply == Reply::Done => {
                self.proves(changed).await
            }
            _ => Ok(()),
        };
        if let Err(doubt) = proof {
            let mut is_invalid = doubt.is_invalid;
            if let Ok(changed) = &settled {
                self.note(changed, is_invalid).await;
                // It may be refreshed yet.
                is_invalid &= changed.entry.refreshes_with().is_none();
            }
            outcome = match is_invalid {
                true => Some(Outcome::Lost),
                // Otherwise it is among those that the run comes back to.
                false => (!comes_back).then_some(Outcome::Unknown(doubt.why)),
            };
        }
        if settled.as_ref().is_err_and(StoreError::is_duplicate) {
            self.halt.stop(Stop::Duplicate(entry.id.clone()));
        }
        drop((under_way, seat));
        if let Some(hold) = hold {
            self.pace.tell(hold).await;
        }
        let (changed, outcome) = match settled {
            // Somebody else has gone on with the row, and says what became of it.
            Ok(changed) if changed.applied.reply == Reply::Newer => return,
            Ok(changed) => (Some(changed), outcome),
            Err(error) => {
                tracing::error!(
                    error = whole(&error),
                    id = entry.id,
                    "the outcome of a rotation is not stored"
                );
                // The next one could not be stored, either.
                if error.id().is_none() && !error.is_unavailable() {
                    self.halt.stop(Stop::Store(error));
                }
                (None, unsaved(turn.end).or(outcome))
            }
        };
        let Some(outcome) = outcome else { return };
        let new = changed.as_ref().filter(|_| is_replaced(&outcome));
        if new.is_some() {
            if self.shared.options.deliver.is_some() {
                self.shared.untried().insert(entry.id.clone());
            }
            self.shared.replaced.notify_one();
        }
        self.shared.told.fetch_add(1, Relaxed);
        let (old, new_name) = names(&entry, new);
        let settled = Settled {
            old,
            new: new_name,
            id: entry.id,
            app: entry.app,
            label: entry.label,
            outcome,
            request_id: turn.request_id,
            at: time::now(),
        };
        // Nobody wants to know any more: the store knows.
        let _ = self.shared.out.send(settled).await;
    }

    /// Gives a row back of which nothing was sent.
    async fn release(&self, entry: &Entry, claim: Claim, end: End, is_probe: bool) {
        if is_probe {
            self.breaker.not_probed();
        }
        let released = Kind::Settle {
            claim,
            end,
            run: None,
            request_id: None,
        };
        if let Err(error) = self.settled(&entry.id, released).await {
            // Its claim runs out by itself.
            tracing::warn!(
                error = whole(&error),
                id = entry.id,
                "a row is not given back"
            );
        }
    }

    fn manner(&self, begin: Begin) -> Manner {
        Manner {
            probe: begin.is_probe,
            ..self.vault.manner(self.goal.aim())
        }
    }

    /// What the answer says about the provider, and for the calls to come: for how long there
    /// should be none, if it says so.
    fn learn(&self, entry: &Entry, turn: &Turn, is_probe: bool) -> Option<Duration> {
        match &turn.verdict {
            Verdict::NotNow(RotateError::Refused(refusal)) => {
                self.breaker.succeeded();
                let hold = self.hold(refusal);
                if hold.is_none() {
                    self.halt.stop(Stop::of_all(refusal.clone()));
                }
                hold
            }
            Verdict::Unknown(error) | Verdict::NotNow(error) => {
                match Stop::of_impossible(error, &entry.tokens) {
                    // The next one may have a refresh token.
                    Some(_) if matches!(self.goal, Goal::Resolve) => {}
                    Some(stop) => self.halt.stop(stop),
                    None => {
                        self.breaker
                            .failed(is_probe, &reason(error), Instant::now());
                        return None;
                    }
                }
                if is_probe {
                    self.breaker.not_probed();
                }
                None
            }
            // That a question is answered does not say that a change would be.
            Verdict::Lost if matches!(self.goal, Goal::Replace { .. }) => {
                if is_probe {
                    self.breaker.not_probed();
                }
                None
            }
            _ => {
                self.breaker.succeeded();
                let under_way = self.shared.options.concurrency;
                self.pace.learn(turn.rate_limit, under_way)
            }
        }
    }

    /// What the answer says about the tokens to come.
    fn guard(&self, id: &str, turn: &Turn, is_last: bool) {
        match (&turn.end, matches!(self.goal, Goal::Replace { .. })) {
            (End::Unknown { .. }, true) => {
                if turn.sent {
                    self.guard.doubt(id);
                }
                if is_last {
                    self.lost(id);
                }
            }
            (End::Lost | End::Invalid(_), true) => self.lost(id),
            (End::Released | End::LeftAlone(_), _) | (_, false) => {}
            _ if turn.is_found() => {
                if let Some(count) = self.guard.find(id) {
                    self.halt.stop(Stop::NotBelieved(count));
                }
            }
            _ => self.guard.resolve(id),
        }
        match &turn.verdict {
            Verdict::Replaced if turn.sent => self.guard.accept(),
            Verdict::Refused(refusal)
            | Verdict::NotRefreshed(refusal)
            | Verdict::Invalid(Some(refusal))
                if self.guard.refuse(refusal.reason.as_str()) =>
            {
                self.halt.stop(Stop::SameRefusal(refusal.clone()));
            }
            _ => {}
        }
    }

    /// Whether the run needs the proof that a new token is valid. What was only found says nothing about
    /// the answers to come.
    fn needs_proof(&self, turn: &Turn) -> bool {
        let is_canary = !turn.is_found() && self.guard.mode() != Mode::Many;
        let is_needed = is_canary || turn.is_doubtful && turn.sent;
        is_needed && matches!(turn.verdict, Verdict::Replaced)
    }

    /// Asks about a new token, and stops the run when it is not said to be valid.
    async fn proves(&self, Changed { entry, .. }: &Changed) -> Result<(), Doubt> {
        if !self.client.calls.can_ask() {
            // The answer is all that there will be.
            self.guard.prove();
            self.may_be_handed_on(entry).await;
            return Ok(());
        }
        let halt = &self.halt;
        let (mut wait, mut asked, mut invalid) = (ASK_AGAIN, 0, 0);
        loop {
            let (hold, why) = match self.client.calls.check(&entry.tokens).await {
                Ok(Standing::Valid { user_id }) if entry.tokens.are_of(user_id) => {
                    self.pace.answered();
                    self.guard.prove();
                    self.may_be_handed_on(entry).await;
                    return Ok(());
                }
                // It says nothing about the answer that the token came in.
                Ok(Standing::Invalid) => {
                    match self.since(entry).await {
                        Since::Replaced => return Ok(()),
                        // It may be by that, and what comes of it is not known.
                        Since::Claimed => {}
                        Since::Nothing => invalid += 1,
                    }
                    (None, "the provider says that it is not valid".to_owned())
                }
                Ok(Standing::Valid { .. }) => {
                    let why = "the provider says that it is of another user";
                    (None, why.to_owned())
                }
                Err(error) => {
                    let hold = error.refusal().and_then(|no| self.hold(no));
                    (hold, reason(&error.into_why()))
                }
            };
            if let Some(hold) = hold {
                self.pace.tell(hold).await;
            } else {
                asked += 1;
                wait *= 2;
            }
            let is_invalid = invalid == ASKED_OF_INVALID;
            if is_invalid || asked == ASKED {
                halt.stop(Stop::Unproven(why.clone()));
                return Err(Doubt { is_invalid, why });
            }
            let goes_on = match hold {
                Some(_) => true,
                None => halt.pause(wait, || why.clone()).await,
            };
            if !goes_on || !self.place_comes().await {
                return Err(Doubt { is_invalid, why });
            }
        }
    }

    /// What has become of a new token meanwhile.
    async fn since(&self, new: &Entry) -> Since {
        let row = match self.vault.get(&new.id).await {
            Ok(Some(row)) => row,
            Ok(None) => return Since::Replaced,
            Err(_) => return Since::Nothing,
        };
        let is_revoked = row.state() == State::Revoked;
        match row.state() {
            _ if row.tokens.hash() != new.tokens.hash() || is_revoked => Since::Replaced,
            State::Rotating => Since::Claimed,
            _ => Since::Nothing,
        }
    }

    /// Notes that a new token is valid, where somebody waits for it.
    async fn may_be_handed_on(&self, entry: &Entry) {
        if !entry.progress.undelivered {
            return;
        }
        let prove = Kind::Prove {
            generation: entry.generation,
            secrets: entry.tokens.hash(),
        };
        if let Err(error) = self.settled(&entry.id, prove).await {
            // It is handed on some minutes later.
            tracing::warn!(%error, id = entry.id, "it is not noted that a new token is valid");
        }
    }

    /// Notes that a new token was not proven, so that nobody takes its row for replaced.
    async fn note(&self, Changed { entry, .. }: &Changed, is_invalid: bool) {
        let doubt = Kind::Doubt {
            generation: entry.generation,
            secrets: entry.tokens.hash(),
            is_invalid,
        };
        if let Err(error) = self.settled(&entry.id, doubt).await {
            tracing::error!(
                error = whole(&error),
                id = entry.id,
                "it is not noted that a new token is in doubt"
            );
        }
    }

    /// What is told of it. `None` when the run comes back to the row.
    fn outcome(&self, turn: &Turn, claim: Claim, is_last: bool) -> Option<Outcome> {
        let is_told = is_last || matches!(self.goal, Goal::Resolve);
        match &turn.verdict {
            Verdict::Replaced if claim.in_doubt => Some(Outcome::Resolved),
            Verdict::Replaced => Some(Outcome::Replaced),
            Verdict::NotReplaced => matches!(self.goal, Goal::Resolve).then_some(Outcome::Kept),
            Verdict::Invalid(_) => Some(Outcome::Invalid),
            Verdict::Lost => Some(Outcome::Lost),
            Verdict::NotNow(error @ RotateError::NotSent(why))
                if why.is_impossible() && matches!(self.goal, Goal::Resolve) =>
            {
                Some(Outcome::Unknown(reason(error)))
            }
            Verdict::NotNow(_) => None,
            Verdict::NotRefreshed(refusal) => Some(Outcome::Refused(refusal.clone())),
            Verdict::Refused(refusal) if matches!(turn.end, End::Refused(_)) => {
                Some(Outcome::Refused(refusal.clone()))
            }
            Verdict::Refused(refusal) => is_told.then(|| Outcome::Unknown(refusal.to_string())),
            Verdict::Unknown(error) => is_told.then(|| Outcome::Unknown(reason(error))),
        }
    }

    /// Stores what became of the row, however long the store is away, unless the run is stopped.
    pub(super) async fn settled(&self, id: &str, kind: Kind) -> Result<Changed, StoreError> {
        if matches!(self.goal, Goal::Resolve)
            && let Kind::Settle { end, .. } = &kind
        {
            match end {
                End::Unknown { .. } => self.unresolved().insert(id.to_owned()),
                // It is given back, and may be among them.
                End::Released | End::LeftAlone(_) => true,
                _ => self.unresolved().remove(id),
            };
        }
        tokio::select! {
            biased;
            settled = self.vault.settle(id, kind, None) => settled,
            () = self.stopped_for(SAVE_WITHIN) => Err(StoreError::away()),
        }
    }

    async fn stopped_for(&self, time: Duration) {
        self.halt.stopped().await;
        tokio::time::sleep(time).await;
    }
}

/// What somebody else has done to a new token.
enum Since {
    Nothing,
    /// They are at it.
    Claimed,
    /// There is another one, or none any more.
    Replaced,
}

/// Why a new token is not known to be valid.
struct Doubt {
    /// The provider says that it is not.
    is_invalid: bool,
    why: String,
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
