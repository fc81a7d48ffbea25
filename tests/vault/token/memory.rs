//! A store in memory: it tells who has come to it, and when it answers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use tokenturn::Timestamp;
use tokenturn_vault::{
    Action, Answer, Change, Changed, Entries, Entry, Event, Filter, Ready, Run, RunCount, Store,
    StoreError,
};
use tokio::sync::oneshot;

/// What several vaults may share.
#[derive(Clone, Default)]
pub(super) struct Rows(Arc<Mutex<HashMap<String, Entry>>>);

impl Rows {
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap()
    }

    pub(super) fn put(&self, entry: Entry) {
        self.lock().insert(entry.id.clone(), entry);
    }

    pub(super) fn mona(&self) -> Entry {
        self.lock()["mona"].clone()
    }
}

/// How one vault sees the rows.
pub(super) struct Memory {
    rows: Rows,
    /// How often it has come to change one.
    pub(super) looks: Arc<AtomicUsize>,
    /// How often it has come to change the next ones.
    pub(super) runs: Arc<AtomicUsize>,
    /// What its first reader is given.
    pub(super) seen_first: Mutex<Option<Entry>>,
    /// How far its clock is ahead of this host's.
    pub(super) ahead: Duration,
    /// The next change is done, and answered after this.
    held: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Memory {
    pub(super) fn of(rows: &Rows) -> Self {
        Self {
            rows: rows.clone(),
            looks: Arc::default(),
            runs: Arc::default(),
            seen_first: Mutex::default(),
            ahead: Duration::ZERO,
            held: Mutex::default(),
        }
    }

    pub(super) fn hold(&self) -> oneshot::Sender<()> {
        let (sender, receiver) = oneshot::channel();
        *self.held.lock().unwrap() = Some(receiver);
        sender
    }

    fn changed(&self, id: &str, change: &Change) -> Option<Changed> {
        let now = self.clock();
        let mut rows = self.rows.lock();
        let entry = rows.get_mut(id)?;
        let mut new = entry.clone();
        let applied = change.apply(&mut new, now);
        if applied.action() == Action::Save {
            entry.clone_from(&new);
        }
        Some(Changed::new(new, applied))
    }
}

type Page = Vec<Result<Entry, StoreError>>;
type ChangedPage = Vec<Result<Changed, StoreError>>;

impl Store for Memory {
    fn get<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Entry>> {
        let first = self.seen_first.lock().unwrap().take();
        let entry = first.or_else(|| self.rows.lock().get(id).cloned());
        Box::pin(async move { Ok(entry) })
    }

    fn change<'a>(&'a self, id: &'a str, change: Change) -> Answer<'a, Option<Changed>> {
        Box::pin(async move {
            let changed = self.changed(id, &change);
            let held = self.held.lock().unwrap().take();
            self.looks.fetch_add(1, Ordering::SeqCst);
            if let Some(held) = held {
                held.await.unwrap();
            }
            Ok(changed)
        })
    }

    /// Of all rows, for so long that a run which would never end fails soon.
    fn change_next<'a>(
        &'a self,
        _: &'a Filter,
        _: Ready,
        limit: usize,
        change: Change,
    ) -> Answer<'a, ChangedPage> {
        let is_late = self.runs.fetch_add(1, Ordering::SeqCst) > 100;
        let limit = if is_late { 0 } else { limit };
        let ids: Vec<_> = self.rows.lock().keys().take(limit).cloned().collect();
        let changed = ids.iter().filter_map(|id| self.changed(id, &change));
        let changed = changed.map(Ok).collect();
        Box::pin(async { Ok(changed) })
    }

    fn count<'a>(&'a self, _: &'a Filter) -> Answer<'a, u64> {
        Box::pin(async { Ok(1) })
    }

    fn page<'a>(&'a self, _: &'a Filter, _: Option<&'a str>, _: usize) -> Answer<'a, Page> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn insert<'a>(&'a self, _: Entries<'a>, _: &'a str) -> Answer<'a, u64> {
        Box::pin(async { Ok(0) })
    }

    fn history<'a>(
        &'a self,
        _: Option<&'a str>,
        _: u64,
        _: usize,
    ) -> Answer<'a, Vec<(u64, Event)>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn begin_run<'a>(&'a self, _: &'a Filter, _: Duration) -> Answer<'a, Run> {
        let now = Timestamp::try_from(SystemTime::now()).unwrap();
        Box::pin(async move { Ok(Run::new(1, now, false)) })
    }

    fn open_run<'a>(&'a self, _: &'a Filter, _: Duration) -> Answer<'a, Option<Run>> {
        Box::pin(async { Ok(None) })
    }

    fn count_run<'a>(&'a self, _: &'a Filter, _: &'a Run) -> Answer<'a, RunCount> {
        Box::pin(async { Ok(RunCount::default()) })
    }

    fn end_run(&self, _: u64) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn clock(&self) -> i64 {
        let now = SystemTime::now() + self.ahead;
        let now = now.duration_since(SystemTime::UNIX_EPOCH);
        i64::try_from(now.unwrap().as_millis()).unwrap()
    }
}
