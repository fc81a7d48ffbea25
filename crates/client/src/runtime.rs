//! What generated code calls. The names and shapes are those of progenitor-client, whose place it
//! takes; not a public API.

use std::io::Write;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Request, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

pub use crate::error::Error;
pub use crate::expose::expose;
pub use crate::response::ResponseValue;
use crate::transport::Buffer;
use crate::{Operation, RawResponse, Transport};

/// Implemented by every generated client.
pub trait ClientInfo<Inner> {
    /// `info.version` of the spec.
    fn api_version() -> &'static str;
    /// The base URL without a slash at its end.
    fn baseurl(&self) -> &str;
    /// What sends the requests.
    fn client(&self) -> &reqwest::Client;
    /// The transport.
    fn inner(&self) -> &Inner;
}

/// Which operation a request belongs to.
#[derive(Clone, Copy, Debug)]
pub struct OperationInfo {
    /// Its `operationId`.
    pub operation_id: &'static str,
}

/// Routes the requests of a generated client through its [`Transport`].
#[allow(async_fn_in_trait, reason = "implemented by generated clients only")]
pub trait ClientHooks<Inner = Transport>: ClientInfo<Transport> {
    /// The table of operations.
    const OPERATIONS: &'static [Operation];

    /// Prepares the request.
    async fn pre(&self, request: &mut Request, info: &OperationInfo) -> Result<(), Error> {
        self.inner()
            .prepare(request, find(Self::OPERATIONS, info)?)
            .map_err(Error::InvalidRequest)
    }

    /// Sends the request and reads the answer.
    async fn exec(
        &self,
        request: Request,
        info: &OperationInfo,
    ) -> Result<Box<RawResponse>, Error> {
        self.inner()
            .send(request, find(Self::OPERATIONS, info)?)
            .await
    }

    /// Nothing is left to do.
    async fn post(
        &self,
        _result: &Result<Box<RawResponse>, Error>,
        _info: &OperationInfo,
    ) -> Result<(), Error> {
        Ok(())
    }
}

fn find(
    operations: &'static [Operation],
    info: &OperationInfo,
) -> Result<&'static Operation, Error> {
    operations
        .iter()
        .find(|operation| operation.id == info.operation_id)
        .ok_or_else(|| {
            Error::InvalidRequest(format!("no operation is called {}", info.operation_id))
        })
}

impl<T: DeserializeOwned> ResponseValue<T> {
    /// Decodes the body. A cut body that is a whole JSON document all the same is good enough.
    pub async fn from_response(response: Box<RawResponse>) -> Result<Self, Error> {
        match serde_json::from_slice(&response.body) {
            Ok(value) => Ok(Self { value, response }),
            Err(error) => Err(Error::InvalidResponsePayload(response, error.into())),
        }
    }
}

impl ResponseValue<()> {
    /// An answer whose body, if there is one, says nothing.
    pub fn empty(response: Box<RawResponse>) -> Self {
        let value = ();
        Self { value, response }
    }
}

/// Bodies that are overwritten when they have been sent.
pub trait RequestBuilderExt: Sized {
    /// Sets a body of JSON and its content type.
    fn json_body<T: Serialize>(self, body: &T) -> Result<Self, Error>;
    /// Sets a form and its content type.
    fn form_urlencoded<T: Serialize>(self, body: &T) -> Result<Self, Error>;
}

impl RequestBuilderExt for RequestBuilder {
    fn json_body<T: Serialize>(self, body: &T) -> Result<Self, Error> {
        let mut buffer = Buffer::default();
        serde_json::to_writer(&mut buffer, body).map_err(not_valid)?;
        Ok(self.header(CONTENT_TYPE, "application/json").body(buffer))
    }

    fn form_urlencoded<T: Serialize>(self, body: &T) -> Result<Self, Error> {
        let form = Zeroizing::new(serde_urlencoded::to_string(body).map_err(not_valid)?);
        let mut buffer = Buffer::default();
        buffer.write_all(form.as_bytes()).map_err(not_valid)?;
        let content_type = "application/x-www-form-urlencoded";
        Ok(self.header(CONTENT_TYPE, content_type).body(buffer))
    }
}

fn not_valid(error: impl ToString) -> Error {
    Error::InvalidRequest(error.to_string())
}

/// Encodes a path parameter as one segment.
pub fn encode_path(segment: &str) -> String {
    /// The path percent-encode set of the URL standard, and the characters that would end the
    /// segment or read as an escape.
    const SEGMENT: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b'/')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'\\')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'}');
    utf8_percent_encode(segment, SEGMENT).to_string()
}
