//! What a vault holds, in numbers.

use serde::Serialize;
use tokenturn::Timestamp;

use crate::app::App;
use crate::entry::State;
use crate::filter::Filter;
use crate::store::{Run, RunCount};

/// What a vault holds, in numbers. No row is opened for it, so it does not notice which cannot be read;
/// [`Vault::verify`](crate::Vault::verify) does.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Overview {
    /// The tokens, by app.
    pub apps: Vec<AppOverview>,
    /// Of the tokens that could not be handed on, the one that is waiting for longest.
    pub not_delivered: Option<NotDelivered>,
    /// The fleet runs that have not come to their end, the last one first.
    pub runs: Vec<OpenRun>,
}

/// What the rows of one app are like.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AppOverview {
    /// The app.
    pub app: App,
    /// How many rows are in which state, in the order of [`State::ALL`].
    pub states: [u64; State::ALL.len()],
    /// How many tokens still have to be handed on.
    pub undelivered: u64,
    /// When the active token changed that has not changed for longest.
    pub oldest: Option<Timestamp>,
    /// When the first of the tokens dies that are neither lost nor revoked, where that is known.
    pub next_expiry: Option<Timestamp>,
    /// How many tokens can be refreshed, as far as is known.
    pub refreshable: u64,
    /// How many of them end within an hour, or have ended, or their refresh tokens.
    pub due: u64,
    /// How many active tokens have expired and cannot be refreshed: their users have to authorize the app
    /// again.
    pub expired: u64,
}

/// A token that could not be handed on.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct NotDelivered {
    /// The name of the row.
    pub id: String,
    /// How many attempts have failed.
    pub attempts: u64,
    /// Why the last of them failed.
    pub error: String,
    /// When the token came.
    pub since: Timestamp,
}

/// A fleet run that has not come to its end.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenRun {
    /// What it is over.
    pub filter: Filter,
    /// When it began.
    pub run: Run,
    /// How far it has come.
    pub count: RunCount,
}

impl AppOverview {
    /// How many rows are in this state.
    pub fn count(&self, state: State) -> u64 {
        let states = State::ALL.into_iter().zip(self.states);
        let of_state = states.filter(|(of, _)| *of == state);
        of_state.map(|(_, count)| count).sum()
    }
}
