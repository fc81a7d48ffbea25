//! Reading everything, to find out what is wrong.

use std::fmt;

use serde::Serialize;
use tokenturn::Timestamp;

use super::{Vault, id};
use crate::entry::{Entry, LONGEST, State};
use crate::error::{StoreError, whole};
use crate::event::{Event, What};
use crate::filter::Filter;
use crate::time;

/// A clock that is so far ahead is wrong, in milliseconds.
const AHEAD: i64 = 24 * 60 * 60 * 1000;

/// What is wrong with a vault.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Verified {
    /// How many rows it has, those that cannot be read included.
    pub rows: u64,
    /// What is wrong, in the order of the rows.
    pub faults: Vec<Fault>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fault {
    /// The row; `None` when it is the database.
    pub id: Option<String>,
    /// What is wrong with it.
    pub what: String,
}

impl Fault {
    fn of(id: &str, what: impl Into<String>) -> Self {
        Self {
            id: Some(id.to_owned()),
            what: what.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(f, "{id:?}: {}", self.what),
            None => write!(f, "the database: {}", self.what),
        }
    }
}

impl Vault {
    /// Reads everything: whether each row can be read and makes sense, whether two rows have one token,
    /// whether the history knows the token that each row has, and whether the database finds something
    /// wrong with what it holds. It keeps eight bytes of each row in memory.
    ///
    /// # Errors
    ///
    /// When the store could not do it.
    pub async fn verify(&self) -> Result<Verified, StoreError> {
        let mut verified = Verified::default();
        let mut faults = match self.store.faults().await {
            Err(error) if error.is_damaged() => vec![whole(&error)],
            faults => faults?,
        };
        // It reads by another index.
        let unread = self.store.overview().await.err();
        let unread = unread.filter(StoreError::is_damaged);
        faults.extend(unread.map(|error| whole(&error)));
        faults.dedup();
        let faults = faults.into_iter().map(|what| Fault { id: None, what });
        verified.faults.extend(faults);
        let mut tokens = Vec::new();
        let mut rows = self.list(Filter::new());
        while let Some(row) = rows.next().await {
            verified.rows += 1;
            let name = id(&row).to_owned();
            let faults = match row {
                Ok(entry) => {
                    tokens.extend(digest(&entry));
                    self.of_row(entry).await?
                }
                Err(error) if error.is_damaged() && error.id().is_some() => {
                    vec!["it cannot be read".to_owned()]
                }
                // What the database cannot read ends the list.
                Err(error) if error.is_damaged() => {
                    let what = whole(&error);
                    verified.faults.push(Fault { id: None, what });
                    break;
                }
                Err(error) => return Err(error),
            };
            let faults = faults.into_iter().map(|what| Fault::of(&name, what));
            verified.faults.extend(faults);
        }
        let mut after = String::new();
        loop {
            let ids = match self.store.out_of_reach(&Filter::new(), &after).await {
                // It was told of above.
                Err(error) if error.is_damaged() => break,
                ids => ids?,
            };
            let Some(last) = ids.last() else { break };
            after.clone_from(last);
            let faults = ids.iter().map(|id| Fault::of(id, "no run comes to it"));
            verified.faults.extend(faults);
        }
        verified.faults.extend(self.twice(tokens).await?);
        Ok(verified)
    }

    /// What is wrong with a row that can be read.
    async fn of_row(&self, mut entry: Entry) -> Result<Vec<String>, StoreError> {
        let faults = senseless(&entry);
        loop {
            let (last, is_readable) = match self.last_new(&entry.id).await {
                Err(error) if error.is_damaged() => (None, false),
                last => last?,
            };
            if !is_readable {
                let what = "an event of its history cannot be read";
                return Ok([faults, vec![what.to_owned()]].concat());
            }
            let Some(event) = last else {
                return Ok(faults);
            };
            let token = entry.tokens.fingerprint().map(|token| token.to_string());
            if event.new == token {
                return Ok(faults);
            }
            // It may have changed between the two.
            match self.store.get(&entry.id).await {
                Ok(Some(now)) if now.generation != entry.generation => entry = now,
                Ok(None) => return Ok(faults),
                _ => {
                    let what = "its token is not the last one that its history has";
                    return Ok([faults, vec![what.to_owned()]].concat());
                }
            }
        }
    }

    /// By what a row got the token that it has, and whether all that has happened to it can be read.
    async fn last_new(&self, id: &str) -> Result<(Option<Event>, bool), StoreError> {
        let (mut events, mut last, mut is_readable) = (self.history(Some(id)), None, true);
        while let Some(event) = events.next().await {
            let event = event?;
            is_readable &= event.what != What::Unreadable;
            if event.new.is_some() {
                last = Some(event);
            }
        }
        Ok((last, is_readable))
    }

    /// The rows whose token another row has.
    async fn twice(&self, mut tokens: Vec<u64>) -> Result<Vec<Fault>, StoreError> {
        tokens.sort_unstable();
        let pairs = tokens.windows(2).filter(|pair| pair[0] == pair[1]);
        let twice: Vec<u64> = pairs.map(|pair| pair[0]).collect();
        let mut faults = Vec::new();
        if twice.is_empty() {
            return Ok(faults);
        }
        let mut rows = self.list(Filter::new());
        while let Some(row) = rows.next().await {
            if let Ok(entry) = row
                && digest(&entry).is_some_and(|token| twice.binary_search(&token).is_ok())
            {
                faults.push(Fault::of(&entry.id, "another row has its token, too"));
            }
        }
        Ok(faults)
    }
}

/// Enough of a fingerprint to tell tokens apart.
fn digest(entry: &Entry) -> Option<u64> {
    let digits = entry.tokens.fingerprint()?.to_string();
    u64::from_str_radix(digits.get(..16)?, 16).ok()
}

/// What cannot be, by the row alone.
fn senseless(entry: &Entry) -> Vec<String> {
    let now = time::now_millis();
    let is_ahead = |time: Timestamp| time::to_millis(time) > now.saturating_add(AHEAD);
    let progress = &entry.progress;
    let is_endless = |until: i64| until > now.saturating_add(LONGEST);
    let is_claimed = progress.state != State::Rotating || progress.owner.is_some();
    [
        (
            entry.generation == 0,
            "its generation is 0, and the first one is 1",
        ),
        (
            entry.changed_at < entry.created_at,
            "it has changed before it was put in",
        ),
        (
            is_ahead(entry.created_at) || is_ahead(entry.changed_at),
            "it was put in or has changed more than a day ahead of the clock",
        ),
        (
            is_endless(progress.until) || is_endless(progress.delivery.until),
            "it is left alone for more than a year",
        ),
        (!is_claimed, "it is being replaced, and by nobody"),
        (
            entry.tokens.authorizing().is_none(),
            "it has no token to call the provider with",
        ),
    ]
    .into_iter()
    .filter(|(is_wrong, _)| *is_wrong)
    .map(|(_, what)| what.to_owned())
    .collect()
}
