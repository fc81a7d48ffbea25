//! A replaced token.

use std::fmt;

use tokenturn_client::{Secret, Timestamp};

use crate::answered::Deprecation;
use crate::rate_limit::RateLimit;

/// A new token, and the old one, if there was one, is dead. Save it before anything else, with its
/// refresh token.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "the new token is in it, and the provider will not print it again"]
pub struct Rotated<D> {
    /// The new token.
    pub token: Secret,
    /// When it dies, where the provider says so.
    pub expires_at: Option<Timestamp>,
    /// What it can be replaced with when it has died, where it came with one.
    pub refresh_token: Option<Secret>,
    /// When the refresh token dies, where the provider says so.
    pub refresh_token_expires_at: Option<Timestamp>,
    /// When the provider answered, by its own clock, from which the lifetimes are counted; by this host's
    /// where the answer has no date.
    pub answered_at: Option<Timestamp>,
    /// What else the provider said, or `None` when only the token could be read.
    pub details: Option<Box<D>>,
    /// Whether the token is the one that the provider meant to send.
    pub receipt: Receipt,
    /// The HTTP status.
    pub status: u16,
    /// The provider's name for the call, for its support.
    pub request_id: Option<String>,
    /// How many more calls the provider takes, where it says so.
    pub rate_limit: Option<RateLimit>,
    /// That what was called will be gone, where the provider says so.
    pub deprecation: Option<Box<Deprecation>>,
}

impl<D> Rotated<D> {
    /// The same, without what only this provider says.
    pub fn without_details(&self) -> Rotated<()> {
        Rotated {
            token: self.token.clone(),
            expires_at: self.expires_at,
            refresh_token: self.refresh_token.clone(),
            refresh_token_expires_at: self.refresh_token_expires_at,
            answered_at: self.answered_at,
            details: None,
            receipt: self.receipt,
            status: self.status,
            request_id: self.request_id.clone(),
            rate_limit: self.rate_limit,
            deprecation: self.deprecation.clone(),
        }
    }

    /// A token about which nothing else is known, for the test of a sink or a provider of one's
    /// own.
    pub fn new(token: impl Into<Secret>) -> Self {
        Self {
            token: token.into(),
            expires_at: None,
            refresh_token: None,
            refresh_token_expires_at: None,
            answered_at: None,
            details: None,
            receipt: Receipt::Absent,
            status: 200,
            request_id: None,
            rate_limit: None,
            deprecation: None,
        }
    }
}

/// What became of a call whose outcome was unknown.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "there may be a new token in it"]
pub enum Recovery<D> {
    /// The old token works, so it was not replaced. The call may be sent again.
    ///
    /// This is how things stand now: a call that ran into a timeout may still be on its way. GitHub
    /// gives up on a call after 10 seconds, so ask no earlier than that after it was sent.
    NotReplaced,
    /// The token was replaced, and the new one is lost: the provider will not print it again. Its
    /// user has to authorize the app again.
    Lost {
        /// The provider's name for the call that told so, for its support.
        request_id: Option<String>,
    },
    /// The token was replaced once more, and this is the new one.
    Rotated(Rotated<D>),
}

/// Whether the provider's hash of the new token and its last eight characters match the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// They match.
    Verified,
    /// They do not. The token may work all the same: check it.
    Mismatch,
    /// The provider sent neither.
    Absent,
}

impl Receipt {
    /// Compares `token` with what the provider said about it, and tells whether the hash alone fits.
    pub(crate) fn of(
        token: &Secret,
        hashed: Option<&str>,
        last_eight: Option<&str>,
    ) -> (Self, bool) {
        let hash_matches = hashed.map(|hash| hash == token.fingerprint().to_string());
        let end_matches = last_eight.map(|end| end.len() == 8 && token.expose().ends_with(end));
        let receipt = match (hash_matches, end_matches) {
            (None, None) => Self::Absent,
            (Some(false), _) | (_, Some(false)) => Self::Mismatch,
            _ => Self::Verified,
        };
        (receipt, hash_matches == Some(true))
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Verified => "verified",
            Self::Mismatch => "mismatch",
            Self::Absent => "absent",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_needs_all_that_is_there_to_match() {
        const HASH: &str = "25f94a2a5c7fbaf499c665bc73d67c1c87e496da8985131633ee0a95819db2e8";
        let token = Secret::new("abcdefgh12345678");
        for (hashed, last_eight, receipt) in [
            (None, None, Receipt::Absent),
            (Some(HASH), None, Receipt::Verified),
            (None, Some("12345678"), Receipt::Verified),
            (Some(HASH), Some("12345678"), Receipt::Verified),
            (Some(HASH), Some("87654321"), Receipt::Mismatch),
            (Some("25f9"), Some("12345678"), Receipt::Mismatch),
            (None, Some("5678"), Receipt::Mismatch),
            (Some(""), None, Receipt::Mismatch),
        ] {
            assert_eq!(
                Receipt::of(&token, hashed, last_eight),
                (receipt, hashed == Some(HASH)),
                "{hashed:?} {last_eight:?}"
            );
        }
    }

    #[test]
    fn a_receipt_is_a_word() {
        let words = [Receipt::Verified, Receipt::Mismatch, Receipt::Absent];
        let words = words.map(|receipt| receipt.to_string());
        assert_eq!(words, ["verified", "mismatch", "absent"]);
    }
}
