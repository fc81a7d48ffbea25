//! How long tokens live, and what comes after them.

use std::time::Duration;

use tokenturn::{Rotated, Secret, Timestamp};

use crate::client::Client;
use crate::ended::Why;
use crate::entry::{Entry, State};
use crate::time;
use crate::tokens::{Tokens, is_sendable};

/// Until when a row is to be refreshed that never is to be: later than whatever is counted with. An index
/// leaves those out.
pub(crate) const NEVER: i64 = i64::MAX / 4;
/// A token that can be refreshed, and of which nobody has said when it ends: later than any moment.
const NOT_KNOWN: i64 = 253_402_300_800_000;

impl Tokens {
    /// What a sign-in at a provider has brought, with the times of its answer. `clock` is what the store's
    /// clock says, in milliseconds since 1970.
    pub(crate) fn issued<D>(client: &Client, new: &Rotated<D>, clock: i64) -> Self {
        let mut tokens = match client.calls.can_repeat() {
            true => Self::ohmygpt(new.token.clone(), None),
            false => Self::new(new.token.clone()),
        };
        tokens.refresh_token.clone_from(&new.refresh_token);
        tokens.refresh_token_expires_at = new.refresh_token_expires_at;
        tokens.dated(new, clock)
    }

    /// What a rotation makes of them.
    ///
    /// A refresh token that the answer does not speak of is kept: whether it outlives a reset is not
    /// documented, and a refresh leaves it in force then (RFC 6749, section 6). So it is where the answer has
    /// none that a provider can be called with.
    pub(crate) fn replaced<D>(&self, new: &Rotated<D>, clock: i64) -> Self {
        let mut tokens = self.clone();
        tokens.kept = Vec::new();
        tokens.token = Some(new.token.clone());
        if let Some(refresh_token) = new.refresh_token.as_ref().filter(|new| is_sendable(new)) {
            tokens.refresh_token = Some(refresh_token.clone());
            tokens.refresh_token_expires_at = new.refresh_token_expires_at;
        }
        tokens.dated(new, clock)
    }

    /// The same by a refresh, which says how long the new token lives. Where it does not, the one before tells.
    pub(crate) fn refreshed<D>(&self, new: &Rotated<D>, clock: i64) -> Self {
        let mut tokens = self.replaced(new, clock);
        let life = *tokens.lifetime.get_or_insert(0);
        if let (None, Some(answered_at), 1..) = (new.expires_at, new.answered_at, life) {
            let life = time::millis(Duration::from_secs(life));
            let end = time::to_millis(answered_at).saturating_add(life);
            tokens.expires_at = Some(time::from_millis(end));
        } else {
            tokens.expires_at = new.expires_at;
        }
        tokens
    }

    fn dated<D>(mut self, new: &Rotated<D>, clock: i64) -> Self {
        // A reset leaves the end as it is, also where its answer does not tell.
        let stays = self.expires_at.filter(|_| self.refresh_token.is_some());
        self.expires_at = new.expires_at.or(stays);
        let Some(answered_at) = new.answered_at.map(time::to_millis) else {
            return self;
        };
        self.clock_ahead = answered_at.saturating_sub(clock);
        if let Some(end) = new.expires_at {
            let life = time::to_millis(end).saturating_sub(answered_at);
            self.lifetime = u64::try_from(life / 1000).ok();
        }
        self
    }

    /// A moment by the provider's clock, in milliseconds since 1970 by the store's.
    fn by_store(&self, moment: Timestamp) -> i64 {
        time::to_millis(moment).saturating_sub(self.clock_ahead)
    }

    /// When the token ends, in milliseconds since 1970 by the store's clock, as far as that is known. A
    /// token that can be refreshed ends: one that came from elsewhere may have done so long ago.
    pub(crate) fn ends_at(&self) -> i64 {
        match self.expires_at {
            Some(end) => self.by_store(end),
            None if self.refresh_token.is_some() && self.lifetime.is_none() => 0,
            None => NOT_KNOWN,
        }
    }

    /// Whether the token is past its end, as far as is known.
    pub(crate) fn have_ended(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|end| self.by_store(end) <= now)
    }

    /// Until when the token lives for so long from then on, in milliseconds since 1970 by the store's clock.
    /// One whose whole life is not longer does in the first half of it.
    pub(crate) fn fresh_until(&self, fresh_for: Duration) -> i64 {
        let life = self.lifetime.map(Duration::from_secs);
        let short = life.filter(|life| *life <= fresh_for);
        let needed = short.map_or(fresh_for, |life| life / 2);
        self.ends_at().saturating_sub(time::millis(needed))
    }
}

impl Entry {
    /// What its token can be refreshed with, as far as is known.
    pub(crate) fn refreshes_with(&self) -> Option<&Secret> {
        let is_dead = matches!(self.state(), State::Lost | State::Revoked);
        let may_be = !self.tokens.can_repeat() && !is_dead;
        let has_none = self.progress.ended.is_some() && !self.is_found_dead();
        let token = self.tokens.refresh_token.as_ref();
        token.filter(|_| may_be && !has_none)
    }

    /// Whether a check has found the token dead, and nobody has tried to refresh it since.
    pub(crate) fn is_found_dead(&self) -> bool {
        let in_doubt = matches!(self.state(), State::Unknown | State::Rotating);
        let why = self.progress.ended.map(|ended| ended.why);
        in_doubt && why == Some(Why::InvalidToken)
    }

    /// Whether it was to be made invalid, and nobody knows whether it is.
    pub(crate) fn is_to_end(&self) -> bool {
        let why = self.progress.ended.map(|ended| ended.why);
        self.state() == State::Active && why == Some(Why::Revoked)
    }

    /// Whether an earlier version has taken it for dead, which did not know what to do with its refresh token.
    pub(crate) fn may_be_refreshed_once(&self) -> bool {
        let is_dead = matches!(self.state(), State::Lost | State::Revoked);
        let is_known = self.progress.ended.is_some() || self.tokens.refresh_token.is_none();
        is_dead && !is_known && !self.tokens.can_repeat()
    }

    /// Until when it is to be refreshed, in milliseconds since 1970 by the store's clock.
    pub(crate) fn refresh_by(&self) -> i64 {
        match self.refreshes_with() {
            Some(_) => {
                let end = self.tokens.refresh_token_expires_at;
                let end = end.map_or(NOT_KNOWN, |end| self.tokens.by_store(end));
                end.min(self.tokens.ends_at())
            }
            None => NEVER,
        }
    }
}
