//! Bodies of requests, compared by what they mean and not by how they are written.

use httpmock::HttpMockRequest;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::{Map, Value};
use tokenturn_client::runtime::{Part, Style, exposing};

use crate::expectation::header;
use crate::multipart;
use crate::wire::pairs;

/// A body and its media type.
pub(crate) struct Body {
    pub(crate) media: &'static str,
    pub(crate) content: Content,
}

pub(crate) enum Content {
    Json(Value),
    /// As it is sent.
    Form(Vec<u8>, &'static [(&'static str, Style)]),
    Parts(Vec<Part>),
    Bytes(Vec<u8>),
    Field(Field),
}

/// A field, and what it must be like. A field that is absent is null.
pub(crate) struct Field {
    fields: Fields,
    name: &'static str,
    holds: Box<dyn Fn(&Value) -> bool + Send>,
}

impl Field {
    pub(crate) fn new(
        fields: Fields,
        name: &'static str,
        holds: impl Fn(&Value) -> bool + Send + 'static,
    ) -> Self {
        Self {
            fields,
            name,
            holds: Box::new(holds),
        }
    }

    fn mismatch(&self, bytes: &[u8]) -> Option<String> {
        let Some(found) = self.fields.get(bytes, self.name) else {
            return Some("body, which is no object of JSON".into());
        };
        let holds = (self.holds)(&found);
        (!holds).then(|| format!("body at `{}`", self.name))
    }
}

/// How a body is written that has fields.
#[derive(Clone, Copy, Debug)]
pub enum Fields {
    /// As an object of JSON.
    Json,
    /// As pairs, whose values are texts. Some fields have a style of their own.
    Form(&'static [(&'static str, Style)]),
}

impl Fields {
    /// A field of a body, or none where the body has no fields.
    fn get(self, bytes: &[u8], name: &str) -> Option<Value> {
        match self {
            Self::Json => {
                let mut body: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
                Some(body.remove(name).unwrap_or_default())
            }
            Self::Form(styles) => {
                let is_list = |name: &str| styles.contains(&(name, Style::Form));
                let found = pairs(bytes, is_list).into_iter();
                let found = found.filter(|(key, _)| key == name);
                let items = found.flat_map(|(_, value)| match is_list(name) {
                    true => value.split(',').map(plain).collect(),
                    false => vec![Value::String(value)],
                });
                Some(one_or_list(items.collect()))
            }
        }
    }

    /// A value as it is found.
    pub(crate) fn written(self, value: Value) -> Value {
        match (self, value) {
            (Self::Json, value) => value,
            (Self::Form(_), Value::Array(items)) => {
                let items = items.into_iter().map(|item| self.written(item));
                one_or_list(items.collect())
            }
            (Self::Form(_), value @ (Value::Null | Value::String(_))) => value,
            (Self::Form(_), value) => Value::String(value.to_string()),
        }
    }
}

/// An item of a list between commas.
fn plain(item: &str) -> Value {
    Value::String(percent_decode_str(item).decode_utf8_lossy().into_owned())
}

/// A pair that comes once is no list.
fn one_or_list(mut values: Vec<Value>) -> Value {
    match values.len() {
        0 => Value::Null,
        1 => values.remove(0),
        _ => Value::Array(values),
    }
}

impl Body {
    pub(crate) fn is_field(&self) -> bool {
        matches!(self.content, Content::Field(_))
    }

    /// What does not fit. It names places that the mock knows and shows nothing of the request.
    pub(crate) fn mismatch(&self, request: &HttpMockRequest) -> Option<String> {
        let found = header(request, "content-type");
        let essence = found.first().and_then(|media| media.split(';').next());
        // Of a range, the caller chooses one, which is a header of its own.
        let is_any = self.media.contains('*');
        if !is_any && !essence.is_some_and(|media| media.trim().eq_ignore_ascii_case(self.media)) {
            return Some("content type of the body".into());
        }
        let bytes = request.body_ref();
        match &self.content {
            Content::Json(expected) => match serde_json::from_slice(bytes) {
                Ok(found) => difference(expected, &found, String::new()),
                Err(_) => Some("body, which is not JSON".into()),
            },
            Content::Form(expected, styles) => {
                let is_list = |name: &str| styles.contains(&(name, Style::Form));
                form_difference(&pairs(expected, is_list), &pairs(bytes, is_list))
            }
            Content::Parts(expected) => {
                let content_type = found.first().map_or("", |media| media.as_str());
                multipart::difference(expected, content_type, bytes)
            }
            Content::Field(field) => field.mismatch(bytes),
            Content::Bytes(expected) => (bytes != expected).then(|| "body".into()),
        }
    }
}

/// A value as it is read by who is sent it: of a short number, the digits that are written.
pub(crate) fn on_the_wire(value: &impl Serialize) -> serde_json::Result<Value> {
    let text = exposing(|| serde_json::to_vec(value))?;
    serde_json::from_slice(&text)
}

