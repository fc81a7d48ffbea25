//! Pairs that were replaced by their refresh token.

use std::fmt;
use std::time::Instant;

use crate::done::Change;

/// A GitHub token and its refresh token that were put in the place of others, which are dead since.
#[derive(Clone)]
#[non_exhaustive]
pub struct Refresh {
    /// The token that died, unless it was dead before.
    pub old: String,
    /// The refresh token that was used, and works no more.
    pub old_refresh_token: String,
    /// The token in the place of the old one.
    pub new: String,
    /// The refresh token in the place of the used one.
    pub new_refresh_token: String,
    /// When it was done.
    pub at: Instant,
    /// When the answer with both was handed over to be sent, if it was: a fault or a caller who
    /// went away can come between. That it arrived is not said.
    pub answered: Option<Instant>,
}

impl fmt::Debug for Refresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresh")
            .field("at", &self.at)
            .field("answered", &self.answered)
            .finish_non_exhaustive()
    }
}

impl Refresh {
    /// Each pair is a token and its refresh token.
    pub(crate) fn new(
        [old, old_refresh_token]: [String; 2],
        [new, new_refresh_token]: [String; 2],
    ) -> Self {
        Self {
            old,
            old_refresh_token,
            new,
            new_refresh_token,
            at: Instant::now(),
            answered: None,
        }
    }
}

impl Change for Refresh {
    fn set_answered(&mut self, at: Instant) {
        self.answered = Some(at);
    }
}
