//! Rows on their way into a store: encrypted, and in a file when they are many, so that they are
//! written to the store in one go, however slowly they come.

use std::future::poll_fn;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tempfile::SpooledTempFile;
use tokio::task::spawn_blocking;

use super::Value;
use crate::entry::Entry;
use crate::error::StoreError;
use crate::event::Event;
use crate::seal::Sealer;
use crate::store::Entries;

/// So much stays in memory.
pub(super) const IN_MEMORY: usize = 1 << 20;
/// How many rows are handed over at once.
const CHUNK: usize = 256;
/// Where the times stand in [`COLUMNS`](super::COLUMNS) and [`EVENT_COLUMNS`](super::EVENT_COLUMNS)
/// (which begin with the number).
const TIMES: [usize; 2] = [7, 8];
const EVENT_TIME: usize = 1;

/// All rows of an import.
pub(crate) struct Spool {
    file: BufReader<SpooledTempFile>,
}

/// One of them: the values of both tables.
#[derive(Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) row: Vec<Value>,
    pub(crate) event: Vec<Value>,
}

impl Spool {
    /// Takes all rows, or fails with the first one that is none.
    pub(crate) async fn fill(
        mut entries: Entries<'_>,
        sealer: &Arc<Sealer>,
        actor: &str,
    ) -> Result<Self, StoreError> {
        let mut file = SpooledTempFile::new(IN_MEMORY);
        loop {
            let mut chunk = Vec::with_capacity(CHUNK);
            while chunk.len() < CHUNK
                && let Some(entry) = poll_fn(|context| entries.as_mut().poll_next(context)).await
            {
                chunk.push(entry?);
            }
            if chunk.is_empty() {
                break;
            }
            let (sealer, actor) = (Arc::clone(sealer), actor.to_owned());
            let added = spawn_blocking(move || {
                for entry in &chunk {
                    add(&mut file, entry, &sealer, &actor)?;
                }
                Ok::<_, StoreError>(file)
            });
            let ended = added.await;
            file = ended.map_err(|e| StoreError::other("the vault's thread ended", e))??;
        }
        Ok(Self {
            file: BufReader::new(file),
        })
    }

    /// From the first row on, again.
    pub(crate) fn rewind(&mut self) -> Result<(), StoreError> {
        self.file.rewind().map_err(cannot_read)
    }

    /// The next row, as if it was put in at this time in milliseconds since 1970.
    pub(crate) fn next(&mut self, now: i64) -> Result<Option<Record>, StoreError> {
        let Some(mut record) = next::<Record>(&mut self.file)? else {
            return Ok(None);
        };
        for at in TIMES {
            record.row[at] = Value::Int(now);
        }
        record.event[EVENT_TIME] = Value::Int(now);
        Ok(Some(record))
    }
}

impl Record {
    pub(crate) fn id(&self) -> &str {
        match self.row.first() {
            Some(Value::Id(id)) => id,
            _ => "",
        }
    }
}

fn add(
    file: &mut SpooledTempFile,
    entry: &Entry,
    sealer: &Sealer,
    actor: &str,
) -> Result<(), StoreError> {
    let record = Record {
        row: super::insertion(entry, sealer)?,
        event: super::event(&Event::put(entry, actor)),
    };
    push(file, &record)
}

/// Writes a record into a temporary file, behind its length.
pub(super) fn push(file: &mut impl Write, record: &impl Serialize) -> Result<(), StoreError> {
    let record = postcard::to_allocvec(record).map_err(|e| cannot_write(io::Error::other(e)))?;
    let length = (record.len() as u64).to_le_bytes();
    let written = file
        .write_all(&length)
        .and_then(|()| file.write_all(&record));
    written.map_err(cannot_write)
}

/// Reads the next one.
pub(super) fn next<T: DeserializeOwned>(file: &mut impl BufRead) -> Result<Option<T>, StoreError> {
    if file.fill_buf().map_err(cannot_read)?.is_empty() {
        return Ok(None);
    }
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(cannot_read)?;
    let mut record = Vec::new();
    let read = file
        .take(u64::from_le_bytes(length))
        .read_to_end(&mut record);
    read.map_err(cannot_read)?;
    let record = postcard::from_bytes(&record).map_err(|e| cannot_read(io::Error::other(e)))?;
    Ok(Some(record))
}

pub(super) fn cannot_write(error: io::Error) -> StoreError {
    let message = "nothing was put in: what is read does not fit into the folder for temporary files, \
                   which TMPDIR names";
    StoreError::other(message, error)
}

pub(super) fn cannot_read(error: io::Error) -> StoreError {
    StoreError::other("the temporary file cannot be read", error)
}
