//! Changes of rows that are asked for while others are under way share the next transaction: the more
//! share one, the less each costs the server.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;

use super::error::{no_answer, task_ended};
use super::{Job, PATIENCE, Postgres, change};
use crate::change::Change;
use crate::error::StoreError;
use crate::store::{self, Changed};

/// How many changes share a transaction at most.
const BATCH: usize = 256;
/// How many transactions are under way, the second when enough waits for one: the fewer there are, the more
/// changes share each.
const AT_ONCE: usize = 2;
const ENOUGH: usize = 64;
/// How many rows that somebody else has locked are waited for: each takes a connection.
const ALONE: usize = 3;

/// What waits to be done.
pub(super) struct Gathered {
    queue: Mutex<Queue>,
    alone: Semaphore,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    workers: usize,
}

struct Waiting {
    since: Instant,
    id: String,
    change: Change,
    answer: Answer,
}

type Answer = oneshot::Sender<Result<Option<Changed>, StoreError>>;

impl Gathered {
    pub(super) fn new() -> Self {
        Self {
            queue: Mutex::default(),
            alone: Semaphore::new(ALONE),
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Postgres {
    /// Waits for the answer of whoever does it: nothing is begun after its caller was told that it
    /// failed.
    pub(super) async fn gather(
        &self,
        id: String,
        change: Change,
    ) -> Result<Option<Changed>, StoreError> {
        let (answer, changed) = oneshot::channel();
        let needs_worker = {
            let mut queue = self.0.gathered.queue();
            queue.waiting.push(Waiting {
                since: Instant::now(),
                id,
                change,
                answer,
            });
            let needs_worker = match queue.workers {
                0 => true,
                workers => workers < AT_ONCE && queue.waiting.len() > ENOUGH,
            };
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
        changed.await.unwrap_or_else(|_| Err(task_ended()))
    }

    async fn change_together(&self, batch: Vec<Waiting>) {
        let (mut asked, mut answers) = (HashMap::new(), HashMap::new());
        for waiting in batch {
            asked.insert(waiting.id.clone(), waiting.change);
            answers.insert(waiting.id, waiting.answer);
        }
        let asked = Arc::new(asked);
        // Nobody is held up by a row that somebody else has locked.
        let result = self.change_these(Arc::clone(&asked), "FOR UPDATE SKIP LOCKED");
        let unavailable = match result.await {
            Ok(all) => {
                for changed in all {
                    let id = match &changed {
                        Ok(changed) => Some(changed.entry.id.as_str()),
                        Err(damage) => damage.id(),
                    };
                    if let Some(answer) = id.and_then(|id| answers.remove(id)) {
                        // Whoever asked may have gone.
                        let _ = answer.send(changed.map(Some));
                    }
                }
                None
            }
            Err(error) => Some(error).filter(StoreError::is_unavailable),
        };
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
        let store = self.clone();
        tokio::spawn(async move {
            let turn = tokio::time::timeout(PATIENCE, store.0.gathered.alone.acquire()).await;
            let result = match &turn {
                Ok(_) => {
                    let asked = Arc::new(HashMap::from([(id, change)]));
                    let changed = store.change_these(asked, "FOR UPDATE").await;
                    changed.and_then(|mut all| all.pop().transpose())
                }
                Err(_) => Err(no_answer(PATIENCE)),
            };
            let _ = answer.send(result);
        });
    }

    fn change_these(
        &self,
        asked: Arc<HashMap<String, Change>>,
        lock: &'static str,
    ) -> store::Answer<'static, Vec<Result<Changed, StoreError>>> {
        let job: Job<_> = Box::new(move |lease, vault| {
            Box::pin(async move { change::these(lease, vault, &asked, lock).await })
        });
        self.job(PATIENCE, job)
    }
}

/// It ends with its runtime, too.
struct Worker(Option<Postgres>);

impl Worker {
    /// What waits, each row once: what else is asked of a row waits for that.
    fn next(&mut self) -> Option<(Postgres, Vec<Waiting>)> {
        let store = self.0.clone()?;
        let mut queue = store.0.gathered.queue();
        let is_late = |waiting: &mut Waiting| waiting.since.elapsed() >= PATIENCE;
        for late in queue.waiting.extract_if(.., is_late) {
            let _ = late.answer.send(Err(no_answer(PATIENCE)));
        }
        let mut ids = HashSet::new();
        let is_next = |waiting: &mut Waiting| ids.len() < BATCH && ids.insert(waiting.id.clone());
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
        let Some(store) = &self.0 else { return };
        let mut queue = store.0.gathered.queue();
        queue.workers -= 1;
        if queue.workers == 0 {
            // Nobody would come for them. Whoever asked may be on a runtime that goes on.
            queue.waiting.clear();
        }
    }
}
