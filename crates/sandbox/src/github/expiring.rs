//! Tokens as a sign-in brings them, without the sign-in.

use std::fmt;
use std::sync::Arc;

use super::GitHub;
use super::store::example_scopes;
use crate::clock::{Moment, seconds};

/// A GitHub token that expires, with its refresh token.
#[derive(Clone)]
#[non_exhaustive]
pub struct ExpiringToken {
    /// What an app calls with.
    pub token: String,
    /// What gets the next token, once and with the client secret.
    pub refresh_token: String,
    /// When the token ends by the sandbox's clock, as GitHub writes it: `2026-01-31T12:00:00Z`.
    pub expires_at: String,
    /// When the refresh token does.
    pub refresh_token_expires_at: String,
}

impl fmt::Debug for ExpiringToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExpiringToken")
            .field("expires_at", &self.expires_at)
            .field("refresh_token_expires_at", &self.refresh_token_expires_at)
            .finish_non_exhaustive()
    }
}

impl GitHub {
    pub(crate) fn new_expiring_token(&mut self, now: Moment) -> ExpiringToken {
        self.new_expiring_tokens(1, now).remove(0)
    }

    /// As from the web flow.
    pub(crate) fn new_expiring_tokens(&mut self, count: usize, now: Moment) -> Vec<ExpiringToken> {
        let lifetimes = self.settings.lifetimes;
        let expires_at = seconds(now + lifetimes.token);
        let refresh_token_expires_at = seconds(now + lifetimes.refresh_token);
        let scopes = example_scopes();
        self.tokens.reserve(count);
        self.refresh_tokens.reserve(count);
        let new = (0..count).map(|_| {
            let issued = self.issue(Arc::clone(&scopes), true, false, now);
            ExpiringToken {
                token: issued.token,
                refresh_token: issued.refresh_token.unwrap_or_default(),
                expires_at: expires_at.clone(),
                refresh_token_expires_at: refresh_token_expires_at.clone(),
            }
        });
        new.collect()
    }
}
