//! The front door.

mod builder;
mod cache;
mod calls;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod copy;
mod history;
mod limits;
mod listing;
mod own;
mod rotate;
mod sink;
mod token;
mod verify;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream;
use tokio::sync::watch;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) use builder::Access;
pub use builder::VaultBuilder;
use cache::Cache;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use copy::Copied;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) use copy::Engine;
pub use history::History;
use limits::Limits;
pub use listing::Listing;
pub(crate) use listing::id;
pub(crate) use own::{Held, Own};
pub use rotate::Rotation;
pub(crate) use rotate::Running;
pub use sink::VaultSink;
pub use token::AccessToken;
pub use verify::{Fault, Verified};

use crate::change::{Change, Condition, Kind, Reply};
use crate::client::Client;
use crate::entry::Entry;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::key::Key;
use crate::overview::Overview;
use crate::store::{Rekeyed, Store};

/// Tokens that survive crashes and races while they are replaced.
///
/// A clone is the same vault. [`builder`](Self::builder) opens one.
#[derive(Clone)]
pub struct Vault {
    pub(crate) store: Arc<dyn Store>,
    /// The same, where it comes with this crate.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    engine: Option<Arc<dyn Engine>>,
    pub(crate) set_up: Arc<SetUp>,
}

/// What does not change while a vault is open.
#[derive(Debug)]
pub(crate) struct SetUp {
    pub(crate) actor: String,
    pub(crate) lease: Duration,
    pub(crate) leave_alone: Duration,
    pub(crate) fresh_for: Duration,
    pub(crate) cache: Cache,
    limits: Limits,
    /// How many rotations are under way.
    pub(crate) running: watch::Sender<usize>,
    pub(crate) own: Own,
}

impl Vault {
    /// Begins to open a vault.
    pub fn builder() -> VaultBuilder {
        VaultBuilder::default()
    }

    /// A vault in a store of one's own.
    pub fn new(store: impl Store) -> Self {
        Self::builder().store(store)
    }

    /// Puts a row in. If there is one of this name, it is given these secrets, as after a new
    /// authorization, and is active again. A row of OhMyGPT that is in doubt stays so: a call that is
    /// under way may replace these secrets, too.
    ///
    /// # Errors
    ///
    /// When the row is of another app, or the store could not do it; nothing has changed then.
    pub async fn put(&self, entry: Entry) -> Result<(), StoreError> {
        entry.check()?;
        if self.replace_secrets(&entry).await? {
            return Ok(());
        }
        match self.import(listing::Once(Some(entry.clone()))).await {
            // Somebody else has put it in meanwhile.
            Err(error) if error.is_taken() => self.replace_secrets(&entry).await.map(drop),
            result => result.map(drop),
        }
    }

    /// Whether there is such a row.
    async fn replace_secrets(&self, entry: &Entry) -> Result<bool, StoreError> {
        let change = self.change(Kind::Put {
            app: entry.app.clone(),
            label: entry.label.clone(),
            tokens: entry.tokens.clone(),
        });
        let changed = self.store.change(&entry.id, change).await?;
        self.set_up.cache.forget(&entry.id);
        match &changed {
            Some(changed) if changed.applied.reply == Reply::OtherApp => {
                Err(StoreError::of_other_app(&entry.id, &changed.entry.app))
            }
            changed => Ok(changed.is_some()),
        }
    }

    /// Puts rows in: all of them, or none when one cannot be read or its name is taken. Returns how
    /// many.
    ///
    /// The vault is written to when all are read: until then they are in a temporary file, encrypted.
    ///
    /// # Errors
    ///
    /// The first one among the rows, or when the store could not do it, and nothing has changed.
    pub async fn import(
        &self,
        entries: impl Stream<Item = Result<Entry, StoreError>> + Send,
    ) -> Result<u64, StoreError> {
        self.store
            .insert(Box::pin(entries), &self.set_up.actor)
            .await
    }

    /// Reads a row.
    ///
    /// # Errors
    ///
    /// When the store could not do it.
    pub async fn get(&self, id: &str) -> Result<Option<Entry>, StoreError> {
        self.store.get(id).await
    }

    /// Reads the rows that `filter` means, in the order of their names, a page at a time.
    pub fn list(&self, filter: Filter) -> Listing {
        Listing::new(Arc::clone(&self.store), filter)
    }

    /// Counts the rows that `filter` means.
    ///
    /// # Errors
    ///
    /// When the store could not do it.
    pub async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        self.store.count(filter).await
    }

    /// What the vault holds, in numbers, without opening any row.
    ///
    /// # Errors
    ///
    /// When the store could not do it.
    pub async fn overview(&self) -> Result<Overview, StoreError> {
        self.store.overview().await
    }

    /// Takes a row out, and with it the only copy of its token. Whether there was one.
    ///
    /// # Errors
    ///
    /// When the token is being replaced just now, or the store could not do it.
    pub async fn remove(&self, id: &str) -> Result<bool, StoreError> {
        let changed = self.store.change(id, self.change(Kind::Remove)).await?;
        self.set_up.cache.forget(id);
        match changed.map(|changed| changed.applied.reply) {
            None => Ok(false),
            Some(Reply::Held) => Err(StoreError::busy(id)),
            Some(_) => Ok(true),
        }
    }

    /// Encrypts everything with another key, in one transaction: a vault has one key, whenever the
    /// process is killed. Whoever has it open with the old key has to open it again. Rows that cannot be
    /// read are left as they are.
    ///
    /// # Errors
    ///
    /// When the store could not do it, and the old key is still the one.
    pub async fn rekey(&self, new_key: &Key) -> Result<Rekeyed, StoreError> {
        self.store.rekey(new_key).await
    }

    /// Waits until no rotation is under way: they go on when their callers have gone, until the
    /// runtime ends.
    pub async fn drain(&self) {
        let mut running = self.set_up.running.subscribe();
        // It fails when the sender is gone, and that is here.
        let _ = running.wait_for(|running| *running == 0).await;
    }

    /// Takes rows of the client's app, if nobody else has them.
    pub(crate) fn claim_when(
        &self,
        client: &Client,
        condition: Condition,
        deliver: bool,
    ) -> Change {
        self.claim_to(client, condition, deliver, false)
    }

    /// Takes a row of the client's app to make its token invalid, if nobody else has it.
    pub(crate) fn claim_to_revoke(&self, client: &Client, generation: u64) -> Change {
        self.claim_to(client, Condition::Generation(generation), false, true)
    }

    fn claim_to(
        &self,
        client: &Client,
        condition: Condition,
        deliver: bool,
        revokes: bool,
    ) -> Change {
        self.change(Kind::Claim {
            app: client.app(),
            deliver,
            revokes,
            lease: self.set_up.lease,
            condition,
            own: self.set_up.own.clone(),
        })
    }

    pub(crate) fn change(&self, kind: Kind) -> Change {
        Change::new(&self.set_up.actor, kind)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("set_up", &self.set_up)
            .finish_non_exhaustive()
    }
}
