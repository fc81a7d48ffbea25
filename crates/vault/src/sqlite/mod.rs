//! A vault in a file.

mod ballast;
mod change;
mod columns;
mod copy;
mod history;
mod id;
mod migrations;
mod open;
mod overview;
mod read;
mod read_only;
mod rekey;
mod run;
mod statement;
mod upgrade;
mod writer;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{ErrorCode, ffi};
use tokenturn::Timestamp;
use tokio::task::spawn_blocking;

pub(crate) use copy::backup;
use open::Opened;
use writer::{Room, Writer};

use crate::app::App;
use crate::change::Change;
use crate::entry::Entry;
use crate::error::{StoreError, StoreErrorKind};
use crate::event::Event;
use crate::filter::Filter;
use crate::key::Key;
use crate::overview::Overview;
use crate::seal::Sealer;
use crate::sql::{Dump, Spool};
use crate::store::{Answer, Changed, Entries, Ready, Rekeyed, Run, RunCount, Store};
use crate::vault::{Access, Copied, Engine};

/// SQLite in WAL mode, durable at every commit. One thread writes, and whatever waits for it shares
/// a transaction; another connection reads.
pub(crate) struct Sqlite {
    /// Without one, it is only read.
    writer: Option<Writer>,
    reader: Arc<Mutex<Opened>>,
    sealer: Arc<Sealer>,
    /// Where what is read is a copy, it lives as long.
    _copied: read_only::Copied,
}

impl Sqlite {
    /// Opens the vault at `path`.
    pub(crate) async fn open(path: &Path, key: &Key, access: Access) -> Result<Self, StoreError> {
        let (path, sealer) = (path.to_owned(), Arc::new(Sealer::new(key)));
        blocking(move || {
            if access == Access::Read {
                let (reading, _copied) = read_only::open(&path, &sealer)?;
                return Ok(Self {
                    writer: None,
                    reader: Arc::new(Mutex::new(reading)),
                    sealer,
                    _copied,
                });
            }
            let writing = Opened::to_write(&path, &sealer, access == Access::Make)?;
            let reading = Opened::again(&path, &sealer)?;
            let ballast = ballast::Ballast::of(&path);
            ballast.take_on()?;
            Ok(Self {
                writer: Some(Writer::start(writing, ballast)?),
                reader: Arc::new(Mutex::new(reading)),
                sealer,
                _copied: None,
            })
        })
        .await
    }

    async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Opened) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let reader = Arc::clone(&self.reader);
        blocking(move || {
            let opened = reader.lock().unwrap_or_else(PoisonError::into_inner);
            job(&opened)
        })
        .await
    }

    /// What reads rows. Whoever has changed the key has made every row unreadable with the old one.
    async fn read_rows<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Opened) -> Result<T, StoreError> + Send + 'static,
        is_damaged: impl Fn(&Result<T, StoreError>) -> bool + Send + 'static,
    ) -> Result<T, StoreError> {
        self.read(move |opened| {
            let result = job(opened);
            if is_damaged(&result) {
                opened.check_key()?;
            }
            result
        })
        .await
    }

    async fn write<T: Send + 'static>(
        &self,
        room: Room,
        job: impl FnMut(&Opened) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.writer {
            Some(writer) => writer.write(room, job).await,
            None => Err(StoreError::read_only()),
        }
    }
}

impl Store for Sqlite {
    fn get<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Entry>> {
        let id = id.to_owned();
        Box::pin(self.read_rows(
            move |opened| read::get(opened, &id),
            |read| read.as_ref().is_err_and(StoreError::is_damaged),
        ))
    }

    fn page<'a>(
        &'a self,
        filter: &'a Filter,
        after: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Vec<Result<Entry, StoreError>>> {
        let (filter, after) = (filter.clone(), after.map(str::to_owned));
        Box::pin(self.read_rows(
            move |opened| read::page(opened, &filter, after.as_deref(), limit),
            |read| {
                read.as_ref()
                    .is_ok_and(|rows| rows.iter().any(Result::is_err))
            },
        ))
    }

    fn count<'a>(&'a self, filter: &'a Filter) -> Answer<'a, u64> {
        let filter = filter.clone();
        Box::pin(self.read(move |opened| read::count(opened, &filter)))
    }

