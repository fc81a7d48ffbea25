//! The handle of one mock.

use std::fmt;
use std::sync::{Arc, Mutex};

use crate::MockServer;
use crate::expectation::Expectation;

/// A mock of one operation, as long as its server lives.
pub struct Mock<'a> {
    operation: &'static str,
    expectation: Arc<Mutex<Expectation>>,
    inner: httpmock::Mock<'a>,
    server: &'a MockServer,
}

impl<'a> Mock<'a> {
    pub(crate) fn new(
        operation: &'static str,
        expectation: Arc<Mutex<Expectation>>,
        inner: httpmock::Mock<'a>,
        server: &'a MockServer,
    ) -> Self {
        Self {
            operation,
            expectation,
            inner,
            server,
        }
    }

    /// How often it has answered.
    pub fn calls(&self) -> usize {
        self.inner.calls()
    }

    /// Checks that it has answered once.
    ///
    /// # Panics
    ///
    /// When it has not.
    #[track_caller]
    pub fn assert(&self) {
        self.assert_calls(1);
    }

    /// Checks that it has answered so often.
    ///
    /// # Panics
    ///
    /// When it has not.
    #[track_caller]
    pub fn assert_calls(&self, expected: usize) {
        let calls = self.calls();
        if calls != expected {
            let report = self.server.take_report().unwrap_or_default();
            let operation = self.operation;
            panic!(
                "the mock of `{operation}` was called {calls} times, and not {expected} times\n\
                 {report}"
            );
        }
    }

    /// Takes it away.
    pub fn delete(mut self) {
        self.server.forget(&self.expectation);
        self.inner.delete();
    }
}

impl fmt::Debug for Mock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mock")
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}
