//! The one thread that writes: whatever waits for it goes into one transaction.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::ballast::Ballast;
use super::open::Opened;
use crate::error::{StoreError, StoreErrorKind, whole};

/// How many jobs share a transaction at most.
const BATCH: usize = 512;
/// How long the first of them waits for the others: about as long as a commit takes.
const GATHER: Duration = Duration::from_micros(300);

/// Something to do on the connection, within a transaction.
trait Job: Send {
    /// Does it, and keeps what comes of it. A second time it does it again.
    fn run(&mut self, opened: &Opened) -> Result<(), StoreError>;

    /// The transaction is durable, or why not.
    fn end(self: Box<Self>, ended: Result<(), StoreError>);
}

struct Asked<T, F> {
    job: F,
    result: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Asked<T, F>
where
    T: Send,
    F: FnMut(&Opened) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, opened: &Opened) -> Result<(), StoreError> {
        let result = self.result.insert((self.job)(opened));
        result.as_ref().map(drop).map_err(StoreError::again)
    }

    fn end(self: Box<Self>, ended: Result<(), StoreError>) {
        let result = match (self.result, ended) {
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(closed()),
        };
        // Whoever asked may have gone.
        let _ = self.answer.send(result);
    }
}

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
pub(super) struct Writer(Sender<Waiting>);

type Waiting = (Room, Box<dyn Job>);

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
    /// waits for it any more, and it runs once more when a job beside it has failed.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        room: Room,
        job: impl FnMut(&Opened) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, waiting) = oneshot::channel();
        let result = None;
        let asked = Asked {
            job,
            result,
            answer,
        };
        self.0.send((room, Box::new(asked))).map_err(|_| closed())?;
        waiting.await.map_err(|_| closed())?
    }
}

fn run(opened: &Opened, ballast: &Ballast, jobs: &Receiver<Waiting>) {
    let mut usual = 1;
    while let Ok(first) = jobs.recv() {
        let mut together = gather(first, jobs, usual);
        usual = together.len();
        if together.iter().any(begins)
            && let Err(error) = ballast.take_on()
        {
            refuse(&mut together, &error);
        }
        match transaction(opened, ballast, &mut together) {
            Ok(()) => end(together, Ok(())),
            Err(error) => {
                // They would use up the room that was just given back.
                if error.is_unavailable() {
                    refuse(&mut together, &error);
                }
                // Each by itself, so that those that fail take nothing of the others back.
                together
                    .into_iter()
                    .for_each(|waiting| by_itself(opened, ballast, waiting));
            }
        }
    }
}

/// Whatever waits, and what is about to come: as many as the last time, if that is not long.
fn gather(first: Waiting, jobs: &Receiver<Waiting>, usual: usize) -> Vec<Waiting> {
    let mut batch = vec![first];
    let end = Instant::now() + GATHER;
    while batch.len() < usual {
        let left = end.saturating_duration_since(Instant::now());
        let Ok(next) = jobs.recv_timeout(left) else {
            break;
        };
        batch.push(next);
    }
    batch.extend(jobs.try_iter().take(BATCH.saturating_sub(batch.len())));
    batch
}

fn begins((room, _): &Waiting) -> bool {
    *room != Room::MayBeUsedUp
}

/// Lets nothing begin.
fn refuse(batch: &mut Vec<Waiting>, why: &StoreError) {
    for (_, job) in batch.extract_if(.., |waiting| begins(waiting)) {
        job.end(Err(why.again()));
    }
}

fn by_itself(opened: &Opened, ballast: &Ballast, waiting: Waiting) {
    let mut alone = vec![waiting];
    // Something before it may have needed the room.
    if begins(&alone[0])
        && let Err(error) = ballast.take_on()
    {
        return refuse(&mut alone, &error);
    }
    let ended = transaction(opened, ballast, &mut alone);
    end(alone, ended);
}

/// All of them or none. What came of each is known to the job.
fn transaction(
    opened: &Opened,
    ballast: &Ballast,
    batch: &mut [Waiting],
) -> Result<(), StoreError> {
    if batch.is_empty() {
        return Ok(());
    }
    let connection = &opened.connection;
    let result = opened.begin().and_then(|()| {
        opened.check_key()?;
        for (_, job) in batch {
            job.run(opened)?;
        }
        // Some errors, such as a full disk, end the transaction at once.
        match connection.is_autocommit() {
            true => Err(StoreError::new(
                StoreErrorKind::Unavailable,
                "the vault took a change back",
            )),
            false => opened.commit(),
        }
    });
    if let Err(error) = &result {
        if !connection.is_autocommit() {
            // Without it, the next transaction cannot begin, and says so.
            let _ = connection.execute_batch("ROLLBACK");
        }
        if error.is_unavailable() {
            tracing::warn!(error = whole(&error), "the vault could not write");
            ballast.drop_off();
        }
    }
    result
}

fn end(batch: Vec<Waiting>, ended: Result<(), StoreError>) {
    for (_, job) in batch {
        job.end(match &ended {
            Ok(()) => Ok(()),
            Err(error) => Err(error.again()),
        });
    }
}

fn closed() -> StoreError {
    StoreError::new(StoreErrorKind::Other, "the vault is closed")
}
