//! Rows that cannot be read: the others are dealt with, and these named.

use std::io::{self, Write};

use anyhow::Result;
use tokenturn_vault::{Entry, StoreError};

use crate::exit::Exit;

/// The rows of a vault that could not be read.
#[derive(Debug, Default)]
pub(super) struct Damage {
    rows: u64,
}

impl Damage {
    /// The row, unless it cannot be read: then it is named.
    pub(super) fn pass(
        &mut self,
        row: Result<Entry, StoreError>,
    ) -> Result<Option<Entry>, StoreError> {
        match row {
            Ok(entry) => Ok(Some(entry)),
            Err(why) => match why.id().filter(|_| why.is_damaged()) {
                Some(id) => {
                    self.add(id);
                    Ok(None)
                }
                None => Err(why),
            },
        }
    }

    pub(super) fn add(&mut self, id: &str) {
        self.rows += 1;
        // Not `eprintln!`, which panics when nobody reads it.
        let _ = writeln!(io::stderr(), "damaged: {id:?} cannot be read");
    }

    pub(super) fn is_none(&self) -> bool {
        self.rows == 0
    }

    /// What the program ends with when there is any.
    pub(super) fn end(&self) -> Result<()> {
        let rows = match self.rows {
            0 => return Ok(()),
            1 => "1 row".to_owned(),
            rows => format!("{rows} rows"),
        };
        Err(Exit::Damaged.because(format!(
            "{rows} of the vault could not be read: changed by something else, or of another vault. The \
             others are dealt with. Put these tokens in again if you have them, take them from a \
             backup if they were not replaced since, or let their users authorize the app again"
        )))
    }
}
