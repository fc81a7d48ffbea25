//! A store that is nothing but memory: what a fleet costs without a database.

use std::collections::HashMap;
use std::future::ready;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokenturn::Timestamp;
use tokenturn_vault::{
    Action, Answer, Change, Changed, Entries, Entry, Event, Filter, Ready, Run, RunCount, Store,
    StoreError,
};

/// It has rows of one app, and one run at a time.
#[derive(Debug, Default)]
pub(crate) struct MemoryStore(Mutex<Rows>);

#[derive(Debug, Default)]
struct Rows {
    rows: Vec<Entry>,
    by_name: HashMap<String, usize>,
    /// Where the next rows are looked for; behind the last one it begins anew.
    next: usize,
    runs: u64,
}

impl MemoryStore {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn change(&mut self, at: usize, change: &Change) -> Option<Changed> {
        let entry = self.rows.get_mut(at)?;
        let applied = change.apply(entry, now());
        Some(Changed::new(entry.clone(), applied))
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Entry>> {
        let rows = self.rows();
        let entry = rows.by_name.get(id).and_then(|at| rows.rows.get(*at));
        answer(entry.cloned())
    }

    fn count<'a>(&'a self, filter: &'a Filter) -> Answer<'a, u64> {
        let (rows, now) = (self.rows(), now());
        let meant = rows.rows.iter().filter(|row| filter.fits(row, now));
        answer(meant.count() as u64)
    }

    fn insert<'a>(&'a self, mut entries: Entries<'a>, _: &'a str) -> Answer<'a, u64> {
        Box::pin(async move {
            let mut count = 0;
            while let Some(entry) = futures_util::StreamExt::next(&mut entries).await {
                let (entry, mut rows) = (entry?, self.rows());
                let at = rows.rows.len();
                rows.by_name.insert(entry.id.clone(), at);
                rows.rows.push(entry);
                count += 1;
            }
            Ok(count)
        })
    }

    fn change<'a>(&'a self, id: &'a str, change: Change) -> Answer<'a, Option<Changed>> {
        let mut rows = self.rows();
        let at = rows.by_name.get(id).copied();
        answer(at.and_then(|at| rows.change(at, &change)))
    }

    fn change_next<'a>(
        &'a self,
        _: &'a Filter,
        _: Ready,
        limit: usize,
        change: Change,
    ) -> Answer<'a, Vec<Result<Changed, StoreError>>> {
        let mut rows = self.rows();
        let mut claimed = Vec::new();
        while claimed.len() < limit {
            let at = rows.next;
            rows.next += 1;
            let Some(changed) = rows.change(at, &change) else {
                rows.next = 0;
                break;
            };
            if changed.applied.action() == Action::Save {
                claimed.push(Ok(changed));
            }
        }
        answer(claimed)
    }

    fn begin_run<'a>(&'a self, _: &'a Filter, _: Duration) -> Answer<'a, Run> {
        let mut rows = self.rows();
        rows.runs += 1;
        match Timestamp::try_from(SystemTime::now()) {
            Ok(now) => answer(Run::new(rows.runs, now, false)),
            Err(error) => Box::pin(ready(Err(StoreError::other("no time", error)))),
        }
    }

    fn count_run<'a>(&'a self, _: &'a Filter, run: &'a Run) -> Answer<'a, RunCount> {
        let rows = self.rows();
        let done = rows
            .rows
            .iter()
            .filter(|row| row.progress.run >= run.number);
        let done = done.count() as u64;
        let left = rows.rows.len() as u64 - done;
        answer(RunCount { done, left })
    }

    fn end_run(&self, _: u64) -> Answer<'_, ()> {
        answer(())
    }

    fn open_run<'a>(&'a self, _: &'a Filter, _: Duration) -> Answer<'a, Option<Run>> {
        answer(None)
    }

    fn page<'a>(
        &'a self,
        _: &'a Filter,
        _: Option<&'a str>,
        _: usize,
    ) -> Answer<'a, Vec<Result<Entry, StoreError>>> {
        Box::pin(async { Err(not_needed()) })
    }

    fn history<'a>(
        &'a self,
        _: Option<&'a str>,
        _: u64,
        _: usize,
    ) -> Answer<'a, Vec<(u64, Event)>> {
        Box::pin(async { Err(not_needed()) })
    }
}

fn answer<'a, T: Send + 'a>(value: T) -> Answer<'a, T> {
    Box::pin(ready(Ok(value)))
}

fn not_needed() -> StoreError {
    StoreError::unsupported("no fleet asks for it")
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
