//! All that is in a vault, on its way to another one: encrypted, in a file when it is much.

use std::io::{BufReader, BufWriter, Seek};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tempfile::SpooledTempFile;

use super::spool::{IN_MEMORY, cannot_read, cannot_write, next, push};
use super::{COLUMNS, Columns, EVENT_VALUES, Value, damaged, read, type_of};
use crate::entry::State;
use crate::error::StoreError;
use crate::seal::Sealer;
use crate::vault::Copied;

/// Where the secrets of a row and its state stand among its columns.
const SEALED: usize = 5;
const STATE: usize = 9;
/// And until when it is to be refreshed; 0 where that was not noted.
const REFRESH_BY: usize = 25;

/// The tables of a vault, but for those that say of which version it is and what its key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Table {
    Token,
    Event,
    Run,
    Pace,
}

impl Table {
    pub(crate) const ALL: [Self; 4] = [Self::Token, Self::Event, Self::Run, Self::Pace];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Event => "event",
            Self::Run => "run",
            Self::Pace => "pace",
        }
    }

    /// Those that are copied: the numbers of events are given anew, in their order.
    pub(crate) fn columns(self) -> &'static str {
        match self {
            Self::Token => COLUMNS,
            Self::Event => EVENT_VALUES,
            Self::Run => "number, filter, began_at, ended_at",
            Self::Pace => "app, next, written",
        }
    }

    /// Selects all rows; `tokens` are the columns of a token, as far as the vault has them.
    pub(crate) fn select(self, schema: &str, tokens: &str) -> String {
        let (columns, order) = match self {
            Self::Token => (tokens, ""),
            Self::Event => (EVENT_VALUES, " ORDER BY number"),
            // There is no NULL among numbers.
            Self::Run => ("number, filter, began_at, COALESCE(ended_at, -1)", ""),
            Self::Pace => (self.columns(), ""),
        };
        format!("SELECT {columns} FROM {schema}{}{order}", self.name())
    }

    /// What is put into a column, where the value is given by this expression.
    pub(crate) fn put(column: &str, value: &str) -> String {
        match column {
            "ended_at" => format!("NULLIF({value}, -1)"),
            _ => value.to_owned(),
        }
    }
}

/// All that was in a vault at one moment.
pub(crate) struct Dump {
    file: BufReader<SpooledTempFile>,
    /// What the secrets are encrypted with.
    pub(crate) sealer: Arc<Sealer>,
    /// The probe of the vault.
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(dead_code, reason = "backups are in SQLite")
    )]
    pub(crate) probe: Vec<u8>,
}

/// A dump that is being written.
pub(crate) struct Dumping(BufWriter<SpooledTempFile>);

#[derive(Serialize, Deserialize)]
struct Line(Table, Vec<Value>);

impl Dump {
    pub(crate) fn begin() -> Dumping {
        Dumping(BufWriter::new(SpooledTempFile::new(IN_MEMORY)))
    }

    /// From the first row on, again.
    pub(crate) fn rewind(&mut self) -> Result<(), StoreError> {
        self.file.rewind().map_err(cannot_read)
    }

    /// The next row of a table, encrypted for another vault, or as it is without one. What cannot be
    /// read is not encrypted anew, but counted.
    pub(crate) fn next(
        &mut self,
        seal: Option<&Sealer>,
        copied: &mut Copied,
    ) -> Result<Option<(Table, Vec<Value>)>, StoreError> {
        while let Some(Line(table, mut values)) = next(&mut self.file)? {
            if table == Table::Token {
                if values.int(REFRESH_BY)? == 0
                    && let Ok(entry) = read(&values, &self.sealer)?.entry()
                {
                    values[REFRESH_BY] = Value::Int(entry.refresh_by());
                }
                if let Some(seal) = seal {
                    match read(&values, &self.sealer)?.entry() {
                        Ok(entry) => values[SEALED] = Value::Bytes(seal.seal(&entry)?),
                        Err(damage) => {
                            copied.damaged.extend(damage.id().map(str::to_owned));
                            continue;
                        }
                    }
                }
                copied.rows += 1;
                let is_rotating = values.text(STATE)?.as_deref() == Some(State::Rotating.as_str());
                copied.rotating += u64::from(is_rotating);
            }
            if seal.is_some() {
                values.iter_mut().for_each(without_nul);
            }
            return Ok(Some((table, values)));
        }
        Ok(None)
    }
}

/// PostgreSQL takes no text with a NUL. Of what counts, none has one.
fn without_nul(value: &mut Value) {
    if let Value::Text(Some(text)) = value
        && text.contains('\0')
    {
        *text = text.replace('\0', "\u{FFFD}");
    }
}

impl Dumping {
    pub(crate) fn add(&mut self, table: Table, row: &impl Columns) -> Result<(), StoreError> {
        let columns = table.columns().split(", ").enumerate();
        let values = columns.map(|(number, column)| {
            Ok(match type_of(column) {
                "bytea" => Value::Bytes(row.bytes(number)?),
                _ if column == "id" => Value::Id(row.id(number)?),
                "text" => Value::Text(row.text(number)?),
                _ => Value::Int(row.int(number)?),
            })
        });
        let values = values.collect::<Result<_, StoreError>>()?;
        push(&mut self.0, &Line(table, values))
    }

    pub(crate) fn finish(self, sealer: &Arc<Sealer>, probe: Vec<u8>) -> Result<Dump, StoreError> {
        let file = self.0.into_inner();
        let file = file.map_err(|error| cannot_write(error.into_error()))?;
        Ok(Dump {
            file: BufReader::new(file),
            sealer: Arc::clone(sealer),
            probe,
        })
    }
}

impl Columns for Vec<Value> {
    fn int(&self, column: usize) -> Result<i64, StoreError> {
        match self.get(column) {
            Some(Value::Int(number)) => Ok(*number),
            _ => Err(damaged("no number")),
        }
    }

    fn id(&self, column: usize) -> Result<String, StoreError> {
        match self.get(column) {
            Some(Value::Id(id)) => Ok(id.clone()),
            _ => Err(damaged("no name")),
        }
    }

    fn text(&self, column: usize) -> Result<Option<String>, StoreError> {
        match self.get(column) {
            Some(Value::Text(text)) => Ok(text.clone()),
            _ => Err(damaged("no text")),
        }
    }

    fn bytes(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        match self.get(column) {
            Some(Value::Bytes(bytes)) => Ok(bytes.clone()),
            _ => Err(damaged("no bytes")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;

    #[test]
    fn no_text_has_a_nul_in_another_vault() {
        let word = |text: &str| Value::Text(Some(text.to_owned()));
        let event = vec![
            Value::id("a"),
            Value::Int(0),
            word("actor"),
            word("put"),
            Value::Int(1),
            Value::Text(None),
            Value::Text(None),
            word("a\0b"),
            Value::Text(None),
        ];
        let mut dumping = Dump::begin();
        dumping.add(Table::Event, &event).unwrap();
        let sealer = Arc::new(Sealer::new(&Key::generate().unwrap()));
        let mut dump = dumping.finish(&sealer, Vec::new()).unwrap();
        for (seal, reason) in [(None, "a\0b"), (Some(&*sealer), "a\u{FFFD}b")] {
            dump.rewind().unwrap();
            let next = dump.next(seal, &mut Copied::default()).unwrap();
            let (_, values) = next.unwrap();
            assert_eq!(values[7], word(reason));
        }
    }
}
