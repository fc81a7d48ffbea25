//! What a run would do.

use std::time::Duration;

use tokenturn::{Refusal, RefusalReason, RotateError};

use super::left_alone::LeftAlone;
use super::outbox::waiting;
use super::{FleetOptions, distinct};
use crate::app::App;
use crate::client::Client;
use crate::entry::State;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::store::Run;
use crate::time;
use crate::tokens::Tokens;
use crate::turn::reason;
use crate::vault::Vault;

/// What a run would do, and what would stop it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// For each app that there is a client for.
    pub apps: Vec<AppPlan>,
    /// The rows of other apps.
    pub without_client: u64,
    /// The tokens of an earlier run that still have to be handed on, which
    /// [`FleetOptions::deliver`] would do.
    pub undelivered: u64,
}

/// What a run would do with the tokens of one app.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AppPlan {
    /// The app.
    pub app: App,
    /// The tokens that would be replaced.
    pub tokens: u64,
    /// Those among them whose earlier rotation is in doubt, which would be resolved first.
    pub in_doubt: u64,
    /// Those that an unfinished run is through with, and that would be left alone.
    pub done: u64,
    /// Those that are lost or revoked, and that would be left alone.
    pub dead: u64,
    /// Those among the `done` that were refused, and that would be left alone.
    pub passed_over: u64,
    /// Those among the `done` of which nobody knows whether they were replaced, and that would be left
    /// alone.
    pub unknown: u64,
    /// How many calls would be begun in a second; `None` when only the provider's answers and the
    /// number of calls under way limit that.
    pub per_second: Option<f64>,
    /// How long it would take at that pace.
    pub takes: Option<Duration>,
    /// What would stop it: the provider was asked about a token that there is not, which tells
    /// whether it is there and whether the client's credentials are right.
    pub trouble: Option<String>,
    /// Whether that is a refusal, which the same call would get again.
    pub is_refused: bool,
}

impl Vault {
    /// Finds out what [`rotate_all`](Self::rotate_all) would do with the same arguments, or
    /// [`refresh_all`](Self::refresh_all) with [`Filter::due_within`]. Nothing is changed.
    ///
    /// # Errors
    ///
    /// When the store cannot be used.
    pub async fn plan(
        &self,
        clients: impl IntoIterator<Item = Client>,
        filter: &Filter,
        options: &FleetOptions,
    ) -> Result<Plan, StoreError> {
        let mut apps = Vec::new();
        let mut with_client = 0;
        for client in distinct(clients) {
            let app = client.app();
            let filter = filter.clone().app(&app);
            with_client += self.store.count(&filter).await?;
            let run = self.store.open_run(&filter, options.resume_within).await?;
            // A run that has not begun is through with nothing.
            let none = || Run::new(u64::MAX >> 1, time::from_millis(i64::MAX), false);
            let alone = LeftAlone::count(self, &filter, run.as_ref()).await?;
            let run = run.unwrap_or_else(none);
            let count = self.store.count_run(&filter, &run).await?;
            let mut in_doubt = 0;
            for state in [State::Rotating, State::Unknown] {
                if filter.state.is_none_or(|wanted| wanted == state) {
                    in_doubt += self.store.count(&filter.clone().state(state)).await?;
                }
            }
            let interval = options.interval(&client);
            let is_paced = !interval.is_zero();
            let trouble = trouble(&client).await;
            apps.push(AppPlan {
                app,
                tokens: count.left,
                in_doubt: in_doubt.saturating_sub(alone.unknown),
                done: count.done,
                dead: alone.dead,
                passed_over: alone.passed_over,
                unknown: alone.unknown,
                per_second: is_paced.then(|| 1.0 / interval.as_secs_f64()),
                takes: is_paced.then(|| times(interval, count.left)),
                is_refused: trouble.as_ref().is_some_and(is_refused),
                trouble: trouble.as_ref().map(reason),
            });
        }
        let all = self.store.count(filter).await?;
        let (mut undelivered, mut rows) = (0, self.list(waiting(filter)));
        while let Some(row) = rows.next().await {
            match row {
                Ok(_) => undelivered += 1,
                Err(error) if error.is_damaged() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Plan {
            apps,
            without_client: all.saturating_sub(with_client),
            undelivered,
        })
    }
}

fn times(interval: Duration, count: u64) -> Duration {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    interval.checked_mul(count).unwrap_or(Duration::MAX)
}

fn is_refused(error: &RotateError) -> bool {
    let refusal = match error {
        RotateError::Refused(refusal) => refusal,
        _ => return false,
    };
    !matches!(refusal.reason, RefusalReason::RateLimited { .. })
}

/// What a check of a token that there is not says about the client, if it can ask.
async fn trouble(client: &Client) -> Option<RotateError> {
    if !client.calls.can_ask() {
        return None;
    }
    // One that could be a user's: about others, GitHub's 404 says nothing.
    let none = Tokens::new("gho_tokenturnAsksWhetherTheCredentialsAreRight");
    let failed = client.calls.check(&none).await.err()?;
    // Where the token is all that authorizes a call, a 401 without a known reason is about that one.
    let is_unknown = |no: &Refusal| no.status == 401 && no.reason == RefusalReason::Other;
    let is_about_it = client.is_bearer() && failed.refusal().is_some_and(is_unknown);
    (!is_about_it).then(|| failed.into_why())
}
