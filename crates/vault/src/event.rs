//! What has happened to a row.

use std::fmt;

use serde::{Deserialize, Serialize};
use tokenturn::{Fingerprint, Timestamp};

use crate::entry::Entry;

/// One thing that has happened to a row. There is no secret in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// The name of the row.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Who: the [actor](crate::VaultBuilder::actor) of the vault that did it.
    pub actor: String,
    /// What.
    pub what: What,
    /// The generation of the secrets after it.
    pub generation: u64,
    /// The fingerprint of the token before it, 64 hexadecimal digits.
    #[serde(rename = "old_fingerprint")]
    pub old: Option<String>,
    /// The fingerprint of the token that came by it.
    #[serde(rename = "new_fingerprint")]
    pub new: Option<String>,
    /// Why the provider said no, as one word.
    pub reason: Option<String>,
    /// The provider's name for the call, for its support.
    pub request_id: Option<String>,
}

/// What has happened to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// It was put in, or given other secrets.
    Put,
    /// Its token was replaced.
    Replaced,
    /// The provider refused to replace it.
    Refused,
    /// The provider said that it is no valid token.
    Invalid,
    /// A call was made whose outcome is unknown.
    Unknown,
    /// A call whose outcome was unknown was found not to have replaced it.
    NotReplaced,
    /// The new token was found to be lost.
    Lost,
    /// A token came late, when a newer one was stored already, and was not stored.
    Superseded,
    /// It was revoked on demand.
    Revoked,
    /// It was found to be valid after all.
    Restored,
    /// It was handed on.
    Delivered,
    /// It was found to be unreadable.
    Damaged,
    /// It was taken out of the vault.
    Removed,
    /// What is written of it makes no sense.
    Unreadable,
}

impl Event {
    /// What a store notes about a row that it has put in.
    pub fn put(entry: &Entry, actor: &str) -> Self {
        Self {
            id: entry.id.clone(),
            at: entry.changed_at,
            actor: actor.to_owned(),
            what: What::Put,
            generation: entry.generation,
            old: None,
            new: name(entry.tokens.fingerprint()),
            reason: None,
            request_id: None,
        }
    }
}

impl What {
    /// It as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Replaced => "replaced",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
            Self::Unknown => "unknown",
            Self::NotReplaced => "not_replaced",
            Self::Lost => "lost",
            Self::Superseded => "superseded",
            Self::Revoked => "revoked",
            Self::Restored => "restored",
            Self::Delivered => "delivered",
            Self::Damaged => "damaged",
            Self::Removed => "removed",
            Self::Unreadable => "unreadable",
        }
    }

    /// What the word of [`as_str`](Self::as_str) stands for, of those that are written down.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::Put,
            Self::Replaced,
            Self::Refused,
            Self::Invalid,
            Self::Unknown,
            Self::NotReplaced,
            Self::Lost,
            Self::Superseded,
            Self::Revoked,
            Self::Restored,
            Self::Delivered,
            Self::Damaged,
            Self::Removed,
        ]
        .into_iter()
        .find(|what| what.as_str() == word)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

pub(crate) fn name(fingerprint: Option<Fingerprint>) -> Option<String> {
    fingerprint.map(|fingerprint| fingerprint.to_string())
}
