//! Which columns are written when a row has changed: those that have.

use super::{Read, Value, expiry};
use crate::ended::Ended;
use crate::entry::{Delivery, Entry};
use crate::error::StoreError;
use crate::seal::Sealer;
use crate::time;

const PROGRESS: &[&str] = &["state", "fence", "owner", "until", "span", "run", "doubts"];
const DELIVERY: &[&str] = &[
    "undelivered",
    "deliver",
    "deliver_fence",
    "deliver_until",
    "deliver_span",
    "deliver_attempts",
    "deliver_error",
    "deliver_unproven_until",
];
const SECRETS: &[&str] = &[
    "sealed",
    "generation",
    "created_at",
    "changed_at",
    "expires_at",
    "refresh_by",
];
const END: &[&str] = &["ended_since", "ended_why"];
/// What the secrets are bound to.
const OWNER: &[&str] = &["provider", "server", "client_id", "label"];

/// A row before it changed.
pub(crate) struct Before {
    delivery: (bool, bool, Delivery),
    secrets: (u64, usize),
    ended: Option<Ended>,
    /// Until when it was to be refreshed, of one that can be read.
    refresh_by: Option<i64>,
    /// All that may change of one that cannot be read, as far as it can.
    damaged: Option<Vec<Value>>,
}

impl Before {
    pub(crate) fn of(read: &Read) -> Self {
        Self {
            delivery: delivery(&read.entry),
            secrets: secrets(&read.entry),
            ended: read.entry.progress.ended,
            refresh_by: read.damage.is_none().then_some(read.refresh_by),
            damaged: read.damage.is_some().then(|| kept(&read.entry)),
        }
    }

    pub(crate) fn changed(&self, entry: &Entry) -> Changed {
        let is_later = self.refresh_by.is_some_and(|by| by != entry.refresh_by());
        let secrets = is_later || self.secrets != secrets(entry);
        if let (Some(before), false) = (&self.damaged, secrets) {
            return Changed::of_damaged(before, entry);
        }
        // Nothing of a row that could not be read is relied on.
        let is_anew = self.damaged.is_some();
        Changed {
            only: Vec::new(),
            progress: true,
            delivery: is_anew || self.delivery != delivery(entry),
            secrets,
            end: self.ended != entry.progress.ended,
            owner: is_anew,
        }
    }
}

/// What has changed. Rows of which the same has share a statement.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Changed {
    /// These columns, of a row that cannot be read.
    only: Vec<&'static str>,
    progress: bool,
    delivery: bool,
    secrets: bool,
    end: bool,
    owner: bool,
}

impl Changed {
    /// What is nonsense stays so, and is found by whoever looks into it.
    fn of_damaged(before: &[Value], entry: &Entry) -> Self {
        let after = kept(entry);
        let columns = PROGRESS.iter().chain(DELIVERY);
        let columns = columns.zip(before.iter().zip(&after));
        let only = columns.filter(|(_, (before, after))| before != after);
        Self {
            only: only.map(|(column, _)| *column).collect(),
            progress: false,
            delivery: false,
            secrets: false,
            end: false,
            owner: false,
        }
    }

    pub(crate) fn columns(&self) -> Vec<&'static str> {
        let parts = [
            (true, self.only.as_slice()),
            (self.progress, PROGRESS),
            (self.delivery, DELIVERY),
            (self.secrets, SECRETS),
            (self.end, END),
            (self.owner, OWNER),
        ];
        let changed = parts.into_iter().filter(|(has_changed, _)| *has_changed);
        changed.flat_map(|(_, columns)| columns).copied().collect()
    }

    /// A value for each of the columns.
    pub(crate) fn values(&self, entry: &Entry, sealer: &Sealer) -> Result<Vec<Value>, StoreError> {
        let mut values = Vec::new();
        if !self.only.is_empty() {
            let all = PROGRESS.iter().chain(DELIVERY).zip(kept(entry));
            let only = all.filter(|(column, _)| self.only.contains(column));
            values.extend(only.map(|(_, value)| value));
        }
        if self.progress {
            values.extend(super::progress(entry));
        }
        if self.delivery {
            values.extend(super::delivery(entry));
        }
        if self.secrets {
            values.extend([
                Value::Bytes(sealer.seal(entry)?),
                Value::from(entry.generation),
                Value::Int(time::to_millis(entry.created_at)),
                Value::Int(time::to_millis(entry.changed_at)),
            ]);
            values.extend(expiry(entry));
        }
        if self.end {
            values.extend(super::end(entry));
        }
        if self.owner {
            values.extend([
                Value::from(entry.app.provider.as_str()),
                Value::from(entry.app.server.as_str()),
                Value::from(entry.app.client_id.as_str()),
                Value::Text(entry.label.clone()),
            ]);
        }
        Ok(values)
    }
}

/// Of the columns of [`PROGRESS`] and [`DELIVERY`].
fn kept(entry: &Entry) -> Vec<Value> {
    let mut values = super::progress(entry);
    values.extend(super::delivery(entry));
    values
}

fn delivery(entry: &Entry) -> (bool, bool, Delivery) {
    let progress = &entry.progress;
    (
        progress.undelivered,
        progress.deliver,
        progress.delivery.clone(),
    )
}

/// What is different when there is something new to encrypt.
fn secrets(entry: &Entry) -> (u64, usize) {
    (entry.generation, entry.tokens.kept.len())
}
