//! Many tokens, before they end.

use std::time::Duration;

use super::lane::Goal;
use super::{Fleet, FleetOptions, distinct};
use crate::client::Client;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::turn::Aim;
use crate::vault::Vault;

/// Shorter than tokens live.
const RESUME_WITHIN: Duration = Duration::from_secs(3600);

impl Vault {
    /// Refreshes the tokens that `filter` means and that can be refreshed, of the apps that `clients` are of:
    /// with [`Filter::due_within`] those that end within so long, or whose refresh tokens do. It is a run as
    /// [`rotate_all`](Self::rotate_all) is one, and is gone on with for an hour at most. A token whose refresh
    /// token the provider does not take is left alone while it lives. An app whose tokens are all refused, or
    /// whose provider is away, ends alone: the tokens of the others are refreshed.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use tokenturn_vault::{Client, Filter, FleetOptions, StoreError, Vault};
    /// # async fn run(vault: Vault, client: Client) -> Result<(), StoreError> {
    /// let soon = Filter::new().due_within(Duration::from_secs(3600));
    /// let mut fleet = vault.refresh_all([client], soon, FleetOptions::new()).await?;
    /// while let Some(settled) = fleet.next().await {
    ///     println!("{}: {}", settled.id, settled.outcome);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the store cannot be used; nothing was sent. Later on, that stops the run.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime; nothing was sent then.
    pub async fn refresh_all(
        &self,
        clients: impl IntoIterator<Item = Client>,
        filter: Filter,
        options: FleetOptions,
    ) -> Result<Fleet, StoreError> {
        let filter = match filter.due_within {
            Some(_) => filter,
            None => filter.due_within(Duration::MAX),
        };
        // What has been done by an older run may be due once more.
        let resume_within = options.resume_within.min(RESUME_WITHIN);
        let mut goals = Vec::new();
        for client in distinct(clients) {
            let filter = filter.clone().app(&client.app());
            let run = self.store.begin_run(&filter, resume_within).await?;
            let aim = Aim::Refresh;
            goals.push((client, Goal::Replace { run, aim }));
        }
        self.fleet(goals, filter, options).await
    }
}
