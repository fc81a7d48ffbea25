//! Opening a vault's file without writing to it, nor beside it.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::TempDir;

use super::open::{Opened, beside, check_exposure};
use super::{migrations, store_error};
use crate::error::StoreError;
use crate::seal::Sealer;

/// How long it waits for a process that brings the file up to date after another was killed.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the connection reads, if that is a copy.
pub(super) type Copied = Option<TempDir>;

/// Reads beside others who write, if there is a way to: SQLite shares an index of the log with them,
/// in a file that it makes where there is none. Where it cannot, on a full disk or read-only media,
/// nobody writes either.
pub(super) fn open(path: &Path, sealer: &Arc<Sealer>) -> Result<(Opened, Copied), StoreError> {
    check_exposure(path)?;
    match connect(path, "") {
        Err(error) if cannot_share(&error) && path.exists() => {
            match fs::metadata(beside(path, "-wal")) {
                Ok(log) if log.len() > 0 => copied(path, sealer),
                // All is in the file.
                _ => {
                    let connection = connect(path, "?immutable=1").map_err(store_error)?;
                    Ok((opened(connection, sealer)?, None))
                }
            }
        }
        connection => Ok((opened(connection.map_err(store_error)?, sealer)?, None)),
    }
}

/// Whether there is no place for what SQLite puts beside the file.
fn cannot_share(error: &rusqlite::Error) -> bool {
    use ErrorCode::{CannotOpen, DiskFull, PermissionDenied, ReadOnly, SystemIoFailure};

    let codes = [
        CannotOpen,
        DiskFull,
        PermissionDenied,
        ReadOnly,
        SystemIoFailure,
    ];
    error
        .sqlite_error_code()
        .is_some_and(|code| codes.contains(&code))
}

fn connect(path: &Path, how: &str) -> rusqlite::Result<Connection> {
    let reading = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match how {
        "" => Connection::open_with_flags(path, reading),
        how => {
            let uri = format!("{}{how}", uri(path));
            Connection::open_with_flags(uri, reading | OpenFlags::SQLITE_OPEN_URI)
        }
    }?;
    connection.busy_timeout(PATIENCE)?;
    // The first read opens all files.
    connection.query_row("PRAGMA schema_version", [], |_| Ok(()))?;
    Ok(connection)
}

fn opened(connection: Connection, sealer: &Arc<Sealer>) -> Result<Opened, StoreError> {
    let columns = migrations::columns(&connection)?;
    let opened = Opened::of(connection, sealer, columns)?;
    opened.check_key()?;
    Ok(opened)
}

/// With the log of somebody who was killed, it is read elsewhere. Its secrets are encrypted.
fn copied(path: &Path, sealer: &Arc<Sealer>) -> Result<(Opened, Copied), StoreError> {
    let cannot = |e: io::Error| {
        let message = "the vault's log cannot be read where it is, and there is no room for a copy in the \
                       folder for temporary files";
        StoreError::unavailable(message, e)
    };
    let folder = tempfile::tempdir().map_err(cannot)?;
    let copy = folder.path().join("vault");
    for suffix in ["", "-wal"] {
        fs::copy(beside(path, suffix), beside(&copy, suffix)).map_err(cannot)?;
    }
    let connection = connect(&copy, "").map_err(store_error)?;
    Ok((opened(connection, sealer)?, Some(folder)))
}

/// As SQLite reads it: <https://www.sqlite.org/uri.html>.
fn uri(path: &Path) -> String {
    let path = path.to_string_lossy();
    let path = path
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    format!("file:{path}")
}