/// The first place where two values differ. Numbers are compared by value: `5` is `5.0`.
pub(crate) fn difference(expected: &Value, found: &Value, place: String) -> Option<String> {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (name, expected) in expected {
                let place = format!("{place}/{name}");
                let Some(found) = found.get(name) else {
                    return Some(format!("body, which lacks `{place}`"));
                };
                let difference = difference(expected, found, place);
                if difference.is_some() {
                    return difference;
                }
            }
            let more = found.len() > expected.len();
            more.then(|| format!("body, which holds more fields {}", at(&place)))
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => expected
            .iter()
            .zip(found)
            .enumerate()
            .find_map(|(i, (expected, found))| difference(expected, found, format!("{place}/{i}"))),
        (Value::Number(one), Value::Number(other)) if one.is_f64() != other.is_f64() => {
            (one.as_f64() != other.as_f64()).then(|| format!("body {}", at(&place)))
        }
        _ => (expected != found).then(|| format!("body {}", at(&place))),
    }
}

fn at(place: &str) -> String {
    match place {
        "" => "as a whole".into(),
        place => format!("at `{place}`"),
    }
}

/// Pairs of different names have no order among them.
fn form_difference(expected: &[(String, String)], found: &[(String, String)]) -> Option<String> {
    let of = |pairs: &[(String, String)], name: &str| -> Vec<String> {
        let pairs = pairs.iter().filter(|(key, _)| key == name);
        pairs.map(|(_, value)| value.clone()).collect()
    };
    for (name, _) in expected {
        if of(expected, name) != of(found, name) {
            return Some(format!("body at `{name}`"));
        }
    }
    (found.len() > expected.len()).then(|| "body, which holds more fields".into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_compared_by_value() {
        let expected = json!({"a": {"b": [1, 2]}, "c": "x"});
        for (found, part) in [
            (json!({"c": "x", "a": {"b": [1, 2]}}), None),
            (
                json!({"a": {"b": [1, 3]}, "c": "x"}),
                Some("body at `/a/b/1`"),
            ),
            (json!({"c": "x", "a": {"b": [1, 2.0]}}), None),
            (json!({"a": {"b": [1]}, "c": "x"}), Some("body at `/a/b`")),
            (json!({"a": {"b": [1, 2]}}), Some("body, which lacks `/c`")),
            (
                json!({"a": {"b": [1, 2], "secret": 1}, "c": "x"}),
                Some("body, which holds more fields at `/a`"),
            ),
            (json!("secret"), Some("body as a whole")),
        ] {
            assert_eq!(
                difference(&expected, &found, String::new()).as_deref(),
                part
            );
        }
    }

    #[test]
    fn a_form_is_compared_by_its_pairs() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let owned = |(name, value): &(&str, &str)| ((*name).into(), (*value).into());
            pairs.iter().map(owned).collect()
        };
        let expected = pairs(&[("a", "1"), ("b", "2"), ("b", "3")]);
        for (found, part) in [
            (pairs(&[("b", "2"), ("a", "1"), ("b", "3")]), None),
            (
                pairs(&[("b", "3"), ("a", "1"), ("b", "2")]),
                Some("body at `b`"),
            ),
            (pairs(&[("a", "1")]), Some("body at `b`")),
            (
                pairs(&[("a", "1"), ("b", "2"), ("b", "3"), ("secret", "")]),
                Some("body, which holds more fields"),
            ),
        ] {
            assert_eq!(form_difference(&expected, &found).as_deref(), part);
        }
    }

    const FORM: Fields = Fields::Form(&[("list", Style::Form)]);

    #[test]
    fn a_field_of_a_style_is_a_list_and_what_is_no_object_has_no_field() {
        assert_eq!(FORM.get(b"list=1,2", "list"), Some(json!(["1", "2"])));
        assert_eq!(FORM.get(b"list=1%2C2%25", "list"), Some(json!("1,2%")));
        for body in ["[1]", "x", ""] {
            let field = Field::new(Fields::Json, "a", Value::is_null);
            assert!(field.mismatch(body.as_bytes()).is_some(), "{body}");
        }
    }

    #[test]
    fn a_field_is_found_however_the_body_is_written() {
        let field = |fields: Fields, expected: Value| {
            let expected = fields.written(expected);
            Field::new(fields, "a", move |found| *found == expected)
        };
        for (fields, body, expected) in [
            (Fields::Json, r#"{"a": 1, "b": 2}"#, json!(1)),
            (Fields::Json, r#"{"b": 2}"#, json!(null)),
            (FORM, "b=2&a=x+y", json!("x y")),
            (FORM, "a=1", json!(1)),
            (FORM, "a=1&b=3&a=2", json!([1, "2"])),
            (FORM, "a=1", json!(["1"])),
            (FORM, "b=1", json!(null)),
            (FORM, "list=1,2&a=x,y", json!("x,y")),
        ] {
            assert_eq!(
                field(fields, expected.clone()).mismatch(body.as_bytes()),
                None
            );
            let other = field(fields, json!("other")).mismatch(body.as_bytes());
            assert_eq!(other.as_deref(), Some("body at `a`"), "{body}");
        }
    }
}
