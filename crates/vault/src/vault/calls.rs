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
            let changed = self.store.change(id, change).await?;
            self.set_up.cache.forget(id);
            match changed {
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
    /// When the token may still be alive, or the provider (OhMyGPT) has no call for it. A row in doubt stays
    /// so, and nothing is sent: [`recover`](Self::recover) finds out which token lives.
    pub async fn revoke(&self, client: &Client, id: &str) -> Result<(), VaultError> {
        let held = self.of_client(client, id).await?;
        let claimed = self
            .claim(id, Condition::Generation(held.generation))
            .await?;
        let Ok((entry, claim)) = claimed else {
            return Err(VaultError::Store(StoreError::busy(id)));
        };
        let _held = self.set_up.own.hold(id, claim);
        let revoked = match claim.in_doubt {
            // The living token may be another one.
            true => Some(Err(StoreError::in_doubt(id).into())),
            false => client
                .revoke(&entry.tokens)
                .await
                .map(|r| r.map_err(Into::into)),
        };
        let result = revoked.unwrap_or(Err(VaultError::Unsupported(entry.app.provider)));
        let end = match result {
            Ok(()) => End::Revoked,
            Err(_) => End::Released,
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
    pub(super) async fn of_client(&self, client: &Client, id: &str) -> Result<Entry, VaultError> {
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
