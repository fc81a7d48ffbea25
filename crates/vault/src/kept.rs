//! Answers that may have a token in them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tokenturn::RotateError;
use zeroize::Zeroizing;

use crate::change::End;

/// The body of an answer whose outcome is unknown, which may have the new token in it. It is kept
/// with the row until there is a new token.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept(Zeroizing<Vec<u8>>);

impl Kept {
    /// What is worth keeping of a call with an unknown outcome.
    pub(crate) fn of(error: &RotateError) -> Option<Self> {
        match error {
            RotateError::Unknown(unknown) if unknown.may_hold_token() => {
                Some(Self::new(unknown.body()?))
            }
            _ => None,
        }
    }

    /// A token that cannot be stored, in the form of an answer.
    pub(crate) fn of_end(end: &End) -> Option<Self> {
        match end {
            End::Replaced { tokens, .. } => Some(Self::new(tokens.to_json().as_bytes())),
            _ => None,
        }
    }

    /// The body that a store has kept.
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(body.into()))
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.0
    }

    /// The body in base64.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        // What is wrong with it could quote from it.
        let body = STANDARD.decode(text.as_bytes());
        let body = body.map_err(|_| D::Error::custom("not base64"))?;
        Ok(Self::new(body))
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({} bytes)", self.0.len())
    }
}
