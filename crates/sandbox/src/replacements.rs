//! What was done, for tests to judge by: what an app has said or saved is only its own account.

use std::fmt;
use std::time::Instant;

use axum::response::Response;

/// A token that was put in the place of another one, which is dead since.
#[derive(Clone)]
pub struct Replacement {
    /// The GitHub token, or the OhMyGPT admin token, that died.
    pub old: String,
    /// The one in its place.
    pub new: String,
    /// The OAuth token of the call that did it, at OhMyGPT.
    pub account: Option<String>,
    /// When it was done.
    pub at: Instant,
    /// When the answer with the new token was handed over to be sent, if it was: a fault or a
    /// caller who went away can come between. That it arrived is not said.
    pub answered: Option<Instant>,
}

impl fmt::Debug for Replacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replacement")
            .field("at", &self.at)
            .field("answered", &self.answered)
            .finish_non_exhaustive()
    }
}

/// All of them, in the order in which they were done.
#[derive(Default)]
pub(crate) struct Replacements(Vec<Replacement>);

/// Marks an answer as the one to a replacement.
#[derive(Clone, Copy)]
pub(crate) struct Done(usize);

impl Replacements {
    pub(crate) fn note(&mut self, old: String, new: String, account: Option<String>) -> Done {
        self.0.push(Replacement {
            old,
            new,
            account,
            at: Instant::now(),
            answered: None,
        });
        Done(self.0.len() - 1)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The last one, if there were only so many before.
    pub(crate) fn since(&self, before: usize) -> Option<Done> {
        (self.0.len() > before).then(|| Done(self.0.len() - 1))
    }

    /// Notes that an answer goes out.
    pub(crate) fn answered(&mut self, response: &Response) {
        let done = response.extensions().get();
        if let Some(found) = done.and_then(|Done(at)| self.0.get_mut(*at)) {
            found.answered = Some(Instant::now());
        }
    }

    pub(crate) fn all(&self) -> Vec<Replacement> {
        self.0.clone()
    }
}

impl Done {
    pub(crate) fn mark(self, mut response: Response) -> Response {
        response.extensions_mut().insert(self);
        response
    }
}
