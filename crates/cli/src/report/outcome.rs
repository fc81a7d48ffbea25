//! What can come of a command, in one word.

use serde::Serialize;

use crate::exit::Exit;

/// What happened, in the words of `--json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Issued,
    Rotated,
    /// The new token was in an answer that was kept.
    Recovered,
    /// Somebody else has replaced the token, and what they got is saved.
    Adopted,
    Valid,
    Invalid,
    Deleted,
    AlreadyGone,
    /// GitHub has taken the list, and does not say what was valid in it.
    Accepted,
    NotReplaced,
    Lost,
    /// The answer has the token that was to be replaced.
    Unchanged,
    BadInput,
    Refused,
    NotSent,
    Unknown,
    StillUnknown,
    NotSaved,
}

impl Outcome {
    pub(super) fn exit(self) -> Exit {
        match self {
            Self::Issued
            | Self::Rotated
            | Self::Recovered
            | Self::Adopted
            | Self::Valid
            | Self::Deleted
            | Self::AlreadyGone
            | Self::Accepted
            | Self::NotReplaced => Exit::Done,
            Self::Invalid | Self::Lost => Exit::Dead,
            Self::BadInput => Exit::BadInput,
            Self::Refused => Exit::Refused,
            Self::NotSent => Exit::NotDone,
            Self::Unknown | Self::StillUnknown | Self::Unchanged => Exit::Unknown,
            Self::NotSaved => Exit::Rescued,
        }
    }

    /// Whether it is an answer to what was asked, if not always the one that was hoped for.
    pub(super) fn is_answer(self) -> bool {
        matches!(self.exit(), Exit::Done | Exit::Dead)
    }
}
