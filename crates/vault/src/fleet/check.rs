//! Asking about many tokens.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use tokio::sync::OwnedSemaphorePermit;

use super::breaker::Pass;
use super::lane::{Absence, Goal, Lane, Tasks, Turn};
use super::outcome::{Outcome, Settled, Stop};
use super::{Fleet, FleetOptions, distinct};
use crate::change::{Kind, Reply};
use crate::client::{Client, Standing};
use crate::entry::{Entry, State};
use crate::error::{StoreError, whole};
use crate::event::{self, What};
use crate::filter::Filter;
use crate::time;
use crate::turn::{is_about_all_tokens, reason};
use crate::vault::{Vault, id};

/// How many rows are read at a time.
const PAGE: usize = 500;

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
        let mut tasks = Tasks::default();
        let tasks = &mut tasks.0;
        let (mut ahead, mut after) = (VecDeque::new(), None);
        let mut away = Absence::default();
        'run: while let Some(Turn { pass, room, .. }) = self.turn_comes().await {
            while tasks.try_join_next().is_some() {}
            for place in room {
                while ahead.is_empty() {
                    match self.page(after.as_deref()).await {
                        Ok(rows) if rows.is_empty() => break 'run,
                        Ok(rows) => {
                            away = Absence::default();
                            after = rows.last().map(|row| id(row).to_owned());
                            ahead = rows.into();
                        }
                        Err(error) => {
                            if !away.waits(&self.shared, error).await {
                                break 'run;
                            }
                        }
                    }
                }
                match ahead.pop_front() {
                    Some(Ok(entry)) => {
                        let is_probe = pass == Pass::Probe;
                        tasks.spawn(Arc::clone(&self).ask(entry, is_probe, place));
                    }
                    Some(Err(damage)) => {
                        if pass == Pass::Probe {
                            self.breaker.not_probed();
                        }
                        self.checked.fetch_add(1, Relaxed);
                        self.damaged(&damage).await;
                    }
                    None => {}
                }
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    pub(super) async fn page(
        &self,
        after: Option<&str>,
    ) -> Result<Vec<Result<Entry, StoreError>>, StoreError> {
        self.vault.store.page(&self.filter, after, PAGE).await
    }

    /// Asks about one row, and notes and tells the answer.
    async fn ask(self: Arc<Self>, mut entry: Entry, is_probe: bool, _place: OwnedSemaphorePermit) {
        let seat = self.shared.seats.acquire().await;
        let mut new = None;
        let (outcome, request_id) = loop {
            if self.shared.halt.is_stopped() {
                return;
            }
            if matches!(entry.state(), State::Rotating | State::Unknown) {
                if is_probe {
                    self.breaker.not_probed();
                }
                let why = "an earlier call may have replaced it; `recover` finds out";
                break (Outcome::Unknown(why.to_owned()), None);
            }
            let is_valid = match self.client.check(&entry.tokens).await {
                Ok(Standing::Valid) => true,
                Ok(Standing::Invalid) => false,
                Ok(Standing::OfAnother) => {
                    self.breaker.succeeded();
                    let why = StoreError::of_another_user(&entry.id).to_string();
                    break (Outcome::Unknown(why), None);
                }
                Err(error) => {
                    let request_id = error.request_id().map(str::to_owned);
                    let Some(refusal) = error.refusal().cloned() else {
                        let why = reason(&error.into_why());
                        self.breaker.failed(is_probe, &why, Instant::now());
                        break (Outcome::Unknown(why), request_id);
                    };
                    self.breaker.succeeded();
                    if let Some(hold) = self.hold(&refusal) {
                        self.pace.tell(hold).await;
                        self.place_comes().await;
                        continue;
                    }
                    if is_about_all_tokens(&refusal, self.client.can_repeat()) {
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
            if is_valid {
                self.guard.accept();
            } else if entry.state() == State::Active && self.guard.refuse("invalid") {
                self.shared.halt.stop(Stop::Invalid);
            }
            let generation = entry.generation;
            let kind = Kind::Check {
                generation,
                is_valid,
            };
            match self.settled(&entry.id, kind).await {
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
                        false => Outcome::Invalid,
                    };
                    break (outcome, None);
                }
                Err(error) => break (Outcome::Unknown(whole(&error)), None),
            }
        };
        drop(seat);
        self.checked.fetch_add(1, Relaxed);
        let settled = Settled {
            old: event::name(entry.tokens.fingerprint()),
            new,
            id: entry.id,
            app: entry.app,
            label: entry.label,
            outcome,
            request_id,
            at: time::now(),
        };
        // Nobody wants to know any more: the store knows.
        let _ = self.shared.out.send(settled).await;
    }
}
