//! Many tokens at once, and what happens on the way.

mod caution;
mod checks;
mod credentials;
mod delivery;
mod doubts;
mod liar;
mod lies;
mod ohmygpt;
mod pace;
mod plan;
mod resume;
mod revoke;
mod trouble;

use std::time::{Duration, Instant};

use tokenturn_sandbox::Sandbox;
use tokenturn_tests::crash::PATIENCE;
use tokenturn_vault::{
    Client, Entry, Filter, Fleet, FleetOptions, Settled, State, Status, Vault, VaultBuilder,
};

use crate::vault::place::Place;
use crate::vault::provider::{fast, provider};
use crate::vault::{key, stream};

/// A provider with tokens, all of them in a vault.
pub(super) struct World {
    pub(super) sandbox: Sandbox,
    pub(super) client: Client,
    pub(super) vault: Vault,
    entries: Vec<Entry>,
}

impl World {
    pub(super) async fn new(place: &Place, rows: usize) -> Self {
        Self::with(place, Place::quick(), rows).await
    }

    async fn with(place: &Place, builder: VaultBuilder, rows: usize) -> Self {
        let (sandbox, client, entries) = provider(rows).await;
        let vault = place.built(builder, &key()).await.unwrap();
        let rows = entries.iter().cloned().map(Ok);
        vault.import(stream(rows)).await.unwrap();
        Self {
            sandbox,
            client,
            vault,
            entries,
        }
    }

    pub(super) async fn begin(&self, options: FleetOptions) -> Fleet {
        let clients = [self.client.clone()];
        let fleet = self.vault.rotate_all(clients, Filter::new(), options).await;
        fleet.unwrap()
    }

    /// How many rows are in this state.
    async fn count(&self, state: State) -> u64 {
        self.vault.count(&Filter::new().state(state)).await.unwrap()
    }

    /// How many resets were done.
    pub(super) fn resets(&self) -> usize {
        self.sandbox.replacements().len()
    }

    /// Each of the first tokens was reset once, and nothing else was.
    pub(super) fn assert_once_each(&self) {
        let mut old: Vec<String> = self
            .sandbox
            .replacements()
            .into_iter()
            .map(|r| r.old)
            .collect();
        old.sort();
        let first = |entry: &Entry| entry.tokens.token.as_ref().unwrap().expose().to_owned();
        let mut first: Vec<String> = self.entries.iter().map(first).collect();
        first.sort();
        assert!(
            old == first,
            "{} resets of {} tokens",
            old.len(),
            first.len()
        );
    }
}

/// Without a pace, more rows are claimed at once than there are calls at a time, and each row waits
/// for its turn: however slow the calls are, the first of them are for different rows.
fn unpaced(calls: usize) -> FleetOptions {
    FleetOptions::new().concurrency(calls)
}

/// Reads a run to its end.
async fn all(fleet: &mut Fleet) -> Vec<Settled> {
    let mut settled = Vec::new();
    let reading = async {
        while let Some(next) = fleet.next().await {
            settled.push(next);
        }
    };
    let ended = tokio::time::timeout(PATIENCE, reading).await;
    ended.expect("the run does not end");
    settled
}

/// Waits until a run says that it waits, and until when.
async fn paused(fleet: &Fleet) -> Instant {
    loop {
        match fleet.status() {
            Status::Paused { until, .. } => return until,
            _ => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

fn words(settled: &[Settled]) -> Vec<&'static str> {
    let mut words: Vec<_> = settled.iter().map(|s| s.outcome.as_str()).collect();
    words.sort_unstable();
    words.dedup();
    words
}
