//! A place in a vault for what a sign-in brings.

use tokenturn::{Rotated, Secret, Sink};

use super::Vault;
use crate::client::Client;
use crate::entry::Entry;
use crate::error::StoreError;
use crate::event;
use crate::tokens::Tokens;

/// Puts what it is given into a vault, under one name; begins with [`Vault::sink`].
#[derive(Clone, Debug)]
pub struct VaultSink {
    vault: Vault,
    client: Client,
    id: String,
    label: Option<String>,
    /// Whether it was to be put in before.
    is_again: bool,
}

impl Vault {
    /// A place for the tokens of a sign-in with this client: [`obtain`](tokenturn::obtain) puts them in, as
    /// [`put`](Self::put) does, before anybody is told, whatever becomes of the caller. A row of this name
    /// is given them, also one that is lost or revoked.
    ///
    /// ```no_run
    /// # use tokenturn::{AuthorizationCode, GitHub};
    /// # use tokenturn_vault::{Client, Vault};
    /// # async fn run(vault: Vault, github: GitHub, code: AuthorizationCode) -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::from(github.clone());
    /// // An error goes up: of all, `NotSaved` has the new token in it.
    /// let new = tokenturn::obtain(github.exchange_code(code), vault.sink(&client, "mona")).await?;
    /// println!("{} is in the vault, until {:?}", new.token.fingerprint(), new.expires_at);
    /// # Ok(())
    /// # }
    /// ```
    pub fn sink(&self, client: &Client, id: impl Into<String>) -> VaultSink {
        VaultSink {
            vault: self.clone(),
            client: client.clone(),
            id: id.into(),
            label: None,
            is_again: false,
        }
    }
}

impl VaultSink {
    /// A word to find the row by, where it is new.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }
}

impl<D: Sync> Sink<D> for VaultSink {
    type Error = StoreError;

    /// Asks whether the vault is there, and the name free for this app.
    async fn prepare(&mut self) -> Result<(), StoreError> {
        match self.vault.get(&self.id).await {
            Ok(Some(entry)) if !self.client.is_of(&entry.app) => {
                Err(StoreError::of_other_app(&self.id, &entry.app))
            }
            // What cannot be read is given other secrets.
            Err(error) if error.is_damaged() && error.id().is_some() => Ok(()),
            found => found.map(drop),
        }
    }

    async fn save(&mut self, new: &Rotated<D>) -> Result<(), StoreError> {
        if self.is_again && self.has_had(&new.token).await? {
            return Ok(());
        }
        self.is_again = true;
        let clock = self.vault.store.clock();
        let mut tokens = Tokens::issued(&self.client, new, clock);
        if tokens.token.is_none()
            && let Some(old) = self.vault.get(&self.id).await.ok().flatten()
        {
            // The sign-in is about the other token.
            tokens.token = old.tokens.token;
        }
        let mut entry = Entry::new(&self.id, self.client.app(), tokens);
        entry.label.clone_from(&self.label);
        self.vault.put(entry).await
    }
}

impl VaultSink {
    /// Whether the token is in the vault, or was: a save that was given up may have come to its end, and the
    /// token may have been replaced since.
    async fn has_had(&self, token: &Secret) -> Result<bool, StoreError> {
        let name = event::name(Some(token.fingerprint()));
        let mut history = self.vault.history(Some(&self.id));
        while let Some(event) = history.next().await {
            if event?.new == name {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
