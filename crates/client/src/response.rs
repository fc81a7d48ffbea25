//! What came back, whole.

use std::fmt;
use std::ops::Deref;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use zeroize::Zeroizing;

/// An answer as it arrived: its body may hold a token, so it does not print it.
pub struct RawResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Zeroizing<Vec<u8>>,
    pub(crate) complete: bool,
    pub(crate) decoded: bool,
}

impl RawResponse {
    /// An answer that came whole and without headers, for the test of what is made of it.
    ///
    /// # Panics
    ///
    /// When `status` is none of HTTP: 100 to 999.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: StatusCode::from_u16(status).expect("a status is between 100 and 999"),
            headers: HeaderMap::new(),
            body: Zeroizing::new(body.into()),
            complete: true,
            decoded: true,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// All headers. They print in clear.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// One header, when it is there once and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body, as far as it arrived and could be unpacked. It may hold a token.
    ///
    /// `gzip` and `deflate` are taken off, as often as the headers name them, and also where no
    /// header does.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Whether the body is plain: every coding that its header names was taken off (RFC 9110,
    /// section 8.4). Otherwise it is as it came, or as far as it could be unpacked.
    pub fn is_decoded(&self) -> bool {
        self.decoded
    }

    /// Whether the body arrived whole: the connection did not break off, the time did not run
    /// out, and the size limit was not met.
    pub fn is_complete(&self) -> bool {
        self.complete
    }
}

impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status.as_u16())
            .field("body_length", &self.body.len())
            .field("complete", &self.complete)
            .field("decoded", &self.decoded)
            .finish_non_exhaustive()
    }
}

/// A decoded answer. It dereferences to the value.
#[derive(Debug)]
pub struct ResponseValue<T> {
    /// Apart, because futures within futures would copy a kilobyte again and again.
    pub(crate) value: Box<T>,
    pub(crate) response: Box<RawResponse>,
}

impl<T> ResponseValue<T> {
    /// An answer and the value in it.
    pub fn new(value: T, response: RawResponse) -> Self {
        Self {
            value: Box::new(value),
            response: Box::new(response),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.response.status
    }

    /// All headers. They print in clear.
    pub fn headers(&self) -> &HeaderMap {
        &self.response.headers
    }

    /// The body, as far as it arrived. It may hold a token.
    pub fn body(&self) -> &[u8] {
        &self.response.body
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        *self.value
    }

    /// The same answer with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> ResponseValue<U> {
        ResponseValue {
            value: Box::new(change(*self.value)),
            response: self.response,
        }
    }

    /// The value, and the answer that it was decoded from.
    pub fn into_parts(self) -> (Box<T>, Box<RawResponse>) {
        (self.value, self.response)
    }
}

impl<T> Deref for ResponseValue<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
