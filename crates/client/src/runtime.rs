//! What generated code calls. Not a public API: it goes with the generator of the same version.

use std::convert::Infallible;
use std::fmt::Arguments;
use std::io::Write;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Request, RequestBuilder, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

pub use crate::choice::{Alternative, Choice};
pub use crate::expose::{expose, exposing};
use crate::transport::Buffer;
pub use crate::{Error, Operation, ResponseValue};
use crate::{RawResponse, Transport};
pub use {reqwest, serde, serde_json};

/// The error of a call that was not answered, before it is known which call that was.
#[derive(Debug)]
pub struct Unanswered(Error<Infallible>);

impl Unanswered {
    fn not_valid(error: impl ToString) -> Self {
        Self(Error::InvalidRequest(error.to_string()))
    }
}

impl<E> From<Unanswered> for Error<E> {
    fn from(error: Unanswered) -> Self {
        match error.0 {
            Error::InvalidRequest(why) => Self::InvalidRequest(why),
            Error::NotSent(error) => Self::NotSent(error),
            Error::NoResponse(error) => Self::NoResponse(error),
            Error::InvalidResponsePayload(response, error) => {
                Self::InvalidResponsePayload(response, error)
            }
            Error::UnexpectedResponse(response) => Self::UnexpectedResponse(response),
            Error::ErrorResponse(answer) => match *answer.value {},
        }
    }
}

/// What builds the requests.
pub fn http(transport: &Transport) -> &Client {
    transport.http()
}

/// Where a request goes.
pub fn url(transport: &Transport, path: Arguments<'_>) -> Url {
    transport.url(path)
}

/// Sends a request and reads the answer.
pub fn call<'a>(
    transport: &'a Transport,
    mut request: Request,
    operation: &'a Operation,
) -> impl Future<Output = Result<Box<RawResponse>, Unanswered>> + Send + 'a {
    let prepared = transport.prepare(&mut request, operation);
    // Each future that it passes through would have room for it otherwise.
    let request = Box::new(request);
    async move {
        prepared.map_err(Unanswered::not_valid)?;
        let answer = transport.send(request, operation).await;
        answer.map_err(Unanswered)
    }
}

/// Whether a field that is made of its own type is left out.
#[allow(clippy::borrowed_box)]
pub fn is_none_in_box<T>(field: &Box<Option<T>>) -> bool {
    field.is_none()
}

/// Decodes the body. A cut body that is a whole JSON document all the same is good enough.
pub fn decode<T: DeserializeOwned, E>(
    response: Box<RawResponse>,
) -> Result<ResponseValue<T>, Error<E>> {
    match serde_json::from_slice(&response.body) {
        Ok(value) => Ok(with_value(response, value)),
        Err(error) => Err(Error::InvalidResponsePayload(response, error.into())),
    }
}

/// An answer whose value is there.
pub fn with_value<T>(response: Box<RawResponse>, value: T) -> ResponseValue<T> {
    let value = Box::new(value);
    ResponseValue { value, response }
}

/// An answer that is no success: what the spec says of it, if it is as the spec says.
pub fn failure<E>(
    response: Box<RawResponse>,
    decode: impl FnOnce(u16, &[u8]) -> Option<E>,
) -> Error<E> {
    match decode(response.status.as_u16(), &response.body) {
        Some(value) => Error::ErrorResponse(Box::new(with_value(response, value))),
        None => Error::UnexpectedResponse(response),
    }
}

/// The body of a declared failure, if it is as declared.
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}

/// Bodies that are overwritten when they have been sent, and query parameters.
pub trait RequestBuilderExt: Sized {
    /// Sets a body of JSON and its content type.
    fn json_body<T: Serialize>(self, body: &T) -> Result<Self, Unanswered>;
    /// Sets a form and its content type.
    fn form_urlencoded<T: Serialize>(self, body: &T) -> Result<Self, Unanswered>;
    /// Adds a query parameter: once for a value, not at all for none, once for each item of a list.
    fn query_param<T: Serialize>(self, name: &str, value: &T) -> Result<Self, Unanswered>;
}

impl RequestBuilderExt for RequestBuilder {
    fn json_body<T: Serialize>(self, body: &T) -> Result<Self, Unanswered> {
        let mut buffer = Buffer::default();
        exposing(|| serde_json::to_writer(&mut buffer, body)).map_err(Unanswered::not_valid)?;
        Ok(self.header(CONTENT_TYPE, "application/json").body(buffer))
    }

    fn form_urlencoded<T: Serialize>(self, body: &T) -> Result<Self, Unanswered> {
        let form = exposing(|| serde_urlencoded::to_string(body));
        let form = form.map_err(Unanswered::not_valid)?;
        let form = Zeroizing::new(form);
        let mut buffer = Buffer::default();
        buffer
            .write_all(form.as_bytes())
            .map_err(Unanswered::not_valid)?;
        let content_type = "application/x-www-form-urlencoded";
        Ok(self.header(CONTENT_TYPE, content_type).body(buffer))
    }

    fn query_param<T: Serialize>(self, name: &str, value: &T) -> Result<Self, Unanswered> {
        let value = exposing(|| serde_json::to_value(value)).map_err(Unanswered::not_valid)?;
        let pairs: Vec<(&str, &Value)> = match &value {
            Value::Null => Vec::new(),
            Value::Array(items) => items.iter().map(|item| (name, item)).collect(),
            // OpenAPI's default for an object: its fields are the parameters.
            Value::Object(fields) => fields.iter().map(|(k, v)| (k.as_str(), v)).collect(),
            value => vec![(name, value)],
        };
        // Null cannot be written.
        let pairs: Vec<_> = pairs.into_iter().filter(|(_, v)| !v.is_null()).collect();
        Ok(self.query(&pairs))
    }
}

/// Encodes a path parameter as one segment.
pub fn encode_path(segment: &str) -> String {
    /// The path percent-encode set of the URL standard, the characters that would end the segment
    /// or read as an escape, and those that RFC 3986 has in no path.
    const SEGMENT: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b'/')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'[')
        .add(b'\\')
        .add(b']')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    utf8_percent_encode(segment, SEGMENT).to_string()
}
