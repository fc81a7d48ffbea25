//! What stops a vault.

use std::error::Error as StdError;
use std::fmt;

use tokenturn::{CallError, Refusal, RotateError};

use crate::app::App;
use crate::change::End;
use crate::entry::Entry;
use crate::tokens::Tokens;

/// Why a store did not do what was asked, and what to do about it. What it was told itself is its
/// source, and not part of its text.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
    id: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreErrorKind {
    Unavailable,
    Taken,
    WrongKey,
    NewerVersion,
    Exposed,
    Damaged,
    NoVault,
    Unsupported,
    Busy,
    Duplicate,
    Invalid,
    Other,
}

impl StoreError {
    pub(crate) fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            id: None,
            source: None,
        }
    }

    pub(crate) fn of_row(kind: StoreErrorKind, id: &str, message: String) -> Self {
        let id = Some(id.to_owned());
        Self {
            id,
            ..Self::new(kind, message)
        }
    }

    pub(crate) fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same, for somebody else who is concerned.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn again(&self) -> Self {
        Self {
            id: self.id.clone(),
            ..Self::new(self.kind, whole(self))
        }
    }

    /// The store cannot be reached or is full, which may pass: it is asked again.
    pub fn unavailable(
        message: impl Into<String>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::new(StoreErrorKind::Unavailable, message).because(source)
    }

    /// There is a row of this name.
    pub fn taken(id: &str) -> Self {
        let message = format!("there is a token named {id:?} already");
        Self::of_row(StoreErrorKind::Taken, id, message)
    }

    /// The row cannot be read.
    pub fn damaged(id: &str) -> Self {
        let message = format!(
            "the row {id:?} cannot be read: it was changed by something else, or is of another \
             vault. Its token may be alive: put it in again if you have it, take it from a backup \
             if it was not replaced since, or let its user authorize the app again"
        );
        Self::of_row(StoreErrorKind::Damaged, id, message)
    }

    /// The token of the row is being replaced by somebody else.
    pub fn busy(id: &str) -> Self {
        let message = format!("the token {id:?} is being replaced just now; try again in a minute");
        Self::of_row(StoreErrorKind::Busy, id, message)
    }

    pub(crate) fn in_doubt(id: &str) -> Self {
        let message = format!(
            "an earlier call may have replaced the token {id:?}, so nothing was sent: `recover` finds out"
        );
        Self::of_row(StoreErrorKind::Busy, id, message)
    }

    /// The new token of the row is one that is known already, so it is not stored.
    pub fn duplicate(id: &str) -> Self {
        let message = format!(
            "the new token of {id:?} is one that another row has or a row has had, or of another user, \
             so it is not stored: find out what answers for the provider"
        );
        Self::of_row(StoreErrorKind::Duplicate, id, message)
    }

    pub(crate) fn of_another_user(id: &str) -> Self {
        let message = format!(
            "the token of {id:?} is said to be of another user, so nothing is noted: find out what \
             answers for the provider"
        );
        Self::of_row(StoreErrorKind::Other, id, message)
    }

    pub(crate) fn of_other_app(id: &str, app: &App) -> Self {
        let message = format!("the token {id:?} is of {app}; remove it first, or use another name");
        Self::of_row(StoreErrorKind::Invalid, id, message)
    }

    pub(crate) fn away() -> Self {
        let message = "the vault was away until the run was stopped";
        Self::new(StoreErrorKind::Unavailable, message)
    }

    pub(crate) fn gone(id: &str) -> Self {
        let message = format!("the row {id:?} was taken out of the vault meanwhile");
        Self::of_row(StoreErrorKind::Other, id, message)
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn no_vault(message: &str) -> Self {
        Self::new(StoreErrorKind::NoVault, message)
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn not_empty() -> Self {
        let message =
            "the vault to copy to is not empty: it has tokens, or has had some; make a new one";
        Self::new(StoreErrorKind::Invalid, message)
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn taken_file(path: &std::path::Path) -> Self {
        let message = format!("{} is there already, and is not replaced", path.display());
        Self::new(StoreErrorKind::Invalid, message)
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn read_only() -> Self {
        Self::unsupported("the vault was opened to read it alone")
    }

    /// The store does not have this.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::new(StoreErrorKind::Unsupported, what)
    }

    /// Something that does not pass by itself.
    pub fn other(
        message: impl Into<String>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::new(StoreErrorKind::Other, message).because(source)
    }

    /// The row that it is about, if it is about one.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether it may pass by itself: the store cannot be reached, or is full.
    pub fn is_unavailable(&self) -> bool {
        self.kind == StoreErrorKind::Unavailable
    }

    /// Whether there is a row of this name already.
    pub fn is_taken(&self) -> bool {
        self.kind == StoreErrorKind::Taken
    }

    /// Whether the token is being replaced just now, or may have been: once that is over, the call can be
    /// made again.
    pub fn is_busy(&self) -> bool {
        self.kind == StoreErrorKind::Busy
    }

    /// Whether the token that was to be stored is not the row's: another row has it or a row has had
    /// it, or it is of another user.
    pub fn is_duplicate(&self) -> bool {
        self.kind == StoreErrorKind::Duplicate
    }

    /// Whether there is no vault: the file or the database has something else, or nothing.
    pub fn is_no_vault(&self) -> bool {
        self.kind == StoreErrorKind::NoVault
    }

    /// Whether the vault is not encrypted with this key.
    pub fn is_wrong_key(&self) -> bool {
        self.kind == StoreErrorKind::WrongKey
    }

    /// Whether the vault was written by a newer tokenturn.
    pub fn is_newer_version(&self) -> bool {
        self.kind == StoreErrorKind::NewerVersion
    }

    /// Whether other users of this host can read the vault or its key.
    pub fn is_exposed(&self) -> bool {
        self.kind == StoreErrorKind::Exposed
    }

    /// Whether a row cannot be read, because it was changed by something else, or was moved: the one of
    /// [`id`](Self::id). Without one, it is the whole store.
    pub fn is_damaged(&self) -> bool {
        self.kind == StoreErrorKind::Damaged
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// What an error says, and what its causes say, in one line.
pub(crate) fn whole(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}

/// Why a vault did not do to a token what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The store could not do it. Nothing was sent.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no row of this name.
    #[error("there is no token named {0:?}")]
    NotFound(String),
    /// The row belongs to another app than the client.
    #[error("the token is of {row}, and the client of {client}")]
    #[non_exhaustive]
    WrongClient {
        /// The app of the client.
        client: String,
        /// The app of the row.
        row: String,
    },
    /// The provider said no. The token is as it was.
    #[error("{0}")]
    Refused(Refusal),
    /// Nothing left this process. The token is as it was.
    #[error(transparent)]
    NotSent(RotateError),
    /// A call was made whose outcome is unknown. The row says so; the next rotation or
    /// [`recover`](crate::Vault::recover) finds out, after a while.
    #[error("the token may have been replaced")]
    Unknown(#[source] RotateError),
    /// A check or a revocation failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The token was replaced, and the new one is lost: its user has to authorize the app again.
    #[error("the new token of {:?} is lost{}: its user has to authorize the app again", .0.id, since(.0))]
    Lost(Box<Entry>),
    /// The provider has no such token any more: its user has to authorize the app again.
    #[error("the token of {:?} is revoked{}: its user has to authorize the app again", .0.id, since(.0))]
    Revoked(Box<Entry>),
    /// The token does not live for as long as it is needed, and cannot be refreshed: its user has to
    /// authorize the app again.
    #[error("the token of {:?} ends{}, and cannot be refreshed{}: its user has to authorize the app again", .0.id, end(.0), since(.0))]
    Ended(Box<Entry>),
    /// The token was replaced, and the store did not take the new one. Put it where it is safe.
    #[error("the token was replaced, and the new one is not stored")]
    #[non_exhaustive]
    NotSaved {
        /// The new secrets.
        tokens: Box<Tokens>,
        /// Why not.
        #[source]
        why: StoreError,
    },
    /// Nobody knows the token yet, as an OhMyGPT user's admin token before the first rotation.
    #[error("the token of {0:?} is not known yet; a rotation issues one")]
    NoToken(String),
    /// The provider has no call for that.
    #[error("{0} has no call for that")]
    Unsupported(crate::Provider),
    /// The runtime ended before the answer came.
    #[error("the runtime ended before the answer came; the token may have been replaced")]
    Abandoned,
}

/// Since when a row is at its end, and why.
fn since(entry: &Entry) -> String {
    let ended = entry.progress.ended;
    ended.map_or_else(String::new, |ended| {
        format!(" since {} ({})", ended.at, ended.why)
    })
}

fn end(entry: &Entry) -> String {
    let end = entry.tokens.expires_at;
    end.map_or_else(String::new, |end| format!(" at {end}"))
}

impl VaultError {
    /// Whether the user of the token has to authorize the app again: nothing else brings a living one.
    pub fn needs_authorization(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Revoked(_) | Self::Ended(_))
    }

    /// The token was replaced by these secrets, and the store did not take them.
    pub fn not_saved(tokens: Tokens, why: StoreError) -> Self {
        let tokens = Box::new(tokens);
        Self::NotSaved { tokens, why }
    }

    /// The row is of one app, and the client of another.
    pub fn wrong_client(row: &App, client: &App) -> Self {
        Self::WrongClient {
            client: client.to_string(),
            row: row.to_string(),
        }
    }

    pub(crate) fn not_found(id: &str) -> Self {
        Self::NotFound(id.to_owned())
    }

    /// What came of a call could not be stored.
    pub(crate) fn unsettled(end: End, why: StoreError) -> Self {
        match end {
            End::Replaced { tokens, .. } => Self::not_saved(tokens, why),
            _ => Self::Store(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn each_cause_is_said_once() {
        let why = || StoreError::unavailable("the vault is away", io::Error::other("cut"));
        assert_eq!(why().to_string(), "the vault is away");
        assert_eq!(whole(&why()), "the vault is away: cut");
        let twice = StoreError::other("line 3", why());
        assert_eq!(whole(&twice), "line 3: the vault is away: cut");
        assert_eq!(
            whole(&VaultError::from(why())),
            "the vault is away: cut",
            "it is the store's own"
        );
        let unsaved = VaultError::not_saved(Tokens::github("t"), why());
        assert_eq!(
            whole(&unsaved),
            "the token was replaced, and the new one is not stored: the vault is away: cut"
        );
    }
}
