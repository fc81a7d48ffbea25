//! Which rows.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokenturn::normal_base_url;

use crate::app::{App, Provider};
use crate::entry::{Entry, State};
use crate::error::StoreError;
use crate::time;

/// In milliseconds: whatever can be refreshed is to be by then.
pub(crate) const DUE_ALWAYS: i64 = 1 << 60;

/// Which rows are meant: those that fit everything that is set, so all of them at first.
///
/// ```
/// use std::time::Duration;
/// use tokenturn_vault::{Filter, Provider};
///
/// let month = Duration::from_secs(30 * 24 * 60 * 60);
/// let old = Filter::new().provider(Provider::GITHUB).older_than(month);
/// assert_eq!(old.label, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Filter {
    /// The row of this name.
    pub id: Option<String>,
    /// The tokens of this provider.
    pub provider: Option<Provider>,
    /// The tokens of the API with this base URL.
    pub server: Option<String>,
    /// The tokens of the app with this client ID.
    pub client_id: Option<String>,
    /// The rows with this label.
    pub label: Option<String>,
    /// The rows in this state.
    pub state: Option<State>,
    /// The rows whose secrets have not changed for so many milliseconds.
    pub older_than: Option<i64>,
    /// The rows whose token still has to be handed on, or those without.
    pub undelivered: Option<bool>,
    /// The rows whose token or refresh token ends within so many milliseconds, and that can be refreshed.
    // What earlier versions have written down of a filter without it stays the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_within: Option<i64>,
}

impl Filter {
    /// All rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// The row of this name.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The tokens of this provider.
    #[must_use]
    pub fn provider(mut self, provider: Provider) -> Self {
        self.provider = Some(provider);
        self
    }

    /// The tokens of the API with this base URL, however it is written.
    #[must_use]
    pub fn server(mut self, base_url: impl Into<String>) -> Self {
        self.server = Some(normal_base_url(&base_url.into()));
        self
    }

    /// The tokens of the app with this client ID.
    #[must_use]
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// The tokens of this app.
    #[must_use]
    pub fn app(self, app: &App) -> Self {
        self.provider(app.provider.clone())
            .server(&app.server)
            .client_id(&app.client_id)
    }

    /// The rows with this label.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The rows in this state.
    #[must_use]
    pub fn state(mut self, state: State) -> Self {
        self.state = Some(state);
        self
    }

    /// The rows whose secrets have not changed for so long.
    #[must_use]
    pub fn older_than(mut self, age: Duration) -> Self {
        self.older_than = Some(time::millis(age));
        self
    }

    /// The rows whose token still has to be handed on.
    #[must_use]
    pub fn undelivered(mut self) -> Self {
        self.undelivered = Some(true);
        self
    }

    /// The rows whose token or refresh token ends within so long, by the provider's clock, or has ended: those
    /// that can be refreshed, as far as is known.
    #[must_use]
    pub fn due_within(mut self, time: Duration) -> Self {
        // So long that nothing ends later, and short enough to be counted with.
        self.due_within = Some(time::millis(time).min(DUE_ALWAYS));
        self
    }

    /// A name for it that is the same for the same filter: a store tells runs apart by it.
    ///
    /// # Errors
    ///
    /// When it cannot be written, which does not happen.
    pub fn to_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self)
            .map_err(|e| StoreError::other("the filter cannot be written", e))
    }

    /// Whether there may be rows that both mean, at some time.
    pub fn overlaps(&self, other: &Self) -> bool {
        fn may_be<T: PartialEq>(one: &Option<T>, other: &Option<T>) -> bool {
            one.is_none() || other.is_none() || one == other
        }
        may_be(&self.id, &other.id)
            && may_be(&self.provider, &other.provider)
            && may_be(&self.server, &other.server)
            && may_be(&self.client_id, &other.client_id)
            && may_be(&self.label, &other.label)
    }

    /// The same of one that is written down, perhaps by a later version.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn overlaps_json(&self, other: &str) -> bool {
        let other = serde_json::from_str::<Self>(other);
        other.map_or(true, |other| self.overlaps(&other))
    }

    /// Whether it means this row, at this time in milliseconds since 1970.
    pub fn fits(&self, entry: &Entry, now: i64) -> bool {
        fn is<T: PartialEq>(wanted: &Option<T>, found: &T) -> bool {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        }
        is(&self.id, &entry.id)
            && is(&self.provider, &entry.app.provider)
            && is(&self.server, &entry.app.server)
            && is(&self.client_id, &entry.app.client_id)
            && (self.label.is_none() || self.label == entry.label)
            && is(&self.state, &entry.progress.state)
            && is(&self.undelivered, &entry.progress.undelivered)
            && self
                .due_within
                .is_none_or(|span| entry.refresh_by() <= now.saturating_add(span))
            && self
                .older_than
                .is_none_or(|age| time::to_millis(entry.changed_at) <= now - age)
    }
}
