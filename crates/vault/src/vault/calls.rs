//! Asking a provider about a token, and ending it.

use super::Vault;
use super::rotate::fits;
use crate::change::{Condition, End, Kind, Reply};
use crate::client::{Client, Standing};
use crate::entry::Entry;
use crate::error::{StoreError, VaultError};
use crate::store::Changed;

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
            let is_valid = match client.check(&entry.tokens).await? {
                Standing::Valid => true,
                Standing::Invalid => false,
                Standing::OfAnother => return Err(StoreError::of_another_user(id).into()),
            };
            let generation = entry.generation;
            let change = self.change(Kind::Check {
                generation,
                is_valid,
            });
            match self.store.change(id, change).await? {
                // It was replaced meanwhile.
                Some(changed) if changed.entry.generation != generation => entry = changed.entry,
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
    /// When the token may still be alive, or the provider (OhMyGPT) has no call for it.
    pub async fn revoke(&self, client: &Client, id: &str) -> Result<(), VaultError> {
        let held = self.of_client(client, id).await?;
        let claimed = self
            .claim(id, Condition::Generation(held.generation))
            .await?;
        let Ok((entry, claim)) = claimed else {
            return Err(VaultError::Store(StoreError::busy(id)));
        };
        let _held = self.set_up.own.hold(id, claim);
        let (end, result) = match client.revoke(&entry.tokens).await {
            Some(Ok(())) => (End::Revoked, Ok(())),
            Some(Err(error)) => (End::Released, Err(error.into())),
            None => (
                End::Released,
                Err(VaultError::Unsupported(entry.app.provider)),
            ),
        };
        let kind = Kind::Settle {
            claim,
            end,
            run: None,
            request_id: None,
        };
        self.settle(&entry.id, kind, None).await?;
        result
    }

    /// The row, which has to be of the client's app.
    async fn of_client(&self, client: &Client, id: &str) -> Result<Entry, VaultError> {
        let entry = self
            .get(id)
            .await?
            .ok_or_else(|| VaultError::not_found(id))?;
        fits(client, &entry)?;
        Ok(entry)
    }
}

fn is_new(changed: &Changed) -> bool {
    changed.applied.reply == Reply::Newer
}
