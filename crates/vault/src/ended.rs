//! Why a user has to authorize an app again.

use std::fmt;

use serde::{Deserialize, Serialize};
use tokenturn::Timestamp;

/// Why a token is at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ended {
    /// Since when, by the store's clock.
    pub at: Timestamp,
    /// Why.
    pub why: Why,
}

/// Why a token is at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Why {
    /// The provider said that it is no valid token.
    InvalidToken,
    /// The provider said that its refresh token is no valid one.
    InvalidRefreshToken,
    /// It expired, and there is no refresh token.
    Expired,
    /// It was replaced, and the answer with the new one is lost.
    AnswerLost,
    /// It was revoked on demand.
    Revoked,
}

impl Why {
    const ALL: [Self; 5] = [
        Self::InvalidToken,
        Self::InvalidRefreshToken,
        Self::Expired,
        Self::AnswerLost,
        Self::Revoked,
    ];

    /// It as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidToken => "invalid_token",
            Self::InvalidRefreshToken => "invalid_refresh_token",
            Self::Expired => "expired",
            Self::AnswerLost => "answer_lost",
            Self::Revoked => "revoked",
        }
    }

    /// What the word of [`as_str`](Self::as_str) stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.as_str() == word)
    }
}

/// In words for people.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::InvalidToken => "the provider says that it is not valid",
            Self::InvalidRefreshToken => "the provider says that its refresh token is not valid",
            Self::Expired => "it has expired, and there is no refresh token",
            Self::AnswerLost => "it was replaced, and the answer with the new one is lost",
            Self::Revoked => "it was revoked on demand",
        })
    }
}
