//! Tokens that were replaced by a call of their own.

use std::fmt;
use std::time::Instant;

use crate::done::Change;

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

impl Replacement {
    pub(crate) fn new(old: String, new: String, account: Option<String>) -> Self {
        Self {
            old,
            new,
            account,
            at: Instant::now(),
            answered: None,
        }
    }
}

impl Change for Replacement {
    fn set_answered(&mut self, at: Instant) {
        self.answered = Some(at);
    }
}
