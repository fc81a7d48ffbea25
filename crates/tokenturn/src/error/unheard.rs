//! What nobody heard of.

use std::error::Error;
use std::fmt;

use tokenturn_client::Fingerprint;

use super::{NotSaved, RotateError, Unknown};

/// What became of a call whose caller had gone, where somebody has to do something about it.
///
/// Neither `Display` nor `Debug`, nor any source, shows a body or a token.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unheard {
    /// The token was replaced, and the sink did not save the new one, which is in here. Put
    /// [`NotSaved::token`] and [`NotSaved::refresh_token`] where they are safe.
    NotSaved(NotSaved),
    /// The outcome did not arrive: the token may have been replaced. Keep the old one and what is
    /// in here, and call [`recover`](crate::recover()).
    #[non_exhaustive]
    Unknown {
        /// Names the token that the call was made with, as [`Secret::fingerprint`] does. `None` for
        /// a call that [`obtain`](crate::obtain) made, which does not know it.
        ///
        /// [`Secret::fingerprint`]: crate::Secret::fingerprint
        old: Option<Fingerprint>,
        /// What is known: status, body and the provider's name for the call, where there are any.
        unknown: Unknown,
    },
}

impl Unheard {
    /// A call with the token of this fingerprint, if any, has come to an unknown outcome.
    pub fn unknown(old: Option<Fingerprint>, unknown: Unknown) -> Self {
        Self::Unknown { old, unknown }
    }
}

impl fmt::Display for Unheard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSaved(unsaved) => unsaved.fmt(f),
            Self::Unknown { old, unknown } => {
                match old {
                    Some(old) => write!(
                        f,
                        "the token {old} may have been replaced; keep it, and call recover: "
                    ),
                    None => f.write_str(
                        "there may be a new token; refresh again, or ask its user to authorize the \
                         app again: ",
                    ),
                }?;
                unknown.fmt(f)
            }
        }
    }
}

impl Error for Unheard {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotSaved(unsaved) => unsaved.source(),
            Self::Unknown { unknown, .. } => unknown.source(),
        }
    }
}

/// What the caller would have heard.
impl From<Unheard> for RotateError {
    fn from(unheard: Unheard) -> Self {
        match unheard {
            Unheard::NotSaved(unsaved) => Self::NotSaved(unsaved),
            Unheard::Unknown { unknown, .. } => Self::Unknown(unknown),
        }
    }
}
