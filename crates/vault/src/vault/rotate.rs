//! Replacing one token, once, whoever else wants it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokenturn::{Refusal, RotateError};

use super::{SetUp, Vault};
use crate::change::{Change, Claim, Condition, End, Kind, Reply};
use crate::client::Client;
use crate::entry::{Entry, State};
use crate::error::{StoreError, VaultError, whole};
use crate::kept::Kept;
use crate::store::Changed;
use crate::time;
use crate::turn::{Aim, Manner, Turn, Verdict, turn};

/// How often somebody who waits for another's rotation looks, at first and at last.
const LOOK: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));
/// How long a new token is kept in memory while the store cannot take it.
const SAVE_WITHIN: Duration = Duration::from_secs(60);

/// The token of a row was replaced.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Rotation {
    /// By this call.
    Rotated(Entry),
    /// By somebody else since the row was read; this is theirs.
    Adopted(Entry),
}

impl Rotation {
    /// The row as it is now.
    pub fn entry(&self) -> &Entry {
        match self {
            Self::Rotated(entry) | Self::Adopted(entry) => entry,
        }
    }

    /// The row as it is now.
    pub fn into_entry(self) -> Entry {
        match self {
            Self::Rotated(entry) | Self::Adopted(entry) => entry,
        }
    }
}

/// What came of a row that was to be taken.
pub(super) enum Taken {
    /// The condition does not hold any more.
    Passed(Entry),
    Turned(Entry),
}

/// What came of a claim.
pub(super) enum Asked {
    Claimed(Entry, Claim),
    Held(Entry),
    /// The condition does not hold any more.
    Passed(Entry),
}

