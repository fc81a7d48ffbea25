//! Reading what has happened, and forgetting it.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokenturn::Timestamp;

use super::Vault;
use super::listing::{PAGE, Page, Pages};
use crate::error::StoreError;
use crate::event::Event;
use crate::store::Store;

/// What is younger stays in the history.
const LEAST_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// What has happened to rows: a [`Stream`], or call [`next`](Self::next).
pub struct History {
    store: Arc<dyn Store>,
    id: Option<String>,
    since: Option<Timestamp>,
    last: Option<u64>,
    pages: Pages<(u64, Event), u64>,
}

impl Vault {
    /// Reads what has happened to the row `id`, or to all rows, the oldest first. It stays when the
    /// row is gone, until it is [pruned](Self::prune_history).
    pub fn history(&self, id: Option<&str>) -> History {
        let (store, id) = (Arc::clone(&self.store), id.map(str::to_owned));
        let pages = pages(&store, &id, None, None);
        History {
            store,
            id,
            since: None,
            last: None,
            pages,
        }
    }

    /// Forgets what has happened so long ago, a day at least, and says how many events that were. Of
    /// each row that is there, the last event stays that says which token was stored.
    ///
    /// That two rows never get one token, and that no row gets a token twice, is found out by the
    /// history: a token that was replaced so long ago, or whose row is gone, would be taken for a new
    /// one afterwards. That can only be an answer that was given before, by a broken cache or proxy,
    /// and so late that nobody waits for it any more; less than a day could be too short for that, and
    /// for a run that goes on where it was. `import --replace` of the program knows an old token by the
    /// history, too.
    ///
    /// It is done in short parts, between which others write. When it fails in between, what is gone
    /// is gone.
    ///
    /// # Errors
    ///
    /// When that is less than a day, or the store could not do it.
    pub async fn prune_history(&self, older_than: Duration) -> Result<u64, StoreError> {
        if older_than < LEAST_AGE {
            return Err(StoreError::unsupported(
                "what has happened within a day stays in the history: by it no token is stored twice; \
                 give a day or more",
            ));
        }
        let (mut pruned, mut after) = (0, Some(0));
        while let Some(from) = after {
            let (some, next) = self.store.prune_history(older_than, from).await?;
            pruned += some;
            after = next;
        }
        Ok(pruned)
    }
}

impl History {
    /// Only what has happened since then, by the clock of the store.
    #[must_use]
    pub fn since(mut self, time: Timestamp) -> Self {
        self.since = Some(time);
        self.begin()
    }

    /// Only so many events: the last ones of those that are meant otherwise.
    #[must_use]
    pub fn last(mut self, events: u64) -> Self {
        self.last = Some(events);
        self.begin()
    }

    fn begin(mut self) -> Self {
        self.pages = pages(&self.store, &self.id, self.since, self.last);
        self
    }

    /// The next event, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Event, StoreError>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

fn pages(
    store: &Arc<dyn Store>,
    id: &Option<String>,
    since: Option<Timestamp>,
    last: Option<u64>,
) -> Pages<(u64, Event), u64> {
    let (store, id) = (Arc::clone(store), Arc::new(id.clone()));
    let read = move |after: Option<u64>| -> Page<_> {
        let (store, id) = (Arc::clone(&store), Arc::clone(&id));
        Box::pin(async move {
            let id = id.as_deref();
            let after = match after {
                Some(after) => Some(after),
                None => start(&*store, id, since, last).await?,
            };
            match after {
                Some(after) => store.history(id, after, PAGE).await,
                None => Ok(Vec::new()),
            }
        })
    };
    Pages::new(read, |(number, _)| *number)
}

/// The number behind which it begins, if there is anything.
async fn start(
    store: &dyn Store,
    id: Option<&str>,
    since: Option<Timestamp>,
    last: Option<u64>,
) -> Result<Option<u64>, StoreError> {
    let first = match (since, last) {
        (None, None) => return Ok(Some(0)),
        (_, Some(0)) => return Ok(None),
        (since, last) => store.history_start(id, since, last).await?,
    };
    let first = match first {
        None if last.is_some() => store.history_start(id, since, None).await?,
        first => first,
    };
    Ok(first.map(|first| first.saturating_sub(1)))
}

impl Stream for History {
    type Item = Result<Event, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(self.pages.poll(context)) {
                // The clock was put back between.
                Some(Ok((_, event))) if self.since.is_some_and(|since| event.at < since) => {}
                next => return Poll::Ready(next.map(|next| next.map(|(_, event)| event))),
            }
        }
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").finish_non_exhaustive()
    }
}
