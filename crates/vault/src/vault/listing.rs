//! Reading many rows, a page at a time.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::future::BoxFuture;

use crate::entry::Entry;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::store::Store;

/// How many rows are in memory at a time.
pub(super) const PAGE: usize = 500;

/// Asks for the page behind a row.
type Read<T, C> = Box<dyn FnMut(Option<C>) -> Page<T> + Send>;
pub(super) type Page<T> = BoxFuture<'static, Result<Vec<T>, StoreError>>;

/// The rows that a filter means: a [`Stream`], or call [`next`](Self::next).
///
/// A row that cannot be read is an error that [`is_damaged`](StoreError::is_damaged) and has its
/// [`id`](StoreError::id), and the others come after it. Any other error is the end.
pub struct Listing(Pages<Result<Entry, StoreError>, String>);

/// Asks for a page when the last one is used up.
pub(super) struct Pages<T, C> {
    read: Read<T, C>,
    /// What the page behind a row is asked for by.
    name: fn(&T) -> C,
    ahead: VecDeque<T>,
    reading: Option<Page<T>>,
    last: Option<C>,
    has_ended: bool,
}

impl Listing {
    pub(super) fn new(store: Arc<dyn Store>, filter: Filter) -> Self {
        let filter = Arc::new(filter);
        let read = move |last: Option<String>| -> Page<_> {
            let (store, filter) = (Arc::clone(&store), Arc::clone(&filter));
            Box::pin(async move { store.page(&filter, last.as_deref(), PAGE).await })
        };
        Self(Pages::new(read, |row| id(row).to_owned()))
    }

    /// The next row, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Entry, StoreError>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

/// The name of a row, also of one that cannot be read.
pub(crate) fn id(row: &Result<Entry, StoreError>) -> &str {
    match row {
        Ok(entry) => &entry.id,
        Err(error) => error.id().unwrap_or_default(),
    }
}

impl<T, C> Pages<T, C> {
    pub(super) fn new(
        read: impl FnMut(Option<C>) -> Page<T> + Send + 'static,
        name: fn(&T) -> C,
    ) -> Self {
        Self {
            read: Box::new(read),
            name,
            ahead: VecDeque::new(),
            reading: None,
            last: None,
            has_ended: false,
        }
    }
}

impl<T: Unpin, C: Unpin> Pages<T, C> {
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<T, StoreError>>> {
        loop {
            if let Some(next) = self.ahead.pop_front() {
                return Poll::Ready(Some(Ok(next)));
            }
            if self.has_ended {
                return Poll::Ready(None);
            }
            let reading = match &mut self.reading {
                Some(reading) => reading,
                None => self.reading.insert((self.read)(self.last.take())),
            };
            let page = ready!(reading.as_mut().poll(context));
            self.reading = None;
            match page {
                Ok(page) => {
                    self.has_ended = page.len() < PAGE;
                    self.last = page.last().map(self.name);
                    self.ahead = page.into();
                }
                Err(error) => {
                    self.has_ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl Stream for Listing {
    type Item = Result<Entry, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.0.poll(context));
        Poll::Ready(next.map(Result::flatten))
    }
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing").finish_non_exhaustive()
    }
}

/// A stream of this row alone.
pub(super) struct Once(pub(super) Option<Entry>);

impl Stream for Once {
    type Item = Result<Entry, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}
