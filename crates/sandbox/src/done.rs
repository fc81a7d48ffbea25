//! What was done, for tests to judge by: what an app has said or saved is only its own account.

use std::marker::PhantomData;
use std::time::Instant;

use axum::response::Response;

/// A change that an answer tells of.
pub(crate) trait Change: Clone + Send + Sync + 'static {
    /// Notes when the answer goes out.
    fn set_answered(&mut self, at: Instant);
}

/// All changes of a kind, in the order in which they were done.
pub(crate) struct Log<T>(Vec<T>);

/// Marks an answer as the one to a change of this kind.
#[derive(Clone, Copy)]
pub(crate) struct Done<T>(usize, PhantomData<T>);

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Change> Log<T> {
    pub(crate) fn note(&mut self, change: T) -> Done<T> {
        self.0.push(change);
        Done(self.0.len() - 1, PhantomData)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The last one, if there were only so many before.
    pub(crate) fn since(&self, before: usize) -> Option<Done<T>> {
        (self.0.len() > before).then(|| Done(self.0.len() - 1, PhantomData))
    }

    /// Notes that an answer goes out.
    pub(crate) fn answered(&mut self, response: &Response) {
        let done = response.extensions().get::<Done<T>>();
        if let Some(found) = done.and_then(|done| self.0.get_mut(done.0)) {
            found.set_answered(Instant::now());
        }
    }

    pub(crate) fn all(&self) -> Vec<T> {
        self.0.clone()
    }
}

impl<T: Change> Done<T> {
    pub(crate) fn mark(self, mut response: Response) -> Response {
        response.extensions_mut().insert(self);
        response
    }
}
