//! Ending many tokens.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use tokio::sync::OwnedSemaphorePermit;

use super::lane::{Absence, Goal, Lane};
use super::outcome::{Outcome, Stop};
use super::{Fleet, FleetOptions, distinct};
use crate::change::{Claim, End, Kind, Reply};
use crate::client::Client;
use crate::entry::{Entry, State};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::turn::{is_about_all_tokens, reason};
use crate::vault::Vault;

/// How long it waits for whoever replaces a token just now.
const LOOK: Duration = Duration::from_millis(200);

const IN_DOUBT: &str =
    "an earlier call may have replaced it, so the new one may be alive; `recover` finds out";

impl Vault {
    /// Makes every token that `filter` means invalid at its provider, of the apps that `clients` are
    /// of, as [`revoke`](Self::revoke) does for one. What is replaced meanwhile is revoked
    /// afterwards. Tokens that are lost or revoked are left alone. Rows in doubt are left to
    /// [`recover_all`](Self::recover_all), and told of as unknown; so is a token whose revocation got
    /// no answer: revoking it again does no harm. OhMyGPT has no call for it: its tokens are told of
    /// as [`Outcome::NoCall`], and nothing is sent.
    ///
    /// # Errors
    ///
    /// When the store cannot be used; nothing was sent. Later on, that stops the run.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime; nothing was sent then.
    pub async fn revoke_all(
        &self,
        clients: impl IntoIterator<Item = Client>,
        filter: Filter,
        options: FleetOptions,
    ) -> Result<Fleet, StoreError> {
        let mut goals = Vec::new();
        for client in distinct(clients) {
            let filter = filter.clone().app(&client.app());
            let mut tokens = self.store.count(&filter).await?;
            for state in [State::Lost, State::Revoked] {
                if filter.state.is_none_or(|wanted| wanted == state) {
                    let dead = filter.clone().state(state);
                    tokens = tokens.saturating_sub(self.store.count(&dead).await?);
                }
            }
            goals.push((client, Goal::Revoke { tokens }));
        }
        self.fleet(goals, filter, options).await
    }
}

/// What came of a claimed row.
enum Called {
    Told(Outcome, Option<String>),
    /// The provider wants to be left alone for so long.
    Held(Duration),
    /// The run is stopped by it.
    Stopped,
}

impl Lane {
    /// Revokes the rows, one after the other, and ends when that is done for all or the run is
    /// stopped.
    pub(super) async fn revoke(self: Arc<Self>) {
        self.each_row(|entry| !is_dead(entry), Self::end).await;
    }