impl Vault {
    /// Replaces the token that `held` has, unless somebody has done so since `held` was read.
    ///
    /// Of many that want to replace the same token, in this process or others, one does, and all
    /// are given the new one. Before the call is made, the row says so; before anybody is told of
    /// the new token, it is stored. An owner that dies meanwhile is succeeded by whoever asks next,
    /// who finds out what became of the call first. It goes on when this future is dropped; see
    /// [`drain`](Self::drain).
    ///
    /// ```no_run
    /// # use tokenturn_vault::{Client, Entry, Vault, VaultError};
    /// # async fn run(vault: Vault, client: Client, held: Entry) -> Result<(), VaultError> {
    /// match vault.rotate(&client, &held).await {
    ///     Ok(rotation) => println!("generation {}", rotation.entry().generation),
    ///     Err(VaultError::Lost(entry) | VaultError::Revoked(entry)) => {
    ///         println!("{} has to authorize the app again", entry.id);
    ///     }
    ///     // Nothing has changed, or the row says what is not known.
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`VaultError`] tells whether the token may have been replaced.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime; nothing was sent then.
    pub async fn rotate(&self, client: &Client, held: &Entry) -> Result<Rotation, VaultError> {
        fits(client, held)?;
        let condition = Condition::Generation(held.generation);
        let taken = self.take(client, &held.id, condition, Aim::Rotate).await?;
        Ok(match taken {
            Taken::Passed(entry) => Rotation::Adopted(entry),
            Taken::Turned(entry) => Rotation::Rotated(entry),
        })
    }

    /// Finds out what became of a rotation whose outcome is unknown, or whose owner died, and
    /// returns the row as it is then. So it does for a row that is lost or revoked and has
    /// [answers](crate::Tokens::kept) that were kept. Any other row is left alone.
    ///
    /// At GitHub the old token is checked: either it works, or the new one is lost, unless it is in an
    /// answer that was kept, or the refresh token works, which is used then. At OhMyGPT the token is replaced
    /// once more.
    ///
    /// # Errors
    ///
    /// When that could not be found out, and the row is as before.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime; nothing was sent then.
    pub async fn recover(&self, client: &Client, id: &str) -> Result<Entry, VaultError> {
        let entry = self.get(id).await?;
        fits(client, &entry.ok_or_else(|| VaultError::not_found(id))?)?;
        match self
            .take(client, id, Condition::InDoubt, Aim::Resolve)
            .await
        {
            Ok(Taken::Passed(entry) | Taken::Turned(entry)) => Ok(entry),
            Err(
                VaultError::Lost(entry) | VaultError::Revoked(entry) | VaultError::Ended(entry),
            ) => Ok(*entry),
            Err(error) => Err(error),
        }
    }

    /// Takes the row as soon as nobody else has it, makes the calls, and stores what comes of them, whatever
    /// becomes of the caller. Whoever has waited while somebody else tried in vain does not try as well.
    pub(super) async fn take(
        &self,
        client: &Client,
        id: &str,
        condition: Condition,
        aim: Aim,
    ) -> Result<Taken, VaultError> {
        let (mut look, mut first) = (LOOK.0, None);
        loop {
            let (vault, client, id) = (self.clone(), client.clone(), id.to_owned());
            let running = Running::begin(&self.set_up);
            let task = tokio::spawn(async move {
                let _running = running;
                vault.take_now(&client, &id, condition, aim).await
            });
            let held = match task.await.map_err(|_| VaultError::Abandoned)?? {
                Ok(taken) => return Ok(taken),
                Err(held) => held,
            };
            let fence = held.progress.fence;
            if held.state() == State::Unknown && fence > *first.get_or_insert(fence) {
                return Err(StoreError::in_doubt(&held.id).into());
            }
            tokio::time::sleep(look).await;
            look = (2 * look).min(LOOK.1);
        }
    }

    /// The same, unless somebody has the row: then it is returned.
    async fn take_now(
        &self,
        client: &Client,
        id: &str,
        condition: Condition,
        aim: Aim,
    ) -> Result<Result<Taken, Box<Entry>>, VaultError> {
        if let Some(refusal) = self.limited(id, condition).await? {
            return Err(VaultError::Refused(refusal));
        }
        let (entry, claim) = match self
            .claim_now(client, id, self.claim_when(client, condition, false))
            .await?
        {
            Asked::Claimed(entry, claim) => (entry, claim),
            Asked::Held(entry) => return Ok(Err(Box::new(entry))),
            Asked::Passed(entry) => return Ok(Ok(Taken::Passed(entry))),
        };
        let turned = self.turned(client, entry, claim, self.manner(aim)).await;
        turned.map(|entry| Ok(Taken::Turned(entry)))
    }

    /// Takes the row, if nobody else has it and the condition holds.
    pub(super) async fn claim_now(
        &self,
        client: &Client,
        id: &str,
        claim: Change,
    ) -> Result<Asked, VaultError> {
        let changed = self.store.change(id, claim).await?;
        let Changed { entry, applied } = changed.ok_or_else(|| VaultError::not_found(id))?;
        // Another one may be there by now.
        fits(client, &entry)?;
        match applied.reply {
            Reply::Claimed(claim) => {
                self.set_up.cache.forget(id);
                Ok(Asked::Claimed(entry, claim))
            }
            Reply::Held => Ok(Asked::Held(entry)),
            Reply::Dead(State::Lost) => Err(VaultError::Lost(Box::new(entry))),
            Reply::Dead(_) => Err(VaultError::Revoked(Box::new(entry))),
            _ => Ok(Asked::Passed(entry)),
        }
    }

    pub(crate) fn manner(&self, aim: Aim) -> Manner {
        Manner {
            aim,
            clock_ahead: self.store.clock().saturating_sub(time::now_millis()),
            probe: false,
            leave_alone: self.set_up.leave_alone,
        }
    }

    /// Makes the calls and stores what comes of them.
    async fn turned(
        &self,
        client: &Client,
        entry: Entry,
        claim: Claim,
        manner: Manner,
    ) -> Result<Entry, VaultError> {
        let _held = self.set_up.own.hold(&entry.id, claim);
        let mut turn = turn(client, &entry, claim, manner).await;
        if let Verdict::NotNow(RotateError::Refused(refusal)) = &turn.verdict {
            let limits = &self.set_up.limits;
            limits.note(&entry.id, claim.secrets, refusal);
        }
        let deadline = Some(Instant::now() + SAVE_WITHIN);
        let settle = |turn: &Turn| self.settle(&entry.id, turn.settlement(claim, None), deadline);
        let (mut settled, mut taken) = (settle(&turn).await, Vec::new());
        while turn.is_found() && settled.as_ref().is_err_and(StoreError::is_duplicate) {
            turn = turn
                .look_on(client, &entry, claim, manner, &mut taken)
                .await;
            settled = settle(&turn).await;
        }
        match settled {
            Ok(changed) => {
                fits(client, &changed.entry)?;
                answer(turn.verdict, changed)
            }
            Err(why) => Err(VaultError::unsettled(turn.end, why)),
        }
    }

    /// The limit that a call for the row would meet just now, if it is known to be one.
    async fn limited(&self, id: &str, condition: Condition) -> Result<Option<Refusal>, VaultError> {
        let limits = &self.set_up.limits;
        let entry = match limits.has(id) {
            true => self.get(id).await?,
            false => None,
        };
        let entry = entry.filter(|entry| match condition {
            Condition::Generation(held) | Condition::Refresh(held) => entry.generation == held,
            Condition::InDoubt => entry.state() == State::Unknown,
            Condition::Run { .. } => false,
        });
        Ok(entry.and_then(|entry| limits.get(id, entry.tokens.hash())))
    }

    /// Ends a claim; asks a store that is not available again until the deadline, and with a new token
    /// in hand after any other error, too, for a while. A token that is not this row's is not stored, and
    /// what became of its own is in doubt.
    pub(crate) async fn settle(
        &self,
        id: &str,
        mut kind: Kind,
        deadline: Option<Instant>,
    ) -> Result<Changed, StoreError> {
        let (mut wait, mut is_duplicate) = (LOOK.0, false);
        let mut failed_until = None;
        loop {
            let changed = self.store.change(id, self.change(kind.clone())).await;
            self.set_up.cache.forget(id);
            match changed {
                Ok(Some(changed)) if changed.applied.reply == Reply::Duplicate => {
                    is_duplicate = true;
                    if let Kind::Settle { end, run, .. } = &mut kind {
                        *run = None;
                        *end = End::Unknown {
                            leave_alone: self.set_up.leave_alone,
                            counts: true,
                            // It may be this row's after all.
                            kept: Kept::of_end(end),
                        };
                    }
                }
                Ok(Some(_)) if is_duplicate => return Err(StoreError::duplicate(id)),
                Ok(Some(changed)) => return Ok(changed),
                // Somebody has taken the row out, and with it the right to its token.
                Ok(None) => return Err(StoreError::gone(id)),
                Err(error) => {
                    let mut until = deadline;
                    if !error.is_unavailable() {
                        if !brings_token(&kind) {
                            return Err(error);
                        }
                        let end = *failed_until.get_or_insert_with(|| Instant::now() + SAVE_WITHIN);
                        until = until.or(Some(end));
                    }
                    if until.is_some_and(|end| Instant::now() + wait > end) {
                        return Err(error);
                    }
                    tracing::warn!(
                        error = whole(&error),
                        id,
                        "the outcome of a rotation waits to be stored"
                    );
                    tokio::time::sleep(wait).await;
                    wait = (2 * wait).min(Duration::from_secs(1));
                }
            }
        }
    }
}

