//! Coming to every row once, page after page.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::sync::OwnedSemaphorePermit;

use super::breaker::Pass;
use super::lane::{Absence, Lane, Tasks, Turn};
use super::outcome::{Outcome, Settled};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::event;
use crate::time;
use crate::vault::id;

/// How many rows are read at a time.
const PAGE: usize = 500;

/// The rows of a lane.
#[derive(Default)]
struct Pages {
    ahead: VecDeque<Result<Entry, StoreError>>,
    after: Option<String>,
    away: Absence,
}

impl Pages {
    /// `None` behind the last one, and when the run is stopped.
    async fn next(&mut self, lane: &Lane) -> Option<Result<Entry, StoreError>> {
        while self.ahead.is_empty() {
            let store = &lane.vault.store;
            let page = store.page(&lane.filter, self.after.as_deref(), PAGE);
            match page.await {
                Ok(rows) => {
                    self.away = Absence::default();
                    self.after = Some(id(rows.last()?).to_owned());
                    self.ahead = rows.into();
                }
                Err(error) => {
                    if !self.away.waits(&lane.shared, error).await {
                        return None;
                    }
                }
            }
        }
        self.ahead.pop_front()
    }
}

impl Lane {
    /// Works on those rows that are wanted, and ends when that is done for all or the run is stopped.
    /// The work is told whether it is the call that shows whether the provider is back.
    pub(super) async fn each_row<F>(
        self: Arc<Self>,
        is_wanted: impl Fn(&Entry) -> bool,
        work: impl Fn(Arc<Self>, Entry, bool, OwnedSemaphorePermit) -> F,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut tasks = Tasks::default();
        let tasks = &mut tasks.0;
        let mut pages = Pages::default();
        'run: while let Some(Turn { pass, room, .. }) = self.turn_comes().await {
            while tasks.try_join_next().is_some() {}
            let is_probe = pass == Pass::Probe;
            for place in room {
                let row = loop {
                    match pages.next(&self).await {
                        Some(Ok(entry)) if !is_wanted(&entry) => {}
                        Some(row) => break row,
                        None => break 'run,
                    }
                };
                match row {
                    Ok(entry) => drop(tasks.spawn(work(Arc::clone(&self), entry, is_probe, place))),
                    Err(damage) => {
                        if is_probe {
                            self.breaker.not_probed();
                        }
                        self.checked.fetch_add(1, Relaxed);
                        self.damaged(&damage).await;
                    }
                }
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Tells what came of a row that was worked on; `new` is the name of another token that it has now.
    pub(super) async fn came_of(
        &self,
        entry: Entry,
        new: Option<String>,
        outcome: Outcome,
        request_id: Option<String>,
    ) {
        let settled = Settled {
            old: event::name(entry.tokens.fingerprint()),
            new,
            id: entry.id,
            app: entry.app,
            label: entry.label,
            outcome,
            request_id,
            at: time::now(),
        };
        // Nobody wants to know any more: the store knows.
        let _ = self.shared.out.send(settled).await;
    }
}