    /// Revokes one row, and tells what came of it.
    async fn end(self: Arc<Self>, mut entry: Entry, is_probe: bool, _place: OwnedSemaphorePermit) {
        let seat = self.shared.seats.acquire().await;
        let (mut away, mut is_asked) = (Absence::default(), false);
        let ended = loop {
            if self.shared.halt.is_stopped() {
                return;
            }
            if !self.client.calls.can_revoke() {
                break Some((Outcome::NoCall, None));
            }
            if entry.state() == State::Unknown {
                break Some((Outcome::Unknown(IN_DOUBT.to_owned()), None));
            }
            let claim = self.vault.claim_to_revoke(&self.client, entry.generation);
            let changed = match self.vault.store.change(&entry.id, claim).await {
                Ok(Some(changed)) => changed,
                // It was taken out.
                Ok(None) => break None,
                Err(damage) if damage.is_damaged() && damage.id().is_some() => {
                    self.damaged(&damage).await;
                    break None;
                }
                Err(error) => match away.waits(&self.shared, error).await {
                    true => continue,
                    false => return,
                },
            };
            // It may have been replaced meanwhile.
            entry = changed.entry;
            let claim = match changed.applied.reply {
                Reply::Claimed(claim) => claim,
                // It was taken out, and another app's put in under its name.
                Reply::OtherApp => break None,
                // Somebody else has found that out, or done it.
                Reply::Dead(State::Lost) => break Some((Outcome::Lost, None)),
                Reply::Dead(_) => break Some((Outcome::Revoked, None)),
                Reply::Held => {
                    self.shared.halt.sleep(LOOK).await;
                    continue;
                }
                _ => continue,
            };
            is_asked |= !claim.in_doubt;
            let held = self.vault.set_up.own.hold(&entry.id, claim);
            let (end, called) = self.call(&entry, claim, is_probe).await;
            let is_revoked = matches!(end, End::Revoked);
            let kind = Kind::Settle {
                claim,
                end,
                run: None,
                request_id: None,
            };
            let settled = self.settled(&entry.id, kind).await;
            drop(held);
            match (called, settled) {
                // Somebody has taken over, and there is another token.
                (_, Ok(changed)) if is_revoked && changed.applied.reply == Reply::Newer => {
                    entry = changed.entry;
                }
                (Called::Told(..), Err(error)) if is_revoked => {
                    let why = format!("it is revoked, and the vault does not say so: {error}");
                    // Nor would it of the next one.
                    if error.id().is_none() && !error.is_unavailable() {
                        self.shared.halt.stop(Stop::Store(error));
                    }
                    break Some((Outcome::Unknown(why), None));
                }
                // What was only given back comes free by itself.
                (Called::Told(outcome, request_id), _) => break Some((outcome, request_id)),
                (Called::Held(hold), _) => {
                    self.pace.tell(hold).await;
                    self.place_comes().await;
                }
                (Called::Stopped, _) => return,
            }
        };
        drop(seat);
        if is_probe && !is_asked {
            self.breaker.not_probed();
        }
        self.checked.fetch_add(1, Relaxed);
        if let Some((outcome, request_id)) = ended {
            self.came_of(entry, None, outcome, request_id).await;
        }
    }

    /// Revokes the token of a claimed row, unless it is in doubt whether that is its token.
    async fn call(&self, entry: &Entry, claim: Claim, is_probe: bool) -> (End, Called) {
        if claim.in_doubt {
            let outcome = Outcome::Unknown(IN_DOUBT.to_owned());
            return (End::Released, Called::Told(outcome, None));
        }
        let error = match self.client.calls.revoke(&entry.tokens).await {
            Ok(()) => {
                self.breaker.succeeded();
                self.pace.answered();
                self.guard.accept();
                return (End::Revoked, Called::Told(Outcome::Revoked, None));
            }
            Err(error) => error,
        };
        let request_id = error.request_id().map(str::to_owned);
        let is_sent = !error.is_not_sent();
        let Some(refusal) = error.refusal().cloned() else {
            let error = error.into_why();
            if let Some(why) = Stop::of_impossible(&error, &entry.tokens) {
                self.shared.halt.stop(why);
                return (End::Released, Called::Stopped);
            }
            let why = reason(&error);
            self.breaker.failed(is_probe, &why, Instant::now());
            let end = match is_sent {
                true => End::Unanswered,
                false => End::Released,
            };
            return (end, Called::Told(Outcome::Unknown(why), request_id));
        };
        self.breaker.succeeded();
        if let Some(hold) = self.hold(&refusal) {
            return (End::Released, Called::Held(hold));
        }
        if is_about_all_tokens(&refusal, self.client.is_bearer()) {
            self.shared.halt.stop(Stop::of_all(refusal));
            return (End::Released, Called::Stopped);
        }
        let reason = refusal.reason;
        if self.guard.refuse(reason.as_str()) {
            self.shared.halt.stop(Stop::SameRefusal(refusal.clone()));
        }
        let told = Called::Told(Outcome::Refused(refusal), request_id);
        (End::Refused(reason), told)
    }
}

fn is_dead(entry: &Entry) -> bool {
    matches!(entry.state(), State::Lost | State::Revoked)
}