    fn insert<'a>(&'a self, entries: Entries<'a>, actor: &'a str) -> Answer<'a, u64> {
        Box::pin(async move {
            let mut spool = Spool::fill(entries, &self.sealer, actor).await?;
            let job = move |opened: &Opened| change::insert(opened, &mut spool);
            self.write(Room::Needed, job).await
        })
    }

    fn change<'a>(&'a self, id: &'a str, change: Change) -> Answer<'a, Option<Changed>> {
        let id = id.to_owned();
        let room = room(&change);
        let job = move |opened: &Opened| change::change(opened, &id, &change);
        Box::pin(self.write(room, job))
    }

    fn change_next<'a>(
        &'a self,
        filter: &'a Filter,
        ready: Ready,
        limit: usize,
        change: Change,
    ) -> Answer<'a, Vec<Result<Changed, StoreError>>> {
        let filter = filter.clone();
        let room = room(&change);
        let job =
            move |opened: &Opened| change::change_next(opened, &filter, ready, limit, &change);
        Box::pin(self.write(room, job))
    }

    fn history<'a>(
        &'a self,
        id: Option<&'a str>,
        after: u64,
        limit: usize,
    ) -> Answer<'a, Vec<(u64, Event)>> {
        let id = id.map(str::to_owned);
        Box::pin(self.read(move |opened| history::read(opened, id.as_deref(), after, limit)))
    }

    fn history_start<'a>(
        &'a self,
        id: Option<&'a str>,
        since: Option<Timestamp>,
        last: Option<u64>,
    ) -> Answer<'a, Option<u64>> {
        let id = id.map(str::to_owned);
        Box::pin(self.read(move |opened| history::start(opened, id.as_deref(), since, last)))
    }

    fn prune_history(&self, older_than: Duration, after: u64) -> Answer<'_, (u64, Option<u64>)> {
        let job = move |opened: &Opened| history::prune(opened, older_than, after);
        Box::pin(self.write(Room::Needed, job))
    }

    fn begin_run<'a>(&'a self, filter: &'a Filter, resume_within: Duration) -> Answer<'a, Run> {
        let filter = filter.clone();
        let job = move |opened: &Opened| run::begin(opened, &filter, resume_within);
        Box::pin(self.write(Room::Needed, job))
    }

    fn open_run<'a>(
        &'a self,
        filter: &'a Filter,
        resume_within: Duration,
    ) -> Answer<'a, Option<Run>> {
        let filter = filter.clone();
        Box::pin(self.read(move |opened| run::open(opened, &filter, resume_within)))
    }

    fn count_run<'a>(&'a self, filter: &'a Filter, run: &'a Run) -> Answer<'a, RunCount> {
        let (filter, run) = (filter.clone(), run.clone());
        Box::pin(self.read(move |opened| run::count(opened, &filter, &run)))
    }

    fn end_run(&self, run: u64) -> Answer<'_, ()> {
        let job = move |opened: &Opened| run::end(opened, run);
        Box::pin(self.write(Room::MayBeUsedUp, job))
    }

    fn reserve<'a>(
        &'a self,
        app: &'a App,
        interval: Duration,
        hold: Duration,
    ) -> Answer<'a, Option<Duration>> {
        let app = app.to_string();
        let job = move |opened: &Opened| run::reserve(opened, &app, interval, hold).map(Some);
        Box::pin(self.write(Room::MayBeUsedUp, job))
    }

    fn overview(&self) -> Answer<'_, Overview> {
        Box::pin(self.read(overview::read))
    }

    fn faults(&self) -> Answer<'_, Vec<String>> {
        Box::pin(self.read(overview::faults))
    }

    fn out_of_reach<'a>(&'a self, filter: &'a Filter, after: &'a str) -> Answer<'a, Vec<String>> {
        let (filter, after) = (filter.clone(), after.to_owned());
        Box::pin(self.read(move |opened| read::out_of_reach(opened, &filter, &after)))
    }

    fn rekey<'a>(&'a self, new_key: &'a Key) -> Answer<'a, Rekeyed> {
        let new_key = new_key.clone();
        let job = move |opened: &Opened| rekey::rekey(opened, &new_key);
        Box::pin(self.write(Room::Needed, job))
    }
}

impl Engine for Sqlite {
    fn dump(&self) -> Answer<'_, Dump> {
        Box::pin(self.read(copy::dump))
    }

    fn load(&self, mut dump: Dump) -> Answer<'_, Copied> {
        let job = move |opened: &Opened| copy::load(opened, &mut dump);
        Box::pin(self.write(Room::Needed, job))
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").finish_non_exhaustive()
    }
}

fn room(change: &Change) -> Room {
    match change.begins() {
        true => Room::Needed,
        false => Room::MayBeUsedUp,
    }
}

pub(crate) async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let ended = spawn_blocking(job).await;
    ended.map_err(|e| StoreError::other("the vault's thread ended", e))?
}

/// What an error of SQLite means. Its text says it all, and its source says the same again.
fn store_error(error: rusqlite::Error) -> StoreError {
    let said = error.to_string();
    let full = "the disk of the vault is full";
    // There is no room for what SQLite keeps beside the file.
    if error.sqlite_error().map(|e| e.extended_code) == Some(ffi::SQLITE_IOERR_SHMSIZE) {
        return StoreError::unavailable(full, said);
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::unavailable(full, said),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::unavailable("the vault is in use by something else", said)
        }
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
            StoreError::unavailable("the vault's file cannot be used", said)
        }
        Some(ErrorCode::NotADatabase) => {
            let message = "the file is not a vault, or is damaged from its beginning";
            StoreError::new(StoreErrorKind::Damaged, message).because(said)
        }
        Some(ErrorCode::DatabaseCorrupt) => {
            let message = "a part of the vault's file is damaged: take out what can be read by `vault backup` or, \
                           if that fails, by `vault export`, and go on with that";
            StoreError::new(StoreErrorKind::Damaged, message).because(said)
        }
        _ => StoreError::other("the vault could not do it", said),
    }
}
