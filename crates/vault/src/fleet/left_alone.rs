//! The rows that a run leaves alone.

use crate::entry::State;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::store::Run;
use crate::time;
use crate::vault::Vault;

/// How many there are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LeftAlone {
    /// They are lost or revoked.
    pub(super) dead: u64,
    /// The run is through with them and has not replaced them, since the provider said no.
    pub(super) passed_over: u64,
    /// The run is through with them, and whether they were replaced is unknown.
    pub(super) unknown: u64,
}

impl LeftAlone {
    pub(super) fn add(&mut self, other: Self) {
        self.dead += other.dead;
        self.passed_over += other.passed_over;
        self.unknown += other.unknown;
    }

    /// Counts them. Without a run, there are none that it is through with.
    pub(super) async fn count(
        vault: &Vault,
        filter: &Filter,
        run: Option<&Run>,
    ) -> Result<Self, StoreError> {
        let store = &vault.store;
        let of = |state| {
            let is_meant = filter.state.is_none_or(|wanted| wanted == state);
            is_meant.then(|| filter.clone().state(state))
        };
        let mut left = Self::default();
        for filter in [State::Lost, State::Revoked].into_iter().filter_map(of) {
            left.dead += store.count(&filter).await?;
        }
        let Some(run) = run else { return Ok(left) };
        // The others have changed since it began.
        let age = time::to_millis(time::now()) - time::to_millis(run.began_at);
        let count = async |mut filter: Filter| {
            filter.older_than = filter.older_than.max(Some(age));
            Ok::<_, StoreError>(store.count_run(&filter, run).await?.done)
        };
        if let Some(active) = of(State::Active) {
            left.passed_over = count(active).await?;
        }
        // Those that were active before are.
        if let Some(filter) = of(State::Unknown).or(of(State::Active)) {
            left.unknown = count(filter.state(State::Unknown)).await?;
        }
        Ok(left)
    }
}
