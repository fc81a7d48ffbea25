//! One row of a vault.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tokenturn::{Timestamp, normal_base_url};

use crate::app::App;
use crate::ended::Ended;
use crate::error::{StoreError, StoreErrorKind};
use crate::time;
use crate::tokens::Tokens;

/// A clock that was put back by less, in milliseconds, has just been set right.
pub(crate) const SLACK: i64 = 60_000;

/// A count of attempts ends there.
pub(crate) const ATTEMPTS: u32 = i32::MAX as u32;

/// What is longer, in milliseconds, is nonsense: more than a year.
pub(crate) const LONGEST: i64 = 400 * 24 * 60 * 60 * 1000;

/// How long a new token is not handed on when nobody says that it is valid, in milliseconds: longer than it
/// takes to ask.
pub(crate) const UNPROVEN: i64 = 600_000;

/// One row of a vault, as it was read: a token, and what is known about it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The name that the row was put in under.
    pub id: String,
    /// Whose token it is.
    pub app: App,
    /// A word to find rows by.
    pub label: Option<String>,
    /// The secrets.
    pub tokens: Tokens,
    /// How many times the secrets have changed; the first ones are generation 1.
    pub generation: u64,
    /// When the row was put in.
    pub created_at: Timestamp,
    /// When its secrets changed last.
    pub changed_at: Timestamp,
    /// How far a rotation of it has come.
    pub progress: Progress,
}

/// How things stand with a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum State {
    /// It is in use.
    #[default]
    Active,
    /// Somebody replaces it just now, or died while doing so.
    Rotating,
    /// A call was made that may have replaced it.
    Unknown,
    /// It was replaced, and the new one is lost, or the provider says that it is not valid: its user
    /// has to authorize the app again.
    Lost,
    /// The provider said that it is no valid token, or it was revoked on demand.
    Revoked,
}

/// What a store keeps for the protocol of rotations. Only [`Change`](crate::Change) changes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Progress {
    /// How things stand.
    pub state: State,
    /// It grows with every claim, and when a claim cannot be relied on any more, so that a late
    /// owner is noticed.
    pub fence: u64,
    /// Who claimed it last.
    pub owner: Option<String>,
    /// In milliseconds since 1970: until then the claim holds, or an unknown outcome is left alone.
    pub until: i64,
    /// How long `until` was ahead when it was set, in milliseconds. A clock that was put back since
    /// shows by a larger distance.
    pub span: i64,
    /// The last fleet run that is through with it.
    pub run: u64,
    /// How many outcomes in a row were unknown.
    pub doubts: u32,
    /// Whether the token still has to be handed on.
    pub undelivered: bool,
    /// Whether what comes of the call under way, or of one in doubt, is to be handed on.
    pub deliver: bool,
    /// How handing the token on goes.
    pub delivery: Delivery,
    /// Why its user has to authorize the app again, and since when: of a token that is lost or revoked. Of an
    /// active one, that it cannot be refreshed, or may have been revoked; of an unknown one, that it was found
    /// to be invalid.
    pub ended: Option<Ended>,
}

/// How handing a token on goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Delivery {
    /// It grows with every attempt, so that one that comes late is noticed.
    pub fence: u64,
    /// In milliseconds since 1970: until then an attempt has the row to itself, or the row is left
    /// alone after one that failed.
    pub until: i64,
    /// How long `until` was ahead when it was set, in milliseconds.
    pub span: i64,
    /// How many attempts have failed with the token that the row has.
    pub attempts: u32,
    /// Why the last of them failed.
    pub error: Option<String>,
    /// In milliseconds since 1970: until then it is not handed on, because it is to be shown first that
    /// it is valid. At most ten minutes ahead.
    pub unproven_until: i64,
}

impl Entry {
    /// A row that is not stored yet. The base URL of its app gets the form that a client's has. With
    /// answers that may have the new token in them, it is in doubt.
    pub fn new(id: impl Into<String>, mut app: App, tokens: Tokens) -> Self {
        let now = time::now();
        app.server = normal_base_url(&app.server);
        let mut progress = Progress::default();
        if !tokens.kept.is_empty() {
            progress.state = State::Unknown;
        }
        Self {
            id: id.into(),
            app,
            label: None,
            tokens,
            generation: 1,
            created_at: now,
            changed_at: now,
            progress,
        }
    }

    /// A word to find it by.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Refuses a name that not every store can keep, and what no provider can be called with.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        const LONGEST: usize = 1024;
        let invalid = |message| {
            Err(StoreError::of_row(
                StoreErrorKind::Invalid,
                &self.id,
                message,
            ))
        };
        if self.id.len() > LONGEST || self.id.contains('\0') {
            let start: String = self.id.chars().take(40).collect();
            return invalid(format!(
                "{start:?} is no name for a token: it is longer than {LONGEST} bytes, or has a NUL in it"
            ));
        }
        if !self.tokens.are_sendable() {
            let id = &self.id;
            return invalid(format!(
                "the token {id:?} is none: tokens are printable ASCII without spaces"
            ));
        }
        Ok(())
    }

    /// Whether it has got other secrets since then, by the time in milliseconds since 1970, and nothing
    /// about them is in doubt. What was changed by a clock that was ahead has not.
    pub(crate) fn has_changed_since(&self, time: Timestamp, now: i64) -> bool {
        let changed_at = time::to_millis(self.changed_at);
        self.state() == State::Active && changed_at > time::to_millis(time) && changed_at <= now
    }

    /// How things stand with the token.
    pub fn state(&self) -> State {
        self.progress.state
    }
}

impl Progress {
    /// Whether nobody else is at it: a claim has run out, or an unknown outcome was left alone for
    /// long enough.
    pub(crate) fn is_over(&self, now: i64) -> bool {
        is_over(self.until, self.span, now)
    }
}

impl Delivery {
    /// Whether nobody else is at it, and the last attempt is long enough ago.
    pub(crate) fn is_over(&self, now: i64) -> bool {
        is_over(self.until, self.span, now) && is_over(self.unproven_until, UNPROVEN, now)
    }
}

fn is_over(until: i64, span: i64, now: i64) -> bool {
    let longest = now.saturating_add(span.min(LONGEST));
    until <= now || until > longest.saturating_add(SLACK)
}

impl State {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Active,
        Self::Rotating,
        Self::Unknown,
        Self::Lost,
        Self::Revoked,
    ];

    /// The state as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Rotating => "rotating",
            Self::Unknown => "unknown",
            Self::Lost => "lost",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is the word for no state.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not a state; it is one of active, rotating, unknown, lost, revoked")]
pub struct NotAState;

impl FromStr for State {
    type Err = NotAState;

    fn from_str(word: &str) -> Result<Self, NotAState> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == word);
        found.ok_or(NotAState)
    }
}
