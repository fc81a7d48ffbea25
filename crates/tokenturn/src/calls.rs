//! How the clients of both providers make their calls.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use tokenturn_client::{Error as ClientError, ResponseValue, Transport};

use crate::answered::Deprecation;
use crate::error::{BuildError, RotateError, Unknown};
use crate::outcome::{self, Answer};

/// What the calls of one client have in common.
#[derive(Debug)]
pub(crate) struct Calls {
    deadline: Option<Duration>,
    /// The first notice that something will be gone, which is logged.
    notice: OnceLock<Deprecation>,
}

impl Calls {
    pub(crate) fn new(deadline: Option<Duration>) -> Self {
        Self {
            deadline,
            notice: OnceLock::new(),
        }
    }

    /// Makes a call that is sent once. Only its own time ends it: what it brings may be lost.
    pub(crate) async fn once<T, E>(
        &self,
        call: impl Future<Output = Result<ResponseValue<T>, ClientError<E>>>,
    ) -> Result<Answer<T>, RotateError> {
        self.heard(call.await)
    }

    /// Makes a call that may be sent again, until the deadline.
    pub(crate) async fn repeated<T, E>(
        &self,
        call: impl Future<Output = Result<ResponseValue<T>, ClientError<E>>>,
    ) -> Result<Answer<T>, RotateError> {
        let result = match self.deadline {
            Some(deadline) => tokio::time::timeout(deadline, call)
                .await
                .map_err(|_| RotateError::Unknown(Unknown::timed_out()))?,
            None => call.await,
        };
        self.heard(result)
    }

    pub(crate) fn notice(&self) -> Option<&Deprecation> {
        self.notice.get()
    }

    fn heard<T, E>(
        &self,
        result: Result<ResponseValue<T>, ClientError<E>>,
    ) -> Result<Answer<T>, RotateError> {
        let answer = outcome::answer(result)?;
        if self.notice.get().is_none()
            && let Some(notice) = Deprecation::of(&answer.1)
        {
            self.notice.get_or_init(|| {
                tracing::warn!(%notice, "the provider will end what is called");
                notice
            });
        }
        Ok(answer)
    }
}

/// Refuses headers of the caller's that could not be sent as they are.
pub(crate) fn check_headers(transport: &Transport) -> Result<(), BuildError> {
    for name in ["authorization", "content-length", "content-type", "host"] {
        if transport.header(name).is_some() {
            return Err(ours(name));
        }
    }
    Ok(())
}

/// The same transport for one call, or some, with a header of the caller's.
pub(crate) fn with_header(
    transport: &Transport,
    name: &str,
    value: &str,
) -> Result<Transport, BuildError> {
    let with_header = transport.with_header(name, value)?;
    check_headers(&with_header)?;
    Ok(with_header)
}

pub(crate) fn ours(name: impl fmt::Display) -> BuildError {
    BuildError(format!(
        "the header {name} is set by each call, so leave it out; credentials are given when the client \
         is built"
    ))
}
