//! Why nothing was sent.

use std::error::Error;

use tokenturn_client::Error as ClientError;

/// Why nothing was sent.
///
/// Where it was the sink that was not ready, the sink's own error is the `source()`.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct NotSent(Why);

#[derive(Debug, thiserror::Error)]
enum Why {
    #[error(transparent)]
    Call(ClientError),
    #[error("nothing was sent: {0}")]
    Impossible(String),
    #[error("nothing was sent, because the sink is not ready")]
    Sink(#[source] Box<dyn Error + Send + Sync>),
    #[error("nothing was sent, because there is no connection")]
    NoConnection(#[source] Box<dyn Error + Send + Sync>),
    #[error("the call was not made, because what had to be asked before it was not answered")]
    Unasked(#[source] Box<dyn Error + Send + Sync>),
    #[error("nothing was sent, because connecting took too long")]
    TimedOut,
}

impl NotSent {
    pub(crate) fn call(error: ClientError) -> Self {
        Self(Why::Call(error))
    }

    /// The call cannot be made by this client, as it is set up, or with this token.
    pub fn impossible(why: impl Into<String>) -> Self {
        Self(Why::Impossible(why.into()))
    }

    /// The sink has said so before anything was sent.
    pub fn sink(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Why::Sink(error.into()))
    }

    /// No byte of the call left this process: there was no connection to send it on.
    pub fn no_connection(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Why::NoConnection(error.into()))
    }

    /// The call was not made: a question that comes before it was not answered, for this reason.
    pub fn unasked(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Why::Unasked(error.into()))
    }

    /// No byte of the call left this process: connecting took too long.
    pub fn timed_out() -> Self {
        Self(Why::TimedOut)
    }

    /// Whether this client, as it is set up, cannot make the call: its server does not have it, or
    /// credentials are missing, or the token is none that could be sent.
    pub fn is_impossible(&self) -> bool {
        matches!(self.0, Why::Impossible(_))
    }

    /// Whether it was the sink that was not ready.
    pub fn is_sink(&self) -> bool {
        matches!(self.0, Why::Sink(_))
    }

    /// Whether the time ran out while connecting.
    pub fn is_timeout(&self) -> bool {
        match &self.0 {
            Why::Call(error) => error.is_timeout(),
            why => matches!(why, Why::TimedOut),
        }
    }

    /// The sink's own error, where it was the sink that was not ready.
    pub fn into_sink_error(self) -> Option<Box<dyn Error + Send + Sync>> {
        match self.0 {
            Why::Sink(error) => Some(error),
            _ => None,
        }
    }
}
