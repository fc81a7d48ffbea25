//! How a fleet is rotated.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::deliver::Deliver;
use crate::client::Client;

/// How many calls are under way together unless somebody says otherwise.
const CONCURRENCY: usize = 16;
const MOST: usize = 4096;
const MAX_LOST: u64 = 3;
const MAX_SAME_REFUSAL: u64 = 10;

/// How a fleet is rotated.
#[derive(Clone)]
#[must_use = "options do nothing by themselves"]
pub struct FleetOptions {
    pub(super) concurrency: usize,
    pub(super) per_second: Option<f64>,
    pub(super) patience: Duration,
    pub(super) max_lost: u64,
    pub(super) max_same_refusal: u64,
    pub(super) deliver: Option<Arc<dyn Deliver>>,
    pub(super) deliver_within: Duration,
    pub(super) resume_within: Duration,
}

impl Default for FleetOptions {
    fn default() -> Self {
        Self {
            concurrency: CONCURRENCY,
            per_second: None,
            patience: Duration::from_secs(600),
            max_lost: MAX_LOST,
            max_same_refusal: MAX_SAME_REFUSAL,
            deliver: None,
            deliver_within: Duration::from_secs(600),
            resume_within: Duration::from_secs(24 * 60 * 60),
        }
    }
}

impl FleetOptions {
    /// 16 calls at a time, as fast as the provider advises.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many calls are under way together, 16 at first. GitHub allows 100.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.clamp(1, MOST);
        self
    }

    /// How many calls are begun in a second, for each app, by all users of the store together.
    ///
    /// Without it, github.com and data residency get one, which GitHub
    /// [advises](https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests);
    /// other servers get as many as can be under way. What the provider says in its answers counts
    /// in any case.
    pub fn per_second(mut self, calls: f64) -> Self {
        self.per_second = Some(calls);
        self
    }

    /// How long a provider or a store may be away before the run is stopped, 10 minutes at first. So
    /// long may limits hold on, too, that the provider says are over.
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// How many tokens of an app the run may lose to answers that did not come before it is stopped:
    /// 3 at first, and 1 at least. While so many are lost or in doubt, nothing but the doubts is gone
    /// on with.
    ///
    /// As many in a row that are not lost only because they were found in answers that were not
    /// believed stop it, too. Only the calls of this run count, and not those of a process that died.
    pub fn max_lost(mut self, tokens: u64) -> Self {
        self.max_lost = tokens.max(1);
        self
    }

    /// How often in a row the provider may say no for the same reason before the run is stopped: 10
    /// times at first; 0 is as often as it likes. A no that is about every token of the app stops it
    /// at once. When tokens are asked about, so many in a row may be newly called invalid.
    pub fn max_same_refusal(mut self, times: u64) -> Self {
        self.max_same_refusal = times;
        self
    }

    /// Hands every new token on, once it is stored, and what earlier runs have left; see [`Deliver`].
    pub fn deliver(mut self, deliver: impl Deliver) -> Self {
        self.deliver = Some(Arc::new(deliver));
        self
    }

    /// How long a token may be refused by whom it is handed to, 10 minutes at first. Then the run gives
    /// it up, tells why, and leaves it to the next run, or to
    /// [`deliver_all`](crate::Vault::deliver_all).
    pub fn deliver_within(mut self, time: Duration) -> Self {
        self.deliver_within = time;
        self
    }

    /// How old a run over these rows may be that has not come to its end, and is gone on with: a day at
    /// first. One that is older is ended, and another one begun.
    pub fn resume_within(mut self, time: Duration) -> Self {
        self.resume_within = time;
        self
    }

    /// Begins a new run, though the last one over these rows has not come to its end.
    pub fn afresh(self) -> Self {
        self.resume_within(Duration::ZERO)
    }

    /// The time between two calls with this client.
    pub(super) fn interval(&self, client: &Client) -> Duration {
        match self.per_second {
            None => client.calls.interval(),
            Some(rate) if rate > 0.0 => {
                Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::MAX)
            }
            _ => Duration::ZERO,
        }
    }
}

impl fmt::Debug for FleetOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetOptions")
            .field("concurrency", &self.concurrency)
            .field("per_second", &self.per_second)
            .field("patience", &self.patience)
            .field("max_lost", &self.max_lost)
            .field("max_same_refusal", &self.max_same_refusal)
            .field("deliver", &self.deliver.is_some())
            .field("deliver_within", &self.deliver_within)
            .field("resume_within", &self.resume_within)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use tokenturn::GitHub;

    use super::*;

    /// By default it keeps to GitHub's advice, where that holds.
    #[test]
    fn github_com_gets_a_call_a_second() {
        let github = || GitHub::builder("id", "secret");
        for (builder, seconds) in [
            (github(), 1),
            (github().data_residency("octocorp"), 1),
            (github().enterprise_server("h.example", "3.14"), 0),
        ] {
            let client = Client::from(builder.build().unwrap());
            let interval = FleetOptions::new().interval(&client);
            assert_eq!(interval.as_secs(), seconds, "{}", client.app());
        }
    }
}
