//! A vault in a file.

mod ballast;
mod columns;
mod migrations;
mod open;
mod work;
mod writer;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{ErrorCode, ffi};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use open::Opened;
use writer::{Room, Writer};

use crate::app::App;
use crate::change::Change;
use crate::entry::Entry;
use crate::error::{StoreError, StoreErrorKind};
use crate::event::Event;
use crate::filter::Filter;
use crate::key::Key;
use crate::store::{Answer, Changed, Entries, Ready, Run, RunCount, Store};

/// How many rows of an import are handed over at once.
const CHUNK: usize = 256;

/// SQLite in WAL mode, durable at every commit. One thread writes, and whatever waits for it shares
/// a transaction; another connection reads.
pub(crate) struct Sqlite {
    writer: Writer,
    reader: Arc<Mutex<Opened>>,
}

impl Sqlite {
    /// Opens the vault at `path`, or makes it.
    pub(crate) async fn open(path: &Path, key: &Key) -> Result<Self, StoreError> {
        let (path, key) = (path.to_owned(), key.clone());
        blocking(move || {
            let writing = Opened::create(&path, &key)?;
            let reading = Opened::again(&path, &key)?;
            let ballast = ballast::Ballast::of(&path);
            ballast.take_on()?;
            Ok(Self {
                writer: Writer::start(writing, ballast)?,
                reader: Arc::new(Mutex::new(reading)),
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
            let result = job(&opened);
            match result {
                // Whoever changed the key has made every row unreadable with the old one.
                Err(error) if error.is_damaged() => Err(opened.check_key().err().unwrap_or(error)),
                result => result,
            }
        })
        .await
    }
}

impl Store for Sqlite {
    fn get<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Entry>> {
        let id = id.to_owned();
        Box::pin(self.read(move |opened| work::get(opened, &id)))
    }

    fn page<'a>(
        &'a self,
        filter: &'a Filter,
        after: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Vec<Entry>> {
        let (filter, after) = (filter.clone(), after.map(str::to_owned));
        Box::pin(self.read(move |opened| work::page(opened, &filter, after.as_deref(), limit)))
    }

    fn count<'a>(&'a self, filter: &'a Filter) -> Answer<'a, u64> {
        let filter = filter.clone();
        Box::pin(self.read(move |opened| work::count(opened, &filter)))
    }

    fn insert<'a>(&'a self, entries: Entries<'a>, actor: &'a str) -> Answer<'a, u64> {
        Box::pin(async move {
            let (chunks, mut receiver) = mpsc::channel(2);
            let actor = actor.to_owned();
            let job = move |opened: &Opened| work::insert(opened, &mut receiver, &actor);
            let written = self.writer.write(Room::NeededAlone, job);
            let (fed, written) = tokio::join!(feed(entries, chunks), written);
            fed.and(written)
        })
    }

    fn change<'a>(&'a self, id: &'a str, change: Change) -> Answer<'a, Option<Changed>> {
        let id = id.to_owned();
        let room = room(&change);
        let job = move |opened: &Opened| work::change(opened, &id, &change);
        Box::pin(self.writer.write(room, job))
    }

    fn change_next<'a>(
        &'a self,
        filter: &'a Filter,
        ready: Ready,
        limit: usize,
        change: Change,
    ) -> Answer<'a, Vec<Changed>> {
        let filter = filter.clone();
        let room = room(&change);
        let job = move |opened: &Opened| work::change_next(opened, &filter, ready, limit, &change);
        Box::pin(self.writer.write(room, job))
    }

    fn history<'a>(
        &'a self,
        id: Option<&'a str>,
        after: u64,
        limit: usize,
    ) -> Answer<'a, Vec<(u64, Event)>> {
        let id = id.map(str::to_owned);
        Box::pin(self.read(move |opened| work::history(opened, id.as_deref(), after, limit)))
    }

    fn begin_run<'a>(&'a self, filter: &'a Filter, afresh: bool) -> Answer<'a, Run> {
        let filter = filter.clone();
        let job = move |opened: &Opened| work::begin_run(opened, &filter, afresh);
        Box::pin(self.writer.write(Room::Needed, job))
    }

    fn open_run<'a>(&'a self, filter: &'a Filter) -> Answer<'a, Option<Run>> {
        let filter = filter.clone();
        Box::pin(self.read(move |opened| work::open_run(opened, &filter)))
    }

    fn count_run<'a>(&'a self, filter: &'a Filter, run: u64) -> Answer<'a, RunCount> {
        let filter = filter.clone();
        Box::pin(self.read(move |opened| work::count_run(opened, &filter, run)))
    }

    fn end_run(&self, run: u64) -> Answer<'_, ()> {
        let job = move |opened: &Opened| work::end_run(opened, run);
        Box::pin(self.writer.write(Room::MayBeUsedUp, job))
    }

    fn reserve<'a>(
        &'a self,
        app: &'a App,
        interval: Duration,
        hold: Duration,
    ) -> Answer<'a, Option<Duration>> {
        let app = app.to_string();
        let job = move |opened: &Opened| work::reserve(opened, &app, interval, hold).map(Some);
        Box::pin(self.writer.write(Room::MayBeUsedUp, job))
    }

    fn rekey<'a>(&'a self, new_key: &'a Key) -> Answer<'a, u64> {
        let new_key = new_key.clone();
        let job = move |opened: &Opened| work::rekey(opened, &new_key);
        Box::pin(self.writer.write(Room::Needed, job))
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").finish_non_exhaustive()
    }
}

/// Hands the rows over in chunks; what cannot be read ends it, and is handed over, too.
async fn feed(
    mut entries: Entries<'_>,
    chunks: mpsc::Sender<Option<Vec<Entry>>>,
) -> Result<(), StoreError> {
    let mut chunk = Vec::with_capacity(CHUNK);
    while let Some(entry) = std::future::poll_fn(|cx| entries.as_mut().poll_next(cx)).await {
        // Without the `None` at the end, nothing stays of it.
        chunk.push(entry?);
        if chunk.len() == CHUNK {
            let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK));
            if chunks.send(Some(full)).await.is_err() {
                // The other side has failed, and says why.
                return Ok(());
            }
        }
    }
    let _ = chunks.send(Some(chunk)).await;
    let _ = chunks.send(None).await;
    Ok(())
}

fn room(change: &Change) -> Room {
    match change.begins() {
        true => Room::Needed,
        false => Room::MayBeUsedUp,
    }
}

async fn blocking<T: Send + 'static>(
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
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            let message = "the file is not a vault, or is damaged";
            StoreError::new(StoreErrorKind::Damaged, message).because(said)
        }
        _ => StoreError::other("the vault could not do it", said),
    }
}