fn brings_token(kind: &Kind) -> bool {
    let end = match kind {
        Kind::Settle { end, .. } => end,
        _ => return false,
    };
    matches!(end, End::Replaced { .. })
}

/// What the caller is told, once the row says so.
fn answer(verdict: Verdict, Changed { entry, applied }: Changed) -> Result<Entry, VaultError> {
    match verdict {
        // Somebody else has stored a newer one meanwhile.
        Verdict::Replaced | Verdict::NotReplaced => Ok(entry),
        _ if applied.reply == Reply::Newer && entry.state() == State::Active => Ok(entry),
        // Somebody else has the row, and may find otherwise.
        Verdict::Invalid(_) | Verdict::Lost | Verdict::NotRefreshed(_)
            if matches!(entry.state(), State::Rotating | State::Unknown) =>
        {
            Err(StoreError::busy(&entry.id).into())
        }
        Verdict::Refused(refusal) => Err(VaultError::Refused(refusal)),
        Verdict::NotRefreshed(_) => Err(VaultError::Ended(Box::new(entry))),
        Verdict::NotNow(RotateError::Refused(refusal)) => Err(VaultError::Refused(refusal)),
        Verdict::NotNow(error) => Err(VaultError::NotSent(error)),
        Verdict::Invalid(_) => Err(VaultError::Revoked(Box::new(entry))),
        Verdict::Lost => Err(VaultError::Lost(Box::new(entry))),
        Verdict::Unknown(error) => Err(VaultError::Unknown(error)),
    }
}

pub(super) fn fits(client: &Client, entry: &Entry) -> Result<(), VaultError> {
    let app = client.app();
    match app == entry.app {
        true => Ok(()),
        false => Err(VaultError::wrong_client(&entry.app, &app)),
    }
}

/// Counts a rotation as long as it is under way.
pub(crate) struct Running(Arc<SetUp>);

impl Running {
    pub(crate) fn begin(set_up: &Arc<SetUp>) -> Self {
        set_up.running.send_modify(|running| *running += 1);
        Self(Arc::clone(set_up))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running -= 1);
    }
}
