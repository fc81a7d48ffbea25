//! The server: it knows every mock, and what came that no mock was for.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use httpmock::HttpMockRequest;
use tokenturn_client::Operation;

use crate::expectation::{Credentials, Expectation};
use crate::{Mock, Then, When, report};

/// The status with which an unexpected request is answered. No provider sends it, no range of a
/// spec holds it, and the client does not send the call again.
const UNEXPECTED: u16 = 999;

/// A server on this host that answers as its mocks say, and fails the test on any other request.
///
/// The mocks of an API are the methods of its trait, such as
/// [`github::Mocks`](crate::github::Mocks). Where two mocks fit a request, the older one answers.
///
/// # Panics
///
/// When it is dropped (or on [`verify`](Self::verify)) after a request for which there was no mock.
/// The message names the operation, and of the mock that was nearest the parts that did not fit;
/// it shows no value of a parameter, header or body. While the test is failing already, the
/// message goes to the standard error instead.
///
/// That a mock was called is not checked here: ask it with [`Mock::assert`].
pub struct MockServer {
    inner: httpmock::MockServer,
    /// The mock that answers what no other one does.
    fallback: Mutex<usize>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    expectations: Mutex<Vec<Arc<Mutex<Expectation>>>>,
    unexpected: Mutex<Vec<String>>,
}

impl MockServer {
    /// Takes a server from the pool of this process, which has 25 unless the environment variable
    /// `HTTPMOCK_MAX_SERVERS` says otherwise, and waits when all are in use.
    ///
    /// A dropped server goes back into the pool, so let no task that outlives a test send to it.
    pub fn start() -> Self {
        Self::new(httpmock::MockServer::start())
    }

    /// Like [`start`](Self::start), without blocking the thread.
    pub async fn start_async() -> Self {
        Self::new(httpmock::MockServer::start_async().await)
    }

    fn new(inner: httpmock::MockServer) -> Self {
        let state = Arc::default();
        let fallback = Mutex::new(add_fallback(&inner, &state));
        Self {
            inner,
            fallback,
            state,
        }
    }

    /// Where it listens, such as `http://127.0.0.1:40123`.
    pub fn base_url(&self) -> String {
        self.inner.base_url()
    }

    /// A mock in httpmock's own words, for what no spec describes.
    ///
    /// What it fails with can show a whole request; so does httpmock's log at the level `debug`.
    pub fn mock(
        &self,
        describe: impl FnOnce(httpmock::When, httpmock::Then),
    ) -> httpmock::Mock<'_> {
        let mock = self.inner.mock(describe);
        // httpmock asks the oldest mock first, so the one for all the rest has to be the newest.
        let mut fallback = lock(&self.fallback);
        let newest = add_fallback(&self.inner, &self.state);
        httpmock::Mock::new(*fallback, &self.inner).delete();
        *fallback = newest;
        mock
    }

    /// What the generated traits call.
    #[doc(hidden)]
    #[track_caller]
    pub fn operation(
        &self,
        operation: &'static Operation,
        credentials: Credentials,
        describe: impl FnOnce(When, Then),
    ) -> Mock<'_> {
        let expectation = Arc::new(Mutex::new(Expectation::new(operation, credentials)));
        let answer = Arc::default();
        let inner = self.mock(|when, then| {
            let expected = Arc::clone(&expectation);
            let when = when.is_true(move |request| lock(&expected).matches(request));
            describe(
                When::new(when, Arc::clone(&expectation)),
                Then::new(then, Arc::clone(&answer)),
            );
        });
        assert!(
            Then::is_complete(&answer),
            "the mock of `{}` does not say what is answered",
            operation.id
        );
        lock(&self.state.expectations).push(Arc::clone(&expectation));
        Mock::new(operation.id, expectation, inner, self)
    }

    /// Fails now, instead of on drop, when a request came for which there was no mock.
    ///
    /// # Panics
    ///
    /// When there was one. Each is told once.
    #[track_caller]
    pub fn verify(&self) {
        if let Some(report) = self.take_report() {
            panic!("{report}");
        }
    }

    pub(crate) fn forget(&self, expectation: &Arc<Mutex<Expectation>>) {
        lock(&self.state.expectations).retain(|one| !Arc::ptr_eq(one, expectation));
    }

    /// Everything unexpected since the last time.
    pub(crate) fn take_report(&self) -> Option<String> {
        let unexpected = std::mem::take(&mut *lock(&self.state.unexpected));
        (!unexpected.is_empty()).then(|| unexpected.join("\n"))
    }
}

fn add_fallback(server: &httpmock::MockServer, state: &Arc<State>) -> usize {
    let state = Arc::clone(state);
    let mock = server.mock(|when, then| {
        when.any_request();
        then.respond_with(move |request: &HttpMockRequest| {
            let expectations = lock(&state.expectations).clone();
            let expectations: Vec<_> = expectations.iter().map(|one| lock(one)).collect();
            let message = report::unexpected(request, expectations.iter().map(|one| &**one));
            lock(&state.unexpected).push(message);
            httpmock::HttpMockResponse::builder()
                .status(UNEXPECTED)
                .header("content-type", "text/plain")
                .body("no mock is for this request")
                .build()
        });
    });
    mock.id()
}

/// A mock that panicked while it was described is as good as it was before.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for MockServer {
    fn drop(&mut self) {
        if let Some(report) = self.take_report() {
            if std::thread::panicking() {
                eprintln!("{report}");
            } else {
                panic!("{report}");
            }
        }
    }
}

impl fmt::Debug for MockServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockServer")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}
