//! A token that lives, for whoever asks.

use std::time::Duration;

use tokenturn::{Secret, Timestamp};

use super::Vault;
use super::cache::Stamp;
use super::rotate::Taken;
use crate::change::Condition;
use crate::client::Client;
use crate::entry::{Entry, State};
use crate::error::VaultError;
use crate::turn::Aim;

/// A token that lives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessToken {
    /// The token.
    pub token: Secret,
    /// When it ends, by the provider's clock, where that is known.
    pub expires_at: Option<Timestamp>,
    /// How many times the secrets of its row have changed.
    pub generation: u64,
}

impl Vault {
    /// A token of the row that is valid for [as long as needed](crate::VaultBuilder::fresh_for), five minutes
    /// unless set, by the provider's clock: the one that is stored, or a new one, for which its refresh token
    /// is used.
    ///
    /// Of many that ask, in this process or others, one refreshes, and all are given the new token: before the
    /// call is made, the row says so, and before anybody is told of the new token, it is stored, with its
    /// refresh token. It goes on when this future is dropped; see [`drain`](Self::drain). A token that does
    /// not expire, as all at OhMyGPT, is returned as it is.
    ///
    /// While the token is fresh, this reads the row once, and not even that when it was read
    /// [a moment ago](crate::VaultBuilder::cache_for). The provider may refuse it all the same, since somebody
    /// has just replaced it, or its user has revoked the app: see
    /// [`token_instead_of`](Self::token_instead_of).
    ///
    /// ```no_run
    /// # use tokenturn_vault::{Client, Vault, VaultError};
    /// # async fn run(vault: Vault, client: Client) -> Result<(), VaultError> {
    /// match vault.token(&client, "mona").await {
    ///     Ok(found) => println!("authorization: Bearer {}", found.token.expose()),
    ///     Err(error) if error.needs_authorization() => println!("sign in again: {error}"),
    ///     // It may pass.
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where [`needs_authorization`](VaultError::needs_authorization) is true, only a new sign-in brings a
    /// token: the error names the row, and says since when and why. Any other error may pass.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime; nothing was sent then.
    pub async fn token(&self, client: &Client, id: &str) -> Result<AccessToken, VaultError> {
        let cache = &self.set_up.cache;
        if let Some(token) = cache.get(client, id) {
            return Ok(token);
        }
        let (mut read, mut own) = (cache.stamp(), 0);
        let mut entry = self.of_client(client, id).await?;
        loop {
            let (now, fresh_for) = (self.store.clock(), self.set_up.fresh_for);
            let has_ended = entry.tokens.have_ended(now);
            let lives = entry.tokens.fresh_until(fresh_for).saturating_sub(now);
            let is_fresh = lives > 0;
            // What happens from here on is not known to the cache.
            let next = cache.stamp();
            entry = match entry.state() {
                State::Lost | State::Revoked if entry.may_be_refreshed_once() => {
                    self.recover(client, id).await?
                }
                State::Lost => return Err(VaultError::Lost(Box::new(entry))),
                State::Revoked => return Err(VaultError::Revoked(Box::new(entry))),
                State::Rotating | State::Unknown => self.recover(client, id).await?,
                State::Active if is_fresh && !entry.is_to_end() => {
                    return self.hand_out(&entry, lives, read);
                }
                // Whatever their lives, none lives longer than those that this call has brought.
                State::Active if own > 0 && !has_ended || own > 1 => {
                    return access_token(&entry);
                }
                State::Active if entry.refreshes_with().is_some() => {
                    match self.refresh(client, &entry).await {
                        Ok(Taken::Turned(entry)) => {
                            own += 1;
                            entry
                        }
                        Ok(Taken::Passed(entry)) => entry,
                        // It cannot be, and the token may live all the same.
                        Err(VaultError::Ended(entry)) => *entry,
                        Err(error) => return Err(error),
                    }
                }
                State::Active if (has_ended || entry.is_to_end()) && client.calls.can_ask() => {
                    let lives = self.check(client, id).await?;
                    let asked = entry.generation;
                    let entry = self.of_client(client, id).await?;
                    // By another clock than ours.
                    if lives && entry.generation == asked && entry.state() == State::Active {
                        return access_token(&entry);
                    }
                    entry
                }
                State::Active => return Err(VaultError::Ended(Box::new(entry))),
            };
            read = next;
        }
    }

    /// A token instead of one that the provider has just refused, as with a 401: the newer one that is stored
    /// by now, or else what [`check`](Self::check) makes of it. A token that the provider calls valid is
    /// returned again: the refusal was about something else.
    ///
    /// ```no_run
    /// # use tokenturn_vault::{AccessToken, Client, Vault, VaultError};
    /// # async fn call(_: &AccessToken) -> u16 { 200 }
    /// # async fn run(vault: Vault, client: Client) -> Result<(), VaultError> {
    /// let token = vault.token(&client, "mona").await?;
    /// if call(&token).await == 401 {
    ///     let token = vault.token_instead_of(&client, "mona", &token).await?;
    ///     call(&token).await;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token), and when the provider did not say whether the token is valid. A client without
    /// its secret cannot ask, nor refresh without a refresh token: it is told so each time, and only a new
    /// sign-in helps if the server goes on refusing.
    ///
    /// # Panics
    ///
    /// As [`token`](Self::token).
    pub async fn token_instead_of(
        &self,
        client: &Client,
        id: &str,
        refused: &AccessToken,
    ) -> Result<AccessToken, VaultError> {
        self.set_up.cache.forget(id);
        let entry = self.of_client(client, id).await?;
        if entry.state() == State::Active && entry.generation == refused.generation {
            match client.calls.can_ask() {
                true => match self.check(client, id).await {
                    // Somebody else is at it.
                    Err(VaultError::Store(busy)) if busy.is_busy() => {}
                    checked => drop(checked?),
                },
                false if entry.refreshes_with().is_some() => {
                    self.refresh(client, &entry).await?;
                }
                // As whoever was told so first, when the refresh token was refused.
                false if entry.progress.ended.is_some() => {
                    return Err(VaultError::Ended(Box::new(entry)));
                }
                false => drop(self.check(client, id).await?),
            }
        }
        self.token(client, id).await
    }

    fn hand_out(&self, entry: &Entry, lives: i64, read: Stamp) -> Result<AccessToken, VaultError> {
        let token = access_token(entry)?;
        let lives = Duration::from_millis(lives.unsigned_abs());
        let cache = &self.set_up.cache;
        cache.put(&entry.id, &entry.app, &token, lives, read);
        Ok(token)
    }

    /// Refreshes the token, unless somebody has changed it since it was read, or found out that it cannot be.
    async fn refresh(&self, client: &Client, held: &Entry) -> Result<Taken, VaultError> {
        let condition = Condition::Refresh(held.generation);
        self.take(client, &held.id, condition, Aim::Refresh).await
    }
}

fn access_token(entry: &Entry) -> Result<AccessToken, VaultError> {
    let token = entry.tokens.token.clone();
    Ok(AccessToken {
        token: token.ok_or_else(|| VaultError::NoToken(entry.id.clone()))?,
        expires_at: entry.tokens.expires_at,
        generation: entry.generation,
    })
}
