//! How the clients of both providers make their calls.

use std::sync::OnceLock;

use tokenturn_client::{Error as ClientError, ResponseValue, Transport};

use crate::answered::Deprecation;
use crate::error::{BuildError, RotateError};
use crate::outcome::{self, Answer};

/// What the calls of one client have in common.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// The first notice that something will be gone, which is logged.
    notice: OnceLock<Deprecation>,
}

impl Calls {
    /// Makes a call.
    pub(crate) async fn make<T, E>(
        &self,
        call: impl Future<Output = Result<ResponseValue<T>, ClientError<E>>>,
    ) -> Result<Answer<T>, RotateError> {
        let answer = outcome::answer(call.await)?;
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

    pub(crate) fn notice(&self) -> Option<&Deprecation> {
        self.notice.get()
    }
}

/// Refuses headers of the caller's that would carry a call, or credentials, to the wrong place.
pub(crate) fn check_headers(transport: &Transport) -> Result<(), BuildError> {
    let mut names = ["authorization", "host"].into_iter();
    match names.find(|name| transport.header(name).is_some()) {
        Some(name) => Err(BuildError(format!(
            "the header {name} is set by each call, so leave it out; credentials are given when the \
             client is built"
        ))),
        None => Ok(()),
    }
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
