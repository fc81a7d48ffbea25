//! Asking a provider about a token, and ending it.

use std::time::Duration;

use super::Vault;
use super::rotate::{Asked, fits};
use crate::change::{End, Kind, Reply};
use crate::client::{Client, Standing};
use crate::entry::Entry;
use crate::error::{StoreError, VaultError};
use crate::store::Changed;

/// How often somebody who waits for another's call looks.
const LOOK: Duration = Duration::from_millis(50);

impl Vault {
    /// Asks the provider whether the token of a row is valid, and notes it: an invalid one is
    /// revoked from then on, and a valid one active again, also where it was taken for lost. A row in
    /// doubt stays so: [`recover`](Self::recover) is for it.
    ///
    /// # Errors
    ///
    /// When the provider did not answer the question: the row is as before.
    pub async fn check(&self, client: &Client, id: &str) -> Result<bool, VaultError> {
        let mut entry = self.of_client(client, id).await?;
        loop {
            let is_valid = match client.calls.check(&entry.tokens).await? {
                Standing::Valid { user_id } if entry.tokens.are_of(user_id) => true,
                Standing::Invalid => false,
                Standing::Valid { .. } => return Err(StoreError::of_another_user(id).into()),
            };
            let (generation, secrets) = (entry.generation, entry.tokens.hash());
            let change = self.change(Kind::Check {
                generation,
                secrets,
                is_valid,
            });
            let changed = self.store.change(id, change).await?;
            self.set_up.cache.forget(id);
            match changed {
                // It was replaced meanwhile, or taken out, and another one put in under its name.
                Some(changed) if !is_of(&changed.entry, generation, secrets) => {
                    fits(client, &changed.entry)?;
                    entry = changed.entry;
                }
                // It is being replaced, which may be why the old one is not valid.
                Some(changed) if is_new(&changed) && changed.entry.state() != entry.state() => {
                    return Err(StoreError::busy(id).into());
                }
                _ => return Ok(is_valid),
            }
        }
    }

    /// Makes the token of a row invalid at the provider, and notes it.
    ///
    /// # Errors
    ///
    /// When the token may still be alive, or the provider (OhMyGPT) has no call for it. A row in doubt stays
    /// so, and nothing is sent: [`recover`](Self::recover) finds out which token lives.
    pub async fn revoke(&self, client: &Client, id: &str) -> Result<(), VaultError> {
        let held = self.of_client(client, id).await?;
        let (entry, claim) = loop {
            let claim = self.claim_to_revoke(client, held.generation);
            match self.claim_now(client, id, claim).await? {
                Asked::Claimed(entry, claim) => break (entry, claim),
                Asked::Held(_) => tokio::time::sleep(LOOK).await,
                Asked::Passed(_) => return Err(StoreError::busy(id).into()),
            }
        };
        let _held = self.set_up.own.hold(id, claim);
        // The living token may be another one.
        let revoked = match claim.in_doubt {
            true => Err(StoreError::in_doubt(id).into()),
            false if !client.calls.can_revoke() => {
                Err(VaultError::Unsupported(entry.app.provider.clone()))
            }
            false => {
                let revoked = client.calls.revoke(&entry.tokens).await;
                revoked.map_err(VaultError::from)
            }
        };
        let end = match &revoked {
            Ok(()) => End::Revoked,
            Err(VaultError::Call(error)) if error.refusal().is_none() && !error.is_not_sent() => {
                End::Unanswered
            }
            Err(_) => End::Released,
        };
        let kind = Kind::Settle {
            claim,
            end,
            run: None,
            request_id: None,
        };
        self.settle(&entry.id, kind, None).await?;
        revoked
    }

    /// The row, which has to be of the client's app.
    pub(super) async fn of_client(&self, client: &Client, id: &str) -> Result<Entry, VaultError> {
        let entry = self
            .get(id)
            .await?
            .ok_or_else(|| VaultError::not_found(id))?;
        fits(client, &entry)?;
        Ok(entry)
    }
}

/// Whether it has these secrets yet.
fn is_of(entry: &Entry, generation: u64, secrets: u64) -> bool {
    entry.generation == generation && entry.tokens.hash() == secrets
}

fn is_new(changed: &Changed) -> bool {
    changed.applied.reply == Reply::Newer
}
