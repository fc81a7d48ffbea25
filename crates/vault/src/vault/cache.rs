//! Tokens that were just handed out, so that the store is not asked again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::token::AccessToken;
use crate::app::App;
use crate::client::Client;

/// So many rows it knows at most.
const ROOM: usize = 4096;

/// What this process has read of the store a short while ago. What it changes itself is forgotten at once;
/// what others change is noticed when the time is up.
#[derive(Debug)]
pub(crate) struct Cache {
    keeps: Duration,
    rows: Mutex<Rows>,
}

#[derive(Debug, Default)]
struct Rows {
    by_id: HashMap<String, Row>,
    /// It grows with whatever is forgotten.
    time: u64,
    /// What was read before is not taken: what was forgotten since is not known in full.
    floor: u64,
}

#[derive(Debug)]
enum Row {
    Known {
        app: App,
        token: AccessToken,
        /// By both clocks: one stands still while the host sleeps, the other can be set.
        until: (Instant, SystemTime),
    },
    Forgotten {
        at: u64,
    },
}

/// When a row was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp(u64);

impl Cache {
    pub(crate) fn new(keeps: Duration) -> Self {
        let rows = Mutex::default();
        Self { keeps, rows }
    }

    pub(crate) fn get(&self, client: &Client, id: &str) -> Option<AccessToken> {
        if self.keeps.is_zero() {
            return None;
        }
        match self.rows().by_id.get(id)? {
            Row::Known { app, token, until } if client.is_of(app) && is_ahead(until) => {
                Some(token.clone())
            }
            _ => None,
        }
    }

    /// Before a row is read.
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp(self.rows().time)
    }

    /// Keeps what was read, for no longer than it lives, unless it has changed here since.
    pub(crate) fn put(
        &self,
        id: &str,
        app: &App,
        token: &AccessToken,
        lives: Duration,
        Stamp(read): Stamp,
    ) {
        let time = lives.min(self.keeps);
        if time.is_zero() {
            return;
        }
        let mut rows = self.rows();
        let is_old = match rows.by_id.get(id) {
            Some(Row::Forgotten { at }) => *at > read,
            Some(Row::Known { .. }) => false,
            None => rows.floor > read,
        };
        if is_old {
            return;
        }
        rows.make_room();
        let row = Row::Known {
            app: app.clone(),
            token: token.clone(),
            until: (Instant::now() + time, SystemTime::now() + time),
        };
        rows.by_id.insert(id.to_owned(), row);
    }

    /// The row has changed, or is about to.
    pub(crate) fn forget(&self, id: &str) {
        if self.keeps.is_zero() {
            return;
        }
        let mut rows = self.rows();
        rows.time += 1;
        rows.make_room();
        let row = Row::Forgotten { at: rows.time };
        rows.by_id.insert(id.to_owned(), row);
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn make_room(&mut self) {
        if self.by_id.len() >= ROOM {
            self.by_id.clear();
            self.floor = self.time;
        }
    }
}

fn is_ahead((until, by_host): &(Instant, SystemTime)) -> bool {
    Instant::now() < *until && SystemTime::now() < *by_host
}

#[cfg(test)]
mod tests {
    use tokenturn::{GitHub, Secret};

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn client() -> Client {
        GitHub::builder("id", "secret").build().unwrap().into()
    }

    fn token(name: &str) -> AccessToken {
        AccessToken {
            token: Secret::new(name),
            expires_at: None,
            generation: 1,
        }
    }

    fn found(cache: &Cache, id: &str) -> Option<String> {
        let found = cache.get(&client(), id)?;
        Some(found.token.expose().to_owned())
    }

    #[test]
    fn it_knows_what_was_read_and_not_for_longer_than_it_lives() {
        let cache = Cache::new(LONG);
        let app = client().app();
        cache.put("a", &app, &token("t"), LONG, cache.stamp());
        assert_eq!(found(&cache, "a").as_deref(), Some("t"));
        assert_eq!(found(&cache, "b"), None);
        cache.put("b", &app, &token("u"), Duration::ZERO, cache.stamp());
        assert_eq!(found(&cache, "b"), None);
        let other = GitHub::builder("other", "secret").build().unwrap();
        assert!(cache.get(&other.into(), "a").is_none());
        let none = Cache::new(Duration::ZERO);
        none.put("a", &app, &token("t"), LONG, none.stamp());
        assert_eq!(found(&none, "a"), None);
    }

    #[test]
    fn what_has_changed_since_it_was_read_is_not_kept() {
        let cache = Cache::new(LONG);
        let app = client().app();
        let read = cache.stamp();
        cache.forget("a");
        cache.put("a", &app, &token("old"), LONG, read);
        assert_eq!(found(&cache, "a"), None);
        cache.put("a", &app, &token("new"), LONG, cache.stamp());
        assert_eq!(found(&cache, "a").as_deref(), Some("new"));
        cache.forget("a");
        assert_eq!(found(&cache, "a"), None);
    }

    #[test]
    fn it_forgets_when_the_time_is_up_by_either_clock() {
        let (now, by_host) = (Instant::now(), SystemTime::now());
        assert!(is_ahead(&(now + LONG, by_host + LONG)));
        assert!(!is_ahead(&(now, by_host + LONG)));
        assert!(!is_ahead(&(now + LONG, by_host)));
    }

    #[test]
    fn it_stays_small_and_forgets_nothing_that_counts() {
        let cache = Cache::new(LONG);
        let app = client().app();
        let read = cache.stamp();
        cache.forget("a");
        for number in 0..=ROOM {
            let id = number.to_string();
            cache.put(&id, &app, &token("t"), LONG, cache.stamp());
        }
        assert!(cache.rows().by_id.len() <= ROOM);
        cache.put("a", &app, &token("old"), LONG, read);
        assert_eq!(found(&cache, "a"), None);
    }
}
