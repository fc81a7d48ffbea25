//! What is known about an operation before it is sent.

/// One operation of an API, as its spec describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The `operationId`.
    pub id: &'static str,
    /// The HTTP method in capitals.
    pub method: &'static str,
    /// The path below the base URL, with its parameters in braces.
    pub path: &'static str,
    /// What happens when the call is sent twice.
    pub retry: Retry,
    /// Whether it takes the transport's credentials. To a call that takes none, they are not sent.
    pub authenticated: bool,
}

/// What happens when a call is sent twice: the spec's `x-retry`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Nothing: the call reads.
    Safe,
    /// The second call ends in the state that the first one made.
    Idempotent,
    /// The state changes once more, and nothing is lost by it.
    Repeatable,
    /// Something is lost for good.
    Never,
}

impl Retry {
    /// Whether a transport may repeat the call by itself when it failed.
    pub fn is_automatic(self) -> bool {
        matches!(self, Self::Safe | Self::Idempotent)
    }
}
