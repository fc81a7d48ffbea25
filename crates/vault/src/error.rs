//! What stops a vault.

use std::error::Error as StdError;
use std::fmt;

/// Why a store did not do what was asked, and what to do about it.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
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
    Unsupported,
    Other,
}

impl StoreError {
    pub(crate) fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same, for somebody else who is concerned.
    pub(crate) fn again(&self) -> Self {
        Self::new(self.kind, self.to_string())
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
        Self::new(StoreErrorKind::Taken, message)
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

    /// Whether it may pass by itself: the store cannot be reached, or is full.
    pub fn is_unavailable(&self) -> bool {
        self.kind == StoreErrorKind::Unavailable
    }

    /// Whether there is a row of this name already.
    pub fn is_taken(&self) -> bool {
        self.kind == StoreErrorKind::Taken
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

    /// Whether a row cannot be decrypted: it was changed by something else, or was moved.
    pub fn is_damaged(&self) -> bool {
        self.kind == StoreErrorKind::Damaged
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl StdError for StoreError {}
