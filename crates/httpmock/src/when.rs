//! What generated `...When` types are made of.

use std::fmt;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;
use tokenturn_client::Secret;
use tokenturn_client::runtime::{self, Style, style};

use crate::body::{Body, Content, Field, Fields, difference, on_the_wire};
use crate::expectation::Expectation;
use crate::server::lock;

/// What a request must look like. A part that is not named may be anything, except for the
/// credentials.
pub struct When {
    inner: httpmock::When,
    expectation: Arc<Mutex<Expectation>>,
}

impl When {
    pub(crate) fn new(inner: httpmock::When, expectation: Arc<Mutex<Expectation>>) -> Self {
        Self { inner, expectation }
    }

    fn with(self, change: impl FnOnce(&mut Expectation)) -> Self {
        change(&mut lock(&self.expectation));
        self
    }

    /// A path parameter, as it is before it is escaped.
    pub fn path(self, name: &'static str, value: impl ToString) -> Self {
        let text = runtime::encode_path(&value.to_string());
        self.with(|expectation| expectation.path(name, &text, false))
    }

    /// A path parameter in a style.
    #[track_caller]
    pub fn path_styled(
        self,
        name: &'static str,
        value: impl Serialize,
        style: Style,
        explode: bool,
    ) -> Self {
        let text = written(name, style::path(name, &value, style, explode));
        self.with(|expectation| expectation.path(name, &text, style != Style::Json))
    }

    /// A query parameter, as the client writes it: each item of a list, each field of an object.
    #[track_caller]
    pub fn query(self, name: &'static str, value: impl Serialize) -> Self {
        self.query_styled(name, value, Style::Form, true)
    }

    /// A query parameter in a style.
    #[track_caller]
    pub fn query_styled(
        self,
        name: &'static str,
        value: impl Serialize,
        style: Style,
        explode: bool,
    ) -> Self {
        let query = written(name, style::query(name, &value, style, explode));
        self.with(|expectation| expectation.query(name, &query, style, explode))
    }

    /// A header parameter in a style.
    #[track_caller]
    pub fn header_styled(
        self,
        name: &'static str,
        value: impl Serialize,
        style: Style,
        explode: bool,
    ) -> Self {
        let text = written(name, style::header(&value, style, explode));
        self.with(|expectation| expectation.header(name, text))
    }

    /// A cookie.
    #[track_caller]
    pub fn cookie(
        self,
        name: &'static str,
        value: impl Serialize,
        style: Style,
        explode: bool,
    ) -> Self {
        let pairs = written(name, style::cookies(name, &value, style, explode));
        self.with(|expectation| expectation.cookies(name, pairs))
    }

    /// A header parameter.
    pub fn header(self, name: &'static str, value: impl ToString) -> Self {
        self.with(|expectation| expectation.header(name, Some(value.to_string())))
    }

    /// A user name and a password.
    pub fn basic(self, user: &str, password: impl Into<Secret>) -> Self {
        let pair = format!("{user}:{}", password.into().expose());
        self.with(|expectation| {
            expectation.authorization(format!("Basic {}", STANDARD.encode(pair)));
        })
    }

    /// A token.
    pub fn bearer(self, token: impl Into<Secret>) -> Self {
        let value = format!("Bearer {}", token.into().expose());
        self.with(|expectation| expectation.authorization(value))
    }

    /// A body of JSON, compared by value.
    #[track_caller]
    pub fn json(self, media: &'static str, body: &impl Serialize) -> Self {
        match on_the_wire(body) {
            Ok(value) => self.content(media, Content::Json(value)),
            Err(error) => panic!("the body cannot be written as JSON: {error}"),
        }
    }

    /// A form, compared by its decoded pairs.
    #[track_caller]
    pub fn form(self, media: &'static str, body: &impl Serialize) -> Self {
        self.form_styled(media, body, &[])
    }

    /// The same for a form some of whose fields have a style of their own.
    #[track_caller]
    pub fn form_styled(
        self,
        media: &'static str,
        body: &impl Serialize,
        styles: &'static [(&'static str, Style)],
    ) -> Self {
        match runtime::form(body, styles) {
            Ok(form) => self.content(media, Content::Form(form, styles)),
            Err(error) => panic!("the body cannot be written as a form: {error}"),
        }
    }

    /// A multipart body, compared part by part.
    #[track_caller]
    pub fn multipart(
        self,
        media: &'static str,
        body: &impl Serialize,
        types: &'static [(&'static str, &'static str)],
    ) -> Self {
        match runtime::parts(body, types) {
            Ok(parts) => self.content(media, Content::Parts(parts)),
            Err(error) => panic!("the body cannot be written in parts: {error}"),
        }
    }

    /// A body of any other kind.
    pub fn bytes(self, media: &'static str, body: impl AsRef<[u8]>) -> Self {
        self.content(media, Content::Bytes(body.as_ref().to_vec()))
    }

    /// A field of a body. None and null want it to be absent, or null.
    #[track_caller]
    pub fn body_field(
        self,
        media: &'static str,
        fields: Fields,
        name: &'static str,
        value: impl Serialize,
    ) -> Self {
        let expected = match on_the_wire(&value) {
            Ok(value) => fields.written(value),
            Err(error) => panic!("`{name}` cannot be written: {error}"),
        };
        let holds = move |found: &Value| difference(&expected, found, String::new()).is_none();
        self.content(media, Content::Field(Field::new(fields, name, holds)))
    }

    /// A field of a body that is a text.
    pub fn body_field_that(
        self,
        media: &'static str,
        fields: Fields,
        name: &'static str,
        holds: impl Fn(&str) -> bool + Send + 'static,
    ) -> Self {
        let holds = move |found: &Value| found.as_str().is_some_and(&holds);
        self.content(media, Content::Field(Field::new(fields, name, holds)))
    }

    fn content(self, media: &'static str, content: Content) -> Self {
        self.with(|expectation| expectation.body(Body { media, content }))
    }

    /// A condition in httpmock's own words.
    pub fn and(mut self, add: impl FnOnce(httpmock::When) -> httpmock::When) -> Self {
        self.inner = add(self.inner);
        self
    }
}

#[track_caller]
fn written<T>(name: &str, text: Result<T, String>) -> T {
    match text {
        Ok(text) => text,
        Err(error) => panic!("`{name}` cannot be a parameter: {error}"),
    }
}

impl fmt::Debug for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("When").finish_non_exhaustive()
    }
}
