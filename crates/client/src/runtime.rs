//! What generated code calls. Not a public API: it goes with the generator of the same version.

pub mod style;

use std::convert::Infallible;
use std::fmt::{Arguments, Display};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Request, RequestBuilder, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::choice::{Alternative, Choice};
pub use crate::expose::{Expose, Exposed, expose, exposing};
use crate::fields::FieldsError;
pub use crate::multipart::{Part, parts};
use crate::transport::{Buffer, add_cookie};
pub use crate::{Error, Operation, ResponseValue};
use crate::{RawResponse, Transport};
use crate::{form, multipart};
pub use style::Style;
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
            Error::OutOfTime => Self::OutOfTime,
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

/// A form as it is sent. What has another style than `form` with `explode` stands in `styles`.
pub fn form<T: Serialize>(
    body: &T,
    styles: &'static [(&'static str, Style)],
) -> Result<Vec<u8>, FieldsError> {
    form::write(body, styles).map(|form| form.as_slice().to_vec())
}

/// Bodies that are overwritten when they have been sent, and parameters.
pub trait RequestBuilderExt: Sized {
    /// Sets a body of JSON and its content type.
    fn json_body<T: Serialize>(self, body: &T) -> Result<Self, Unanswered>;
    /// The same for a content type that is built on JSON.
    fn json_body_as<T: Serialize>(self, media: &str, body: &T) -> Result<Self, Unanswered>;
    /// Sets a form and its content type.
    fn form_urlencoded<T: Serialize>(self, body: &T) -> Result<Self, Unanswered> {
        self.form_styled(body, &[])
    }
    /// The same for a form some of whose fields have a style of their own.
    fn form_styled<T: Serialize>(
        self,
        body: &T,
        styles: &'static [(&'static str, Style)],
    ) -> Result<Self, Unanswered>;
    /// Sets a multipart body and its content type. Some of its parts may have one of their own.
    fn multipart<T: Serialize>(
        self,
        body: &T,
        types: &'static [(&'static str, &'static str)],
    ) -> Result<Self, Unanswered>;
    /// Adds a query parameter: once for a value, not at all for none, once for each item of a list
    /// or field of an object.
    fn query_param<T: Serialize>(self, name: &str, value: &T) -> Result<Self, Unanswered> {
        self.query_styled(name, value, Style::Form, true)
    }
    /// Adds a query parameter.
    fn query_styled<T: Serialize>(
        self,
        name: &str,
        value: &T,
        style: Style,
        explode: bool,
    ) -> Result<Self, Unanswered>;
    /// Adds a header, unless there is no value.
    fn header_styled<T: Serialize>(
        self,
        name: &str,
        value: &T,
        style: Style,
        explode: bool,
    ) -> Result<Self, Unanswered>;
    /// Adds cookies to those that are there.
    fn cookie<T: Serialize>(
        self,
        name: &str,
        value: &T,
        style: Style,
        explode: bool,
    ) -> Result<Self, Unanswered>;
}

impl RequestBuilderExt for RequestBuilder {
    fn json_body<T: Serialize>(self, body: &T) -> Result<Self, Unanswered> {
        self.json_body_as("application/json", body)
    }

    fn json_body_as<T: Serialize>(self, media: &str, body: &T) -> Result<Self, Unanswered> {
        let mut buffer = Buffer::default();
        exposing(|| serde_json::to_writer(&mut buffer, body)).map_err(Unanswered::not_valid)?;
        Ok(self.header(CONTENT_TYPE, media).body(buffer))
    }

    fn form_styled<T: Serialize>(
        self,
        body: &T,
        styles: &'static [(&'static str, Style)],
    ) -> Result<Self, Unanswered> {
        let form = form::write(body, styles).map_err(Unanswered::not_valid)?;
        let content_type = "application/x-www-form-urlencoded";
        Ok(self.header(CONTENT_TYPE, content_type).body(form))
    }

    fn multipart<T: Serialize>(
        self,
        body: &T,
        types: &'static [(&'static str, &'static str)],
    ) -> Result<Self, Unanswered> {
        let written = parts(body, types).and_then(|parts| multipart::write(&parts));
        let (content_type, body) = written.map_err(Unanswered::not_valid)?;
        Ok(self.header(CONTENT_TYPE, content_type).body(body))
    }

    fn query_styled<T: Serialize>(
        self,
        name: &str,
        value: &T,
        style: Style,
        explode: bool,
    ) -> Result<Self, Unanswered> {
        let query = style::query(name, value, style, explode);
        let query = query.map_err(|why| not_written(name, &why))?;
        if query.is_empty() {
            return Ok(self);
        }
        changed(self, |request| {
            let url = request.url_mut();
            let query = match url.query() {
                Some(before) => format!("{before}&{query}"),
                None => query,
            };
            url.set_query(Some(&query));
        })
    }

    fn header_styled<T: Serialize>(
        self,
        name: &str,
        value: &T,
        style: Style,
        explode: bool,
    ) -> Result<Self, Unanswered> {
        let text = style::header(value, style, explode);
        match text.map_err(|why| not_written(name, &why))? {
            Some(text) => Ok(self.header(name, sensitive(name, text)?)),
            None => Ok(self),
        }
    }

    fn cookie<T: Serialize>(
        self,
        name: &str,
        value: &T,
        style: Style,
        explode: bool,
    ) -> Result<Self, Unanswered> {
        let pairs = style::cookies(name, value, style, explode);
        let pairs = pairs.map_err(|why| not_written(name, &why))?;
        pairs.into_iter().try_fold(self, |builder, (key, value)| {
            let value = sensitive(name, format!("{key}={value}"))?;
            changed(builder, |request| add_cookie(request.headers_mut(), &value))
        })
    }
}

/// A header that may hold a secret.
fn sensitive(name: &str, text: String) -> Result<HeaderValue, Unanswered> {
    let mut value = HeaderValue::try_from(text).map_err(|why| not_written(name, &why))?;
    value.set_sensitive(true);
    Ok(value)
}

fn not_written(name: &str, why: &dyn Display) -> Unanswered {
    Unanswered::not_valid(format_args!("`{name}` cannot be written: {why}"))
}

fn changed(
    builder: RequestBuilder,
    change: impl FnOnce(&mut Request),
) -> Result<RequestBuilder, Unanswered> {
    let (client, request) = builder.build_split();
    let request = request.map_err(|error| Unanswered::not_valid(error.without_url()));
    let mut request = request?;
    change(&mut request);
    Ok(RequestBuilder::from_parts(client, request))
}

/// A part of a path.
pub fn path_styled<T: Serialize>(
    name: &str,
    value: &T,
    style: Style,
    explode: bool,
) -> Result<String, Unanswered> {
    style::path(name, value, style, explode).map_err(|why| not_written(name, &why))
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
