//! Which columns are written when a row has changed: those that have.

use super::{Read, Value, expiry};
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
const SECRETS: &[&str] = &["sealed", "generation", "changed_at", "expires_at"];
/// What the secrets are bound to.
const OWNER: &[&str] = &["provider", "server", "client_id", "label"];

/// A row before it changed.
pub(crate) struct Before {
    delivery: (bool, bool, Delivery),
    secrets: (u64, usize),
    is_damaged: bool,
}

impl Before {
    pub(crate) fn of(read: &Read) -> Self {
        Self {
            delivery: delivery(&read.entry),
            secrets: secrets(&read.entry),
            is_damaged: read.damage.is_some(),
        }
    }

    pub(crate) fn changed(&self, entry: &Entry) -> Changed {
        let secrets = self.secrets != secrets(entry);
        // Nothing of a row that could not be read is relied on.
        let is_anew = secrets && self.is_damaged;
        Changed {
            delivery: is_anew || self.delivery != delivery(entry),
            secrets,
            owner: is_anew,
        }
    }
}

/// What has changed, beside the progress. Rows of which the same has share a statement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Changed {
    delivery: bool,
    secrets: bool,
    owner: bool,
}

impl Changed {
    pub(crate) fn columns(self) -> Vec<&'static str> {
        let parts = [
            (true, PROGRESS),
            (self.delivery, DELIVERY),
            (self.secrets, SECRETS),
            (self.owner, OWNER),
        ];
        let changed = parts.into_iter().filter(|(has_changed, _)| *has_changed);
        changed.flat_map(|(_, columns)| columns).copied().collect()
    }

    /// A value for each of the columns.
    pub(crate) fn values(self, entry: &Entry, sealer: &Sealer) -> Result<Vec<Value>, StoreError> {
        let mut values = super::progress(entry);
        if self.delivery {
            values.extend(super::delivery(entry));
        }
        if self.secrets {
            values.extend([
                Value::Bytes(sealer.seal(entry)?),
                Value::from(entry.generation),
                Value::Int(time::to_millis(entry.changed_at)),
                expiry(entry),
            ]);
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
