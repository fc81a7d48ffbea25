//! Asking about many tokens.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use tokio::sync::OwnedSemaphorePermit;

use super::lane::{Absence, Goal, Lane};
use super::outcome::{Outcome, Stop};
use super::{Fleet, FleetOptions, distinct};
use crate::change::{Kind, Reply};
use crate::client::{Client, Standing};
use crate::entry::{Entry, State};
use crate::error::{StoreError, whole};
use crate::event::{self, What};
use crate::filter::Filter;
use crate::turn::{is_about_all_tokens, reason};
use crate::vault::Vault;

impl Vault {
    /// Asks the provider about every token that `filter` means, of the apps that `clients` are of, as
    /// [`check`](Self::check) does for one: also about those that are lost or revoked, and those of
    /// them that live are active again, and so are those whose new tokens are found in answers that
    /// were kept. Rows in doubt are left to [`recover_all`](Self::recover_all), and told of as unknown.
    ///
    /// # Errors
    ///
    /// When the store cannot be used; nothing was sent. Later on, that stops the run.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime; nothing was sent then.
    pub async fn check_all(
        &self,
        clients: impl IntoIterator<Item = Client>,
        filter: Filter,
        options: FleetOptions,
    ) -> Result<Fleet, StoreError> {
        let mut goals = Vec::new();
        for client in distinct(clients) {
            let tokens = self.store.count(&filter.clone().app(&client.app())).await?;
            goals.push((client, Goal::Check { tokens }));
        }
        self.fleet(goals, filter, options).await
    }
}

impl Lane {
    /// Asks about the rows, and ends when that is done for all or the run is stopped.
    pub(super) async fn check(self: Arc<Self>) {
        self.each_row(|_| true, Self::ask).await;
    }

    /// Asks about one row, and notes and tells the answer.
    async fn ask(self: Arc<Self>, mut entry: Entry, is_probe: bool, _place: OwnedSemaphorePermit) {
        let seat = self.shared.seats.acquire().await;
        let (mut new, mut away) = (None, Absence::default());
        let (outcome, request_id) = loop {
            if self.shared.halt.is_stopped() {
                return;
            }
            // It was taken out, and another app's put in under its name.
            if !self.client.is_of(&entry.app) {
                self.checked.fetch_add(1, Relaxed);
                return;
            }
            if matches!(entry.state(), State::Rotating | State::Unknown) {
                if is_probe {
                    self.breaker.not_probed();
                }
                let why = "an earlier call may have replaced it; `recover` finds out";
                break (Outcome::Unknown(why.to_owned()), None);
            }
            let is_valid = match self.client.calls.check(&entry.tokens).await {
                Ok(Standing::Valid { user_id }) if entry.tokens.are_of(user_id) => true,
                Ok(Standing::Invalid) => false,
                Ok(Standing::Valid { .. }) => {
                    self.breaker.succeeded();
                    let why = StoreError::of_another_user(&entry.id).to_string();
                    break (Outcome::Unknown(why), None);
                }
                Err(error) => {
                    let request_id = error.request_id().map(str::to_owned);
                    let Some(refusal) = error.refusal().cloned() else {
                        let error = error.into_why();
                        if let Some(why) = Stop::of_impossible(&error, &entry.tokens) {
                            self.shared.halt.stop(why);
                            return;
                        }
                        let why = reason(&error);
                        self.breaker.failed(is_probe, &why, Instant::now());
                        break (Outcome::Unknown(why), request_id);
                    };
                    self.breaker.succeeded();
                    if let Some(hold) = self.hold(&refusal) {
                        self.pace.tell(hold).await;
                        self.place_comes().await;
                        continue;
                    }
                    if is_about_all_tokens(&refusal, self.client.is_bearer()) {
                        self.shared.halt.stop(Stop::of_all(refusal));
                        return;
                    }
                    if self.guard.refuse(refusal.reason.as_str()) {
                        self.shared.halt.stop(Stop::SameRefusal(refusal.clone()));
                    }
                    break (Outcome::Refused(refusal), request_id);
                }
            };
            self.breaker.succeeded();
            self.pace.answered();
            let now = self.vault.store.clock();
            let is_expired = entry.refreshes_with().is_some() && entry.tokens.have_ended(now);
            if is_valid {
                self.guard.accept();
            } else if entry.state() == State::Active && !is_expired && self.guard.refuse("invalid")
            {
                self.shared.halt.stop(Stop::Invalid);
            }
            let kind = Kind::Check {
                generation: entry.generation,
                secrets: entry.tokens.hash(),
                is_valid,
            };
            let noted = loop {
                let at_once = Some(Instant::now());
                match self.vault.settle(&entry.id, kind.clone(), at_once).await {
                    Err(error) if error.id().is_none() => {
                        if !away.waits(&self.shared, error).await {
                            return;
                        }
                    }
                    noted => break noted,
                }
            };
            match noted {
                // It was replaced meanwhile, or is being replaced.
                Ok(changed) if changed.applied.reply == Reply::Newer => entry = changed.entry,
                Ok(changed) if !is_valid && !changed.entry.tokens.kept.is_empty() => {
                    // One of its answers may have the living one, though it was not found there before.
                    match self.vault.recover(&self.client, &entry.id).await {
                        Ok(row) if row.state() == State::Active => {
                            new = event::name(row.tokens.fingerprint());
                            break (Outcome::Restored, None);
                        }
                        Ok(_) => break (Outcome::Invalid, None),
                        Err(error) => break (Outcome::Unknown(whole(&error)), None),
                    }
                }
                Ok(changed) => {
                    let noted = changed.applied.event.map(|event| event.what);
                    let outcome = match is_valid {
                        true if noted == Some(What::Restored) => Outcome::Restored,
                        true => Outcome::Valid,
                        false if is_expired => Outcome::Expired,
                        false if noted == Some(What::Unknown) => {
                            let why = "it is not valid, and may be refreshed; `recover` finds out";
                            Outcome::Unknown(why.to_owned())
                        }
                        false => Outcome::Invalid,
                    };
                    break (outcome, None);
                }
                Err(error) => break (Outcome::Unknown(whole(&error)), None),
            }
        };
        drop(seat);
        self.checked.fetch_add(1, Relaxed);
        self.came_of(entry, new, outcome, request_id).await;
    }
}
