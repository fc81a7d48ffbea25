//! What can go wrong with a call.

use std::convert::Infallible;
use std::fmt;

use reqwest::StatusCode;
use reqwest::header::InvalidHeaderValue;

use crate::{RawResponse, ResponseValue};

/// Why a call has no successful answer. `E` is what its spec says about its failures.
///
/// Neither `Display` nor `Debug`, nor any source, shows a body, a header or a URL.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error<E = Infallible> {
    /// The request could not be built from what the caller gave. Nothing was sent.
    #[error("nothing was sent, because the request is not valid: {0}")]
    InvalidRequest(String),

    /// No connection could be made (DNS, TCP, TLS). Nothing was sent.
    #[error("nothing was sent, because there is no connection")]
    NotSent(#[source] reqwest::Error),

    /// The request left, at least in part, and no answer began. It may have taken effect.
    #[error("the request was sent and no answer came")]
    NoResponse(#[source] reqwest::Error),

    /// The deadline of the call has passed, and no answer was there. It may have taken effect.
    #[error("the call was given up at its deadline, and no answer came")]
    OutOfTime,

    /// The answer has a status that the spec declares as a failure, and a body that is as the spec
    /// says.
    #[error("the provider answered with HTTP status {}", .0.status().as_u16())]
    ErrorResponse(Box<ResponseValue<E>>),

    /// The answer has a status that the spec does not declare, or a body that is not as declared
    /// for it.
    #[error("the provider answered with HTTP status {}", .0.status().as_u16())]
    UnexpectedResponse(Box<RawResponse>),

    /// The status is a success and the body is not what the spec says.
    #[error("the provider answered with HTTP status {}, and the body could not be read", .0.status().as_u16())]
    InvalidResponsePayload(Box<RawResponse>, #[source] DecodeError),
}

impl<E> Error<E> {
    /// Whether it is certain that nothing of the request left this process.
    pub fn is_not_sent(&self) -> bool {
        matches!(self, Self::InvalidRequest(_) | Self::NotSent(_))
    }

    /// Whether the time ran out while connecting or waiting for the answer to begin.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::NotSent(error) | Self::NoResponse(error) => error.is_timeout(),
            Self::OutOfTime => true,
            _ => false,
        }
    }

    /// The HTTP status, when an answer began.
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(RawResponse::status)
    }

    /// The answer, when one began.
    pub fn response(&self) -> Option<&RawResponse> {
        match self {
            Self::ErrorResponse(answer) => Some(&answer.response),
            Self::UnexpectedResponse(response) | Self::InvalidResponsePayload(response, _) => {
                Some(response)
            }
            _ => None,
        }
    }

    /// The answer, when one began; otherwise the error itself.
    ///
    /// # Errors
    ///
    /// The error itself, when no answer began.
    pub fn into_response(self) -> Result<Box<RawResponse>, Error> {
        match self {
            Self::InvalidRequest(why) => Err(Error::InvalidRequest(why)),
            Self::NotSent(error) => Err(Error::NotSent(error)),
            Self::NoResponse(error) => Err(Error::NoResponse(error)),
            Self::OutOfTime => Err(Error::OutOfTime),
            Self::ErrorResponse(answer) => Ok(answer.response),
            Self::UnexpectedResponse(response) | Self::InvalidResponsePayload(response, _) => {
                Ok(response)
            }
        }
    }
}

// A decoded failure may quote what the provider should not have said.
impl<E> fmt::Debug for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, field): (_, &dyn fmt::Debug) = match self {
            Self::InvalidRequest(why) => ("InvalidRequest", why),
            Self::NotSent(error) => ("NotSent", error),
            Self::NoResponse(error) => ("NoResponse", error),
            Self::OutOfTime => return f.write_str("OutOfTime"),
            Self::ErrorResponse(answer) => ("ErrorResponse", &answer.response),
            Self::UnexpectedResponse(response) => ("UnexpectedResponse", response),
            Self::InvalidResponsePayload(response, error) => {
                let mut tuple = f.debug_tuple("InvalidResponsePayload");
                return tuple.field(response).field(error).finish();
            }
        };
        f.debug_tuple(name).field(field).finish()
    }
}

// Generated code builds its requests with `?`.
impl<E> From<reqwest::Error> for Error<E> {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_builder() || error.is_connect() {
            Self::NotSent(error)
        } else {
            Self::NoResponse(error)
        }
    }
}

impl<E> From<InvalidHeaderValue> for Error<E> {
    fn from(_: InvalidHeaderValue) -> Self {
        Self::InvalidRequest("a header parameter has a control character in it".into())
    }
}

/// Where a body stopped being what the spec says.
///
/// It names a place and never the text that stood there: serde's own message would quote it.
#[derive(Clone, Debug)]
pub struct DecodeError {
    kind: &'static str,
    line: usize,
    column: usize,
}

impl From<serde_json::Error> for DecodeError {
    fn from(error: serde_json::Error) -> Self {
        Self {
            kind: match error.classify() {
                serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
                    "not JSON from"
                }
                serde_json::error::Category::Eof => "cut off at",
                serde_json::error::Category::Data => "not as specified at",
            },
            line: error.line(),
            column: error.column(),
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, line, column } = self;
        write!(f, "the body is {kind} line {line}, column {column}")
    }
}

impl std::error::Error for DecodeError {}
