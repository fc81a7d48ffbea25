//! Exit codes with a meaning of their own, on the way to the end of the program.

use std::fmt;

use anyhow::Error;
use tokenturn_vault::StoreError;

/// How a command on a vault ends when something is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// A token is dead.
    Dead = 1,
    /// Bad input, and nothing has changed.
    BadInput = 2,
    /// The vault is not there just now; again later.
    NotDone = 4,
    /// Rows cannot be read.
    Damaged = 7,
    /// No token is meant.
    NoToken = 8,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// An error that ends the program so.
    pub(crate) fn because(self, why: impl Into<String>) -> Error {
        let why = why.into();
        Ending { exit: self, why }.into()
    }

    pub(crate) fn of(error: &Error) -> Self {
        if let Some(ending) = error.chain().find_map(|e| e.downcast_ref::<Ending>()) {
            return ending.exit;
        }
        let is = |holds: fn(&StoreError) -> bool| {
            let mut chain = error.chain();
            chain.any(|e| e.downcast_ref().is_some_and(holds))
        };
        match () {
            () if is(StoreError::is_unavailable) => Self::NotDone,
            () if is(|e| e.is_damaged() && e.id().is_some()) => Self::Damaged,
            () => Self::BadInput,
        }
    }
}

/// An error with an exit code of its own.
#[derive(Debug)]
struct Ending {
    exit: Exit,
    why: String,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Ending {}
