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
use crate::overview::Overview;
use crate::time;

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
    /// order of their names, or in another one that stays. A row that cannot be read is a
    /// [`StoreError::damaged`] in its place.
    fn page<'a>(
        &'a self,
        filter: &'a Filter,
        after: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Vec<Result<Entry, StoreError>>>;

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

    /// Does the same with rows that `filter` means and that are [`Ready`]. It takes `limit` rows at
    /// most, and none that somebody else has locked just now. A row that cannot be read is a
    /// [`StoreError::damaged`] in its place.
    ///
    /// A row too many does no harm: the change leaves it alone.
    fn change_next<'a>(
        &'a self,
        filter: &'a Filter,
        ready: Ready,
        limit: usize,
        change: Change,
    ) -> Answer<'a, Vec<Result<Changed, StoreError>>>;

    /// Reads what has happened, the oldest first: to the row `id` if one is given, from behind the
    /// number `after` on, `limit` at most.
    fn history<'a>(
        &'a self,
        id: Option<&'a str>,
        after: u64,
        limit: usize,
    ) -> Answer<'a, Vec<(u64, Event)>>;

    /// The number of the first event since a moment, or of the first one of the `last` of them (which
    /// are 1 or more): of the row `id` if one is given. `None` when there are none, or fewer.
    fn history_start<'a>(
        &'a self,
        id: Option<&'a str>,
        since: Option<Timestamp>,
        last: Option<u64>,
    ) -> Answer<'a, Option<u64>> {
        let _ = (id, since, last);
        Box::pin(async {
            Err(StoreError::unsupported(
                "this store finds no parts of the history",
            ))
        })
    }

    /// Looks at some events, in their order from behind the number `after` on, and takes out those
    /// that are so old: but for the last one of each row that is there which says what token was
    /// stored. Returns how many, and behind which number to go on, unless that is the end.
    fn prune_history(&self, older_than: Duration, after: u64) -> Answer<'_, (u64, Option<u64>)> {
        let _ = (older_than, after);
        Box::pin(async {
            Err(StoreError::unsupported(
                "this store keeps all of the history",
            ))
        })
    }

    /// Goes on with the fleet run over `filter` that has not ended, or begins one. One that has
    /// nothing left, or [began too long ago](Run::is_too_old), is ended, and another one begun.
    ///
    /// When later runs have begun since, the run gets the next number, so that no row counts as done by
    /// it because a later run is through with it. So do the rows whose `progress.run` is its own one,
    /// unless a later run that has not ended may mean them, too ([`Filter::overlaps`]): that one is not
    /// through with them.
    fn begin_run<'a>(&'a self, filter: &'a Filter, resume_within: Duration) -> Answer<'a, Run>;

    /// The fleet run over `filter` that [`begin_run`](Self::begin_run) would go on with, but for
    /// one that has nothing left.
    fn open_run<'a>(
        &'a self,
        filter: &'a Filter,
        resume_within: Duration,
    ) -> Answer<'a, Option<Run>>;

    /// Counts the rows that `filter` means and a fleet run is through with ([`Run::is_through`]),
    /// and those that it is not and that are active, rotating or unknown.
    fn count_run<'a>(&'a self, filter: &'a Filter, run: &'a Run) -> Answer<'a, RunCount>;

    /// Ends a fleet run.
    fn end_run(&self, run: u64) -> Answer<'_, ()>;

    /// What the clock says that all users of the store share, in milliseconds since 1970: that of the host
    /// unless the database has one.
    fn clock(&self) -> i64 {
        time::now_millis()
    }

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

    /// What there is, in numbers. A store that leaves it out cannot say.
    fn overview(&self) -> Answer<'_, Overview> {
        Box::pin(async {
            Err(StoreError::unsupported(
                "this store does not count its rows",
            ))
        })
    }

    /// What the database itself finds wrong with what it holds, if it looks.
    fn faults(&self) -> Answer<'_, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// The names of some of the rows that `filter` means and that [`change_next`](Self::change_next) never
    /// comes to, since what says so of them is damaged: from behind the row `after` on, in their order.
    fn out_of_reach<'a>(&'a self, filter: &'a Filter, after: &'a str) -> Answer<'a, Vec<String>> {
        let _ = (filter, after);
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Encrypts everything with another key, in one transaction, unless a token is being replaced:
    /// whoever does that could not store the new one. Rows that cannot be read are left as they are.
    fn rekey<'a>(&'a self, new_key: &'a crate::Key) -> Answer<'a, Rekeyed> {
        let _ = new_key;
        Box::pin(async { Err(StoreError::unsupported("this store does not have a key")) })
    }
}

/// Which of the ready rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// Those that a fleet run is not through with ([`Run::is_through`]): the active ones, and those
    /// in doubt.
    ForRun {
        /// The number of the run.
        number: u64,
        /// When it began.
        began_at: Timestamp,
    },
    /// Those that are rotating or unknown, with that being over: `progress.until` has passed, or is
    /// further ahead than `progress.span` and a minute, because the clock was put back.
    InDoubt,
    /// The active ones whose token still has to be handed on, where `progress.delivery.until` and
    /// `span` say in the same way that nobody is at it, and `unproven_until` has passed, or is further
    /// ahead than eleven minutes.
    Undelivered,
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
    /// When the one before it began, which had not come to its end and was ended for its age.
    pub instead_of: Option<Timestamp>,
}

impl Run {
    /// A run.
    pub fn new(number: u64, began_at: Timestamp, is_resumed: bool) -> Self {
        Self {
            number,
            began_at,
            is_resumed,
            instead_of: None,
        }
    }

    /// Whether it began `resume_within` ago or longer, at this time in milliseconds since 1970, or
    /// as far ahead, because the clock was put back.
    pub fn is_too_old(&self, resume_within: Duration, now: i64) -> bool {
        let age = (now - time::to_millis(self.began_at)).unsigned_abs();
        u128::from(age) >= resume_within.as_millis()
    }

    /// Whether it is through with a row, at this time in milliseconds since 1970: by what it has done
    /// itself, or because the row is active and has changed since it began.
    pub fn is_through(&self, entry: &Entry, now: i64) -> bool {
        let progress = &entry.progress;
        progress.run >= self.number || entry.has_changed_since(self.began_at, now)
    }

    pub(crate) fn ready(&self) -> Ready {
        Ready::ForRun {
            number: self.number,
            began_at: self.began_at,
        }
    }
}

/// What came of encrypting everything with another key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rekeyed {
    /// So many rows are encrypted with it.
    pub rows: u64,
    /// The names of those that could not be read, and are as they were.
    pub damaged: Vec<String>,
}

/// How far a [`Run`] has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunCount {
    /// The rows that it is through with.
    pub done: u64,
    /// The rows that it is not through with.
    pub left: u64,
}
