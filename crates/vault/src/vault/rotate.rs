//! Replacing one token, once, whoever else wants it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokenturn::RotateError;

use super::{SetUp, Vault};
use crate::change::{Claim, Condition, End, Kind, Reply};
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
        match self.claim(&held.id, condition).await? {
            Err(entry) => Ok(Rotation::Adopted(entry)),
            Ok((entry, claim)) => {
                let manner = self.manner(Aim::Rotate);
                let turned = self.detached(client.clone(), entry, claim, manner).await?;
                turned.map(Rotation::Rotated)
            }
        }
    }

    /// Finds out what became of a rotation whose outcome is unknown, or whose owner died, and
    /// returns the row as it is then. So it does for a row that is lost or revoked and has
    /// [answers](crate::Tokens::kept) that were kept. Any other row is left alone.
    ///
    /// At GitHub the old token is checked: either it works, or the new one is lost, unless it is in an
    /// answer that was kept. At OhMyGPT the token is replaced once more.
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
        match self.claim(id, Condition::InDoubt).await {
            Ok(Err(entry)) => Ok(entry),
            Ok(Ok((entry, claim))) => {
                let manner = self.manner(Aim::Resolve);
                match self.detached(client.clone(), entry, claim, manner).await? {
                    Err(VaultError::Lost(entry) | VaultError::Revoked(entry)) => Ok(*entry),
                    turned => turned,
                }
            }
            Err(VaultError::Lost(entry) | VaultError::Revoked(entry)) => Ok(*entry),
            Err(error) => Err(error),
        }
    }

    /// Takes the row as soon as nobody else has it. The row alone when the condition does not hold.
    pub(super) async fn claim(
        &self,
        id: &str,
        condition: Condition,
    ) -> Result<Result<(Entry, Claim), Entry>, VaultError> {
        let mut look = LOOK.0;
        loop {
            let change = self.claim_when(condition, false);
            let changed = self.store.change(id, change).await?;
            let Changed { entry, applied } = changed.ok_or_else(|| VaultError::not_found(id))?;
            match applied.reply {
                Reply::Claimed(claim) => {
                    self.set_up.cache.forget(id);
                    return Ok(Ok((entry, claim)));
                }
                Reply::Held => {
                    tokio::time::sleep(look).await;
                    look = (2 * look).min(LOOK.1);
                }
                Reply::Dead(State::Lost) => return Err(VaultError::Lost(Box::new(entry))),
                Reply::Dead(_) => return Err(VaultError::Revoked(Box::new(entry))),
                _ => return Ok(Err(entry)),
            }
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

    /// Makes the calls and stores what comes of them, whatever becomes of the caller.
    pub(super) async fn detached(
        &self,
        client: Client,
        entry: Entry,
        claim: Claim,
        manner: Manner,
    ) -> Result<Result<Entry, VaultError>, VaultError> {
        let vault = self.clone();
        let under_way = (
            Running::begin(&self.set_up),
            self.set_up.own.hold(&entry.id, claim),
        );
        let task = tokio::spawn(async move {
            let _under_way = under_way;
            let mut turn = turn(&client, &entry, claim, manner).await;
            let deadline = Some(Instant::now() + SAVE_WITHIN);
            let settle =
                |turn: &Turn| vault.settle(&entry.id, turn.settlement(claim, None), deadline);
            let (mut settled, mut taken) = (settle(&turn).await, Vec::new());
            while turn.is_found() && settled.as_ref().is_err_and(StoreError::is_duplicate) {
                turn = turn
                    .look_on(&client, &entry, claim, manner, &mut taken)
                    .await;
                settled = settle(&turn).await;
            }
            match settled {
                Ok(changed) => answer(turn.verdict, changed),
                Err(why) => Err(VaultError::unsettled(turn.end, why)),
            }
        });
        task.await.map_err(|_| VaultError::Abandoned)
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
        false => Err(VaultError::WrongClient {
            client: app.to_string(),
            row: entry.app.to_string(),
        }),
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
