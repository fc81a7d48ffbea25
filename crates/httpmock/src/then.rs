//! What generated `...Then` types are made of.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokenturn_client::runtime::exposing;

use crate::round_trip::sample;

/// What is answered.
pub struct Then {
    inner: httpmock::Then,
    is_complete: Arc<AtomicBool>,
}

impl Then {
    pub(crate) fn new(inner: httpmock::Then, is_complete: Arc<AtomicBool>) -> Self {
        Self { inner, is_complete }
    }

    pub(crate) fn is_complete(flag: &AtomicBool) -> bool {
        flag.load(Ordering::Relaxed)
    }

    /// An answer without a body.
    #[track_caller]
    pub fn empty(mut self, status: u16) -> Self {
        assert!(
            !self.is_complete.swap(true, Ordering::Relaxed),
            "a mock has one answer"
        );
        self.inner = self.inner.status(status);
        self
    }

    /// An answer with a body.
    #[track_caller]
    pub fn bytes(self, status: u16, media: &str, body: impl AsRef<[u8]>) -> Self {
        let mut then = self.empty(status);
        then.inner = then.inner.header("content-type", media).body(body);
        then
    }

    /// An answer with a body of JSON.
    #[track_caller]
    pub fn json(self, status: u16, media: &str, body: &impl Serialize) -> Self {
        assert!(
            !matches!(status, 100..200 | 204 | 205 | 304),
            "an answer of {status} has no body"
        );
        match exposing(|| serde_json::to_vec(body)) {
            Ok(bytes) => self.bytes(status, media, bytes),
            Err(error) => panic!("the body cannot be written as JSON: {error}"),
        }
    }

    /// One more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.inner = self.inner.header(name, value);
        self
    }

    /// Something in httpmock's own words, such as a delay.
    pub fn and(mut self, add: impl FnOnce(httpmock::Then) -> httpmock::Then) -> Self {
        self.inner = add(self.inner);
        self
    }
}

impl fmt::Debug for Then {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Then").finish_non_exhaustive()
    }
}

/// The example of a spec, changed.
#[track_caller]
pub fn edited<T: DeserializeOwned>(example: &str, edit: impl FnOnce(&mut T)) -> T {
    let mut value = sample(example);
    edit(&mut value);
    value
}

/// Checks that a status is one of a range such as `4XX`.
#[track_caller]
pub fn in_range(status: u16, hundreds: u16) -> u16 {
    assert!(
        status / 100 == hundreds,
        "{status} is not in the range {hundreds}XX"
    );
    status
}
