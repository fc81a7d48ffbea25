//! The one thread that writes: whatever waits for it goes into one transaction.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::ballast::Ballast;
use super::{Opened, store_error};
use crate::error::{StoreError, StoreErrorKind};

/// How many jobs share a transaction at most.
const BATCH: usize = 512;

/// Runs on the connection, within a transaction, or learns why it cannot; what it returns is called
/// when the transaction has ended.
type Job = Box<dyn FnOnce(Result<&Opened, StoreError>) -> Done + Send>;
type Done = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Whether a job has to leave room on the disk for those that end what it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// It begins something.
    Needed,
    /// It ends something: a token may depend on it.
    MayBeUsedUp,
}

/// Hands jobs to the thread, which ends when the last of them is done after the drop.
#[derive(Debug)]
pub(super) struct Writer(Sender<(Room, Job)>);

impl Writer {
    pub(super) fn start(opened: Opened, ballast: Ballast) -> Result<Self, StoreError> {
        let (sender, jobs) = mpsc::channel();
        thread::Builder::new()
            .name("tokenturn-vault".into())
            .spawn(move || run(&opened, &ballast, &jobs))
            .map_err(|e| StoreError::other("the vault's thread cannot be started", e))?;
        Ok(Self(sender))
    }

    /// Runs `job` in a transaction, and returns when that is durable. It runs even when nobody
    /// waits for it any more.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        room: Room,
        job: impl FnOnce(&Opened) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, waiting) = oneshot::channel();
        let job = move |opened: Result<&Opened, StoreError>| -> Done {
            let result = opened.and_then(|opened| in_savepoint(opened, job));
            Box::new(move |committed| {
                // Whoever asked may have gone.
                let _ = answer.send(committed.and(result));
            })
        };
        self.0.send((room, Box::new(job))).map_err(|_| closed())?;
        waiting.await.map_err(|_| closed())?
    }
}

fn run(opened: &Opened, ballast: &Ballast, jobs: &Receiver<(Room, Job)>) {
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter().take(BATCH - 1));
        let mut begins = |(room, _): &mut (Room, Job)| *room == Room::Needed;
        if batch.iter_mut().any(&mut begins)
            && let Err(error) = ballast.take_on()
        {
            for (_, job) in batch.extract_if(.., begins) {
                refuse(job, &error);
            }
        }
        if !batch.is_empty() {
            transaction(opened, ballast, batch);
        }
    }
}

fn transaction(opened: &Opened, ballast: &Ballast, batch: Vec<(Room, Job)>) {
    let connection = &opened.connection;
    let begun = connection.execute_batch("BEGIN IMMEDIATE");
    if let Err(error) = begun.map_err(store_error).and_then(|()| opened.check_key()) {
        roll_back(connection);
        for (_, job) in batch {
            refuse(job, &error);
        }
        return;
    }
    let done: Vec<Done> = batch.into_iter().map(|(_, job)| job(Ok(opened))).collect();
    // Some errors, such as a full disk, end the transaction at once.
    let committed = match connection.is_autocommit() {
        true => Err(StoreError::new(
            StoreErrorKind::Unavailable,
            "the vault took a change back",
        )),
        false => connection.execute_batch("COMMIT").map_err(store_error),
    };
    if let Err(error) = &committed {
        roll_back(connection);
        tracing::warn!(%error, "the vault could not write");
        ballast.drop_off();
    }
    for done in done {
        done(match &committed {
            Ok(()) => Ok(()),
            Err(error) => Err(error.again()),
        });
    }
}

/// What one job has done is taken back when it fails, and what the others have done stays.
fn in_savepoint<T>(
    opened: &Opened,
    job: impl FnOnce(&Opened) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let execute = |sql| {
        let statement = opened.connection.prepare_cached(sql);
        statement
            .and_then(|mut s| s.execute([]))
            .map_err(store_error)
    };
    execute("SAVEPOINT job")?;
    let result = job(opened);
    if result.is_err() && !opened.connection.is_autocommit() {
        execute("ROLLBACK TO job")?;
    }
    if !opened.connection.is_autocommit() {
        execute("RELEASE job")?;
    }
    result
}

fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() {
        // Without it, the next transaction could not begin, and says so.
        let _ = connection.execute_batch("ROLLBACK");
    }
}

fn refuse(job: Job, why: &StoreError) {
    job(Err(why.again()))(Ok(()));
}

fn closed() -> StoreError {
    StoreError::new(StoreErrorKind::Other, "the vault is closed")
}
