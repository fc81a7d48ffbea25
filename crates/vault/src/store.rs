//! What a vault asks of a database.

use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream;
use futures_core::future::BoxFuture;
use tokenturn::Timestamp;

use crate::app::App;
use crate::change::{Applied, Change};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::event::Event;
use crate::filter::Filter;

/// What every method of a [`Store`] returns.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// Rows on their way into a store.
pub type Entries<'a> = Pin<Box<dyn Stream<Item = Result<Entry, StoreError>> + Send + 'a>>;

/// A database that keeps the rows of a [`Vault`].
///
/// [`Vault`]: crate::Vault
/// [`Vault::new`]: crate::Vault::new
///
/// SQLite and PostgreSQL come with this crate. Implement it to leave tokens where they are, in a
/// table of your own; the example `users` in the repository does that. [`Vault::new`] takes it.
///
/// What a method has written is durable when it returns. An error that may pass is
/// [`StoreError::unavailable`]: the call is made again.
pub trait Store: Send + Sync + 'static {
    /// Reads a row.
    fn get<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Entry>>;

    /// Reads the rows that `filter` means, `limit` at most, from behind the row `after` on: in the
    /// order of their names, or in another one that stays.
    fn page<'a>(
        &'a self,
        filter: &'a Filter,
        after: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Vec<Entry>>;

    /// Counts the rows that `filter` means.
    fn count<'a>(&'a self, filter: &'a Filter) -> Answer<'a, u64>;

    /// Puts rows in: all of them, or none when one cannot be read or has a name that is taken.
    /// Returns how many. `actor` is who does it.
    fn insert<'a>(&'a self, entries: Entries<'a>, actor: &'a str) -> Answer<'a, u64>;

    /// Locks a row, [applies](Change::apply) a change to it, and does what that says, in one
    /// transaction. `None` when there is no such row.
    ///
    /// When another row has, or has had, the token that the change is to store
    /// ([`Change::new_token`]), the store [refuses](Change::refuse) it instead, in that transaction:
    /// of two rows that are to get one token, one does.
    fn change<'a>(&'a self, id: &'a str, change: Change) -> Answer<'a, Option<Changed>>;

    /// Does the same with rows that `filter` means and that are ready: active, or else rotating or
    /// unknown with that being over (`progress.until` has passed, or is further ahead than
    /// `progress.span` and a minute, because the clock was put back). It takes `limit` rows at
    /// most, and none that somebody else has locked just now.
    ///
    /// A row too many does no harm: the change leaves it alone.
    fn change_next<'a>(
        &'a self,
        filter: &'a Filter,
        ready: Ready,
        limit: usize,
        change: Change,
    ) -> Answer<'a, Vec<Changed>>;

    /// Reads what has happened, the oldest first: to the row `id` if one is given, from behind the
    /// number `after` on, `limit` at most.
    fn history<'a>(
        &'a self,
        id: Option<&'a str>,
        after: u64,
        limit: usize,
    ) -> Answer<'a, Vec<(u64, Event)>>;

    /// Goes on with the fleet run over `filter` that has not ended, or begins one. With `afresh`,
    /// it ends the former and begins one in any case.
    fn begin_run<'a>(&'a self, filter: &'a Filter, afresh: bool) -> Answer<'a, Run>;

    /// The fleet run over `filter` that has not ended.
    fn open_run<'a>(&'a self, filter: &'a Filter) -> Answer<'a, Option<Run>>;

    /// Counts the rows that `filter` means and a fleet run is through with, and those that it is
    /// not and that are active, rotating or unknown.
    fn count_run<'a>(&'a self, filter: &'a Filter, run: u64) -> Answer<'a, RunCount>;

    /// Ends a fleet run.
    fn end_run(&self, run: u64) -> Answer<'_, ()>;

    /// Keeps a place in the queue of calls of an app, which all users of the store share, and says
    /// how long it is until then. Places are `interval` apart; with `hold`, none is given before so
    /// long from now.
    ///
    /// A store that returns `None` leaves that to each process.
    fn reserve<'a>(
        &'a self,
        app: &'a App,
        interval: Duration,
        hold: Duration,
    ) -> Answer<'a, Option<Duration>> {
        let _ = (app, interval, hold);
        Box::pin(async { Ok(None) })
    }

    /// Encrypts everything with another key, in one transaction, unless a token is being replaced:
    /// whoever does that could not store the new one.
    fn rekey<'a>(&'a self, new_key: &'a crate::Key) -> Answer<'a, u64> {
        let _ = new_key;
        Box::pin(async { Err(StoreError::unsupported("this store does not have a key")) })
    }
}

/// Which of the ready rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// Those that this fleet run is not through with: `progress.run` is smaller.
    ForRun(u64),
    /// Those that are rotating or unknown.
    InDoubt,
}

/// A row to which a [`Change`] was applied.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Changed {
    /// The row as it is now.
    pub entry: Entry,
    /// What the change decided.
    pub applied: Applied,
}

impl Changed {
    /// A row to which a change was applied.
    pub fn new(entry: Entry, applied: Applied) -> Self {
        Self { entry, applied }
    }
}

/// One pass over many rows, which more than one process may take part in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Run {
    /// Larger than that of any run before it; the first one is 1.
    pub number: u64,
    /// When it began.
    pub began_at: Timestamp,
    /// Whether it had begun before.
    pub is_resumed: bool,
}

impl Run {
    /// A run.
    pub fn new(number: u64, began_at: Timestamp, is_resumed: bool) -> Self {
        Self {
            number,
            began_at,
            is_resumed,
        }
    }
}

/// How far a [`Run`] has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunCount {
    /// The rows that it is through with.
    pub done: u64,
    /// The rows that it is not through with.
    pub left: u64,
}
