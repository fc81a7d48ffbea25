//! Opening a vault's file.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use super::{migrations, store_error, upgrade};
use crate::error::StoreError;
use crate::exposure;
use crate::seal::Sealer;
use crate::sql::Doubts;

/// How long it waits for other processes that write.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it looks where SQLite does not wait by itself.
const LOOK: Duration = Duration::from_millis(5);

/// A connection, and the key of what is behind it.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) sealer: Arc<Sealer>,
    /// The columns of a row, as far as the vault has them.
    pub(super) columns: &'static str,
    pub(super) doubts: Doubts,
    /// Whether there are events whose number makes no sense, where this transaction has asked.
    pub(super) has_strays: Cell<Option<bool>>,
}

impl Opened {
    /// Opens a vault to write to it, and makes it where there is none, if it may.
    pub(super) fn to_write(
        path: &Path,
        sealer: &Arc<Sealer>,
        may_make: bool,
    ) -> Result<Self, StoreError> {
        match may_make {
            true => make(path)?,
            false => check_exposure(path)?,
        }
        let connection = Connection::open_with_flags(path, writing()).map_err(store_error)?;
        connection.busy_timeout(PATIENCE).map_err(store_error)?;
        migrations::check(&connection, may_make)?;
        let opened = Self::set_up(connection, sealer)?;
        let connection = &opened.connection;
        connection
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(store_error)?;
        // Without a probe, any key would do for a vault that has rows.
        let version = migrations::run(connection)?;
        if version == 0 {
            let probe = opened.sealer.probe()?;
            let inserted = connection.execute("INSERT INTO vault (probe) VALUES ($1)", [probe]);
            inserted.map_err(store_error)?;
        }
        opened.check_key()?;
        if (1..crate::sql::NOTES_ENDS).contains(&version) {
            upgrade::note_ends(&opened)?;
        }
        connection.execute_batch("COMMIT").map_err(store_error)?;
        Ok(opened)
    }

    /// Opens another connection to a vault that is open to write to it.
    pub(super) fn again(path: &Path, sealer: &Arc<Sealer>) -> Result<Self, StoreError> {
        let connection = Connection::open_with_flags(path, writing()).map_err(store_error)?;
        connection.busy_timeout(PATIENCE).map_err(store_error)?;
        Self::set_up(connection, sealer)
    }

    fn set_up(connection: Connection, sealer: &Arc<Sealer>) -> Result<Self, StoreError> {
        // Each commit is on the disk when it returns, and a deleted secret is overwritten.
        // The log has at most half of the room that is kept for a full disk (`ballast.rs`).
        keep_log(&connection).map_err(store_error)?;
        let pragmas = "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; \
                       PRAGMA wal_autocheckpoint = 1000;";
        connection.execute_batch(pragmas).map_err(store_error)?;
        Self::of(connection, sealer, crate::sql::COLUMNS)
    }

    /// With what all connections have in common.
    pub(super) fn of(
        connection: Connection,
        sealer: &Arc<Sealer>,
        columns: &'static str,
    ) -> Result<Self, StoreError> {
        connection.set_prepared_statement_cache_capacity(64);
        connection
            .execute_batch("PRAGMA cache_size = -4000")
            .map_err(store_error)?;
        // One plan for all values, so that no statement is prepared anew for each.
        let one_plan = DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;
        connection
            .set_db_config(one_plan, true)
            .map_err(store_error)?;
        Ok(Self {
            connection,
            sealer: Arc::clone(sealer),
            columns,
            doubts: Doubts::default(),
            has_strays: Cell::new(None),
        })
    }

    pub(super) fn begin(&self) -> Result<(), StoreError> {
        self.has_strays.set(None);
        self.execute("BEGIN IMMEDIATE")
    }

    /// What is committed is durable.
    pub(super) fn commit(&self) -> Result<(), StoreError> {
        self.execute("COMMIT")
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(store_error)?;
        statement.execute([]).map(drop).map_err(store_error)
    }

    fn probe(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let statement = self.connection.prepare_cached("SELECT probe FROM vault");
        let mut statement = statement.map_err(store_error)?;
        let probe = statement.query_row([], |row| row.get(0)).optional();
        probe.map_err(store_error)
    }

    /// Refuses to go on when the vault has another key, or has got another one. Returns the probe.
    pub(super) fn check_key(&self) -> Result<Vec<u8>, StoreError> {
        let probe = self.probe()?.unwrap_or_default();
        self.sealer.try_on(&probe)?;
        Ok(probe)
    }
}

/// Writes ahead to a log. While somebody else begins to do so, SQLite does not wait, whatever its patience.
fn keep_log(connection: &Connection) -> rusqlite::Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        match connection.execute_batch("PRAGMA journal_mode = WAL") {
            Err(error) if is_busy(&error) && Instant::now() < until => thread::sleep(LOOK),
            done => return done,
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// Whatever is to be made is made by [`make`].
fn writing() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

/// Makes an empty file that only its owner can read, unless there is one. SQLite gives the files
/// that it puts beside it the same mode.
fn make(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => check_exposure(path),
        Err(e) => Err(StoreError::other(
            format!("cannot create {}", path.display()),
            e,
        )),
    }
}

pub(super) fn check_exposure(path: &Path) -> Result<(), StoreError> {
    let opened = File::open(path);
    if let Err(error) = opened
        && error.kind() == ErrorKind::PermissionDenied
    {
        let message = format!(
            "the vault {} is not this user's to read: run it as its owner",
            path.display()
        );
        return Err(StoreError::other(message, error));
    }
    ["", "-wal", "-shm", "-reserve"]
        .into_iter()
        .try_for_each(|suffix| exposure::check(&beside(path, suffix)))
}

pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(suffix);
    name.into()
}
