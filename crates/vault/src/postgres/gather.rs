//! Changes of rows that are asked for while others are under way share a transaction.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::{Job, PATIENCE, Postgres, change, within};
use crate::change::Change;
use crate::error::StoreError;
use crate::store::Changed;

/// How many changes share a transaction at most.
const BATCH: usize = 256;
/// How many transactions are under way. What comes meanwhile waits, and goes together.
const AT_ONCE: usize = 2;

type Waiting = (String, Change, Answer);
type Answer = oneshot::Sender<Result<Option<Changed>, StoreError>>;

/// What waits to be done.
#[derive(Default)]
pub(super) struct Gathered(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    workers: usize,
}

impl Gathered {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Postgres {
    pub(super) async fn gather(
        &self,
        id: String,
        change: Change,
    ) -> Result<Option<Changed>, StoreError> {
        let (answer, changed) = oneshot::channel();
        let needs_worker = {
            let mut queue = self.0.gathered.queue();
            queue.waiting.push((id, change, answer));
            let needs_worker = queue.workers < AT_ONCE;
            queue.workers += usize::from(needs_worker);
            needs_worker
        };
        if needs_worker {
            let mut worker = Worker(Some(self.clone()));
            tokio::spawn(async move {
                while let Some((store, batch)) = worker.next() {
                    store.change_together(batch).await;
                }
            });
        }
        let ended = |e| StoreError::other("the vault's task ended", e);
        within(PATIENCE, async { changed.await.map_err(ended)? }).await
    }

    async fn change_together(&self, batch: Vec<Waiting>) {
        let (mut asked, mut answers) = (HashMap::new(), HashMap::new());
        for (id, change, answer) in batch {
            asked.insert(id.clone(), change);
            answers.insert(id, answer);
        }
        let asked = Arc::new(asked);
        // Nobody is held up by a row that somebody else has locked.
        let result = self
            .change_these(Arc::clone(&asked), "FOR UPDATE SKIP LOCKED")
            .await;
        if let Ok(all) = &result {
            for changed in all {
                if let Some(answer) = answers.remove(&changed.entry.id) {
                    // Whoever asked may have gone.
                    let _ = answer.send(Ok(Some(changed.clone())));
                }
            }
        }
        let unavailable = result.err().filter(StoreError::is_unavailable);
        for (id, answer) in answers {
            match (&unavailable, asked.get(&id)) {
                (Some(error), _) => drop(answer.send(Err(error.again()))),
                (None, Some(change)) => self.change_alone(id, change.clone(), answer),
                (None, None) => {}
            }
        }
    }

    /// A row that is locked, or is not there, or takes others down with it.
    fn change_alone(&self, id: String, change: Change, answer: Answer) {
        let changed = self.change_these(Arc::new(HashMap::from([(id, change)])), "FOR UPDATE");
        tokio::spawn(async move { answer.send(changed.await.map(|mut all| all.pop())) });
    }

    fn change_these(
        &self,
        asked: Arc<HashMap<String, Change>>,
        lock: &'static str,
    ) -> crate::store::Answer<'static, Vec<Changed>> {
        let job: Job<_> = Box::new(move |lease, sealer| {
            Box::pin(async move { change::these(lease, sealer, &asked, lock).await })
        });
        self.job(PATIENCE, job)
    }
}

/// Counted as long as it works, also when its runtime ends.
struct Worker(Option<Postgres>);

impl Worker {
    /// What waits, each row once: what else is asked of a row waits for that.
    fn next(&mut self) -> Option<(Postgres, Vec<Waiting>)> {
        let store = self.0.clone()?;
        let mut queue = store.0.gathered.queue();
        let mut ids = HashSet::new();
        let is_next =
            |(id, ..): &mut (String, Change, Answer)| ids.len() < BATCH && ids.insert(id.clone());
        let batch: Vec<_> = queue.waiting.extract_if(.., is_next).collect();
        if batch.is_empty() {
            queue.workers -= 1;
            self.0 = None;
            return None;
        }
        drop(queue);
        Some((store, batch))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(store) = &self.0 {
            store.0.gathered.queue().workers -= 1;
        }
    }
}
