//! A call whose outcome did not arrive.

use std::error::Error;
use std::fmt;

use tokenturn_client::{Error as ClientError, RawResponse};

/// What is known about a call whose outcome did not arrive.
#[derive(Debug)]
pub struct Unknown {
    answer: Answer,
    request_id: Option<String>,
}

#[derive(Debug)]
enum Answer {
    Came(Box<RawResponse>),
    Failed(ClientError),
    /// Nobody was there to receive one.
    Abandoned,
}

impl Unknown {
    pub(crate) fn answered(response: Box<RawResponse>, request_id: Option<String>) -> Self {
        Self {
            answer: Answer::Came(response),
            request_id,
        }
    }

    pub(crate) fn failed(error: ClientError) -> Self {
        Self {
            answer: Answer::Failed(error),
            request_id: None,
        }
    }

    pub(crate) fn abandoned() -> Self {
        Self {
            answer: Answer::Abandoned,
            request_id: None,
        }
    }

    fn response(&self) -> Option<&RawResponse> {
        match &self.answer {
            Answer::Came(response) => Some(response),
            _ => None,
        }
    }

    /// The HTTP status, when an answer began.
    pub fn status(&self) -> Option<u16> {
        Some(self.response()?.status().as_u16())
    }

    /// The body as far as it arrived. Treat it as a secret: there may be a token in it.
    pub fn body(&self) -> Option<&[u8]> {
        Some(self.response()?.body())
    }

    /// The provider's name for the call, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.answer {
            Answer::Failed(error) => error.fmt(f),
            Answer::Abandoned => f.write_str("the call was abandoned when its runtime ended"),
            Answer::Came(response) if !response.status().is_success() => {
                let status = response.status().as_u16();
                write!(f, "the provider answered with HTTP status {status}")
            }
            Answer::Came(response) if !response.is_complete() => f.write_str(
                "the provider answered with success, and the answer broke off before a token",
            ),
            Answer::Came(_) => {
                f.write_str("the provider answered with success, and without a token")
            }
        }
    }
}

impl Error for Unknown {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.answer {
            Answer::Failed(error) => error.source(),
            _ => None,
        }
    }
}
