//! What a request sends, in the one media type that its caller writes.

use serde_json::{Map, Value, json};

use super::answers::is_json;
use super::multipart;
use super::parameters::add;
use crate::flat::Flat;

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const MULTIPART: &str = "multipart/form-data";

/// The header that says what a body is. Nothing that a spec declares is sent as this one.
pub(crate) const CONTENT_TYPE: &str = "Content-Type";

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writing {
    Json,
    Form,
    Multipart,
    /// The caller's text, as it is.
    Text,
    /// The caller's bytes, as they are.
    Bytes,
}

impl Writing {
    /// How something of a media type is written. `schema` may not be there.
    pub(crate) fn of(document: &Value, media: &str, schema: Option<&Value>) -> Self {
        if is_json(media) {
            return Self::Json;
        }
        let flat = schema.map(|schema| Flat::of(document, schema));
        // Who declares a text means to write all of it.
        let is_text = flat.as_ref().and_then(Flat::kind) == Some("string");
        let format = flat.as_ref().and_then(|flat| flat.get("format")?.as_str());
        match &*essence(media).to_ascii_lowercase() {
            FORM if !is_text => Self::Form,
            MULTIPART if !is_text => Self::Multipart,
            // A secret is no string here, and a file need not be a text.
            _ if matches!(format, Some("password" | "binary")) => Self::Bytes,
            FORM => Self::Text,
            media if media.starts_with("text/") => Self::Text,
            _ => Self::Bytes,
        }
    }

    /// Whether the client has a type for it.
    pub(crate) fn is_typed(self) -> bool {
        matches!(self, Self::Json | Self::Form | Self::Multipart)
    }

    /// What progenitor writes in the same way.
    fn for_progenitor(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form | Self::Multipart => FORM,
            Self::Text => "text/plain",
            Self::Bytes => "application/octet-stream",
        }
    }
}

/// The header that a body is sent with. There is none where only the caller knows it: of a range of
/// media types, and of parts that the caller has put together.
pub(crate) fn content_type(media: &str, writing: Writing) -> Option<String> {
    let essence = essence(media).to_ascii_lowercase();
    let is_range = essence.contains('*');
    match writing {
        Writing::Json if is_range || essence == "application/json" => {
            Some("application/json".into())
        }
        Writing::Form => Some(FORM.into()),
        Writing::Multipart => Some(MULTIPART.into()),
        _ if is_range || essence.starts_with("multipart/") => None,
        _ => Some(media.trim().to_owned()),
    }
}

/// The media type to write, among several, if there is one.
pub(crate) fn best<'a>(document: &Value, content: &'a Map<String, Value>) -> Option<&'a str> {
    let rank = |media: &str, body: &Value| {
        let schema = body.get("schema");
        let writing = Writing::of(document, media, schema);
        let essence = essence(media).to_ascii_lowercase();
        let is_range = essence.contains('*');
        match writing {
            Writing::Json if essence == "application/json" => 0,
            Writing::Json if !is_range => 1,
            Writing::Json => 2,
            // A form has no place for a file.
            Writing::Multipart if schema.is_some_and(|s| multipart::has_files(document, s)) => 3,
            Writing::Form => 4,
            Writing::Multipart => 5,
            _ if is_range || essence.starts_with("multipart/") => 10,
            Writing::Text if essence == "text/plain" => 6,
            Writing::Text => 7,
            Writing::Bytes if essence == "application/octet-stream" => 8,
            Writing::Bytes => 9,
        }
    };
    let media = content.iter().filter(|(media, _)| is_media_type(media));
    let best = media.min_by_key(|(media, body)| rank(media, body));
    best.map(|(media, _)| media.as_str())
}

/// Whether it can stand in a header.
pub(crate) fn is_media_type(media: &str) -> bool {
    let is_token = |text: &str| {
        let is_plain = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&c);
        !text.is_empty() && text.bytes().all(is_plain)
    };
    let essence = essence(media);
    let parts = essence.split_once('/');
    parts.is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
        && media.bytes().all(|c| (b' '..=b'~').contains(&c))
}

/// A media type without its parameters.
pub(crate) fn essence(media: &str) -> &str {
    media.split(';').next().unwrap_or(media).trim()
}

/// Whether a method has a body. In others, OpenAPI says, it "shall be ignored".
pub(crate) fn is_ignored_in(method: &str) -> bool {
    ["get", "head", "options", "trace"].contains(&method)
}

/// Leaves one media type of each body, and takes out what is never sent.
pub(super) fn choose(document: &mut Value) {
    let mut paths = document["paths"].take();
    let items = paths.as_object_mut().into_iter().flat_map(Map::values_mut);
    let operations = items.filter_map(Value::as_object_mut).flatten();
    for (method, operation) in operations {
        let Some(operation) = operation.as_object_mut() else {
            continue;
        };
        if is_ignored_in(method) || !one(document, operation) {
            operation.shift_remove("requestBody");
        }
    }
    document["paths"] = paths;
}

/// False when there is nothing to send.
fn one(document: &Value, operation: &mut Map<String, Value>) -> bool {
    let content = operation
        .get_mut("requestBody")
        .and_then(|body| body.get_mut("content")?.as_object_mut());
    let Some(content) = content else {
        return false;
    };
    let Some(media) = best(document, content).map(str::to_owned) else {
        return false;
    };
    content.retain(|key, _| *key == media);
    let Some(body) = content.get_mut(&media).and_then(Value::as_object_mut) else {
        return false;
    };
    let writing = Writing::of(document, &media, body.get("schema"));
    // Only an object has fields.
    let is_any = |schema: &Value| {
        let flat = Flat::of(document, schema);
        flat.kind().is_none() && flat.choices.is_empty()
    };
    let is_form = matches!(writing, Writing::Form | Writing::Multipart);
    let schema = body.get("schema").filter(|one| !is_form || !is_any(one));
    let schema = schema.cloned();
    let schema = match writing {
        Writing::Json => schema.unwrap_or_else(|| json!({})),
        Writing::Form | Writing::Multipart => schema.unwrap_or_else(|| json!({"type": "object"})),
        // progenitor insists on the plain schema, and nothing is made of the declared one.
        Writing::Text => json!({"type": "string"}),
        Writing::Bytes => json!({"type": "string", "format": "binary"}),
    };
    body.insert("schema".into(), schema);
    if content_type(&media, writing).is_none() {
        let parameter = json!({
            "name": CONTENT_TYPE,
            "in": "header",
            "required": true,
            "description": "The media type of the body.",
            "schema": {"type": "string"},
        });
        let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
        if let Some(parameters) = parameters.as_array_mut() {
            add(parameters, parameter);
        }
    }
    true
}

/// Leaves what progenitor needs to know of a body.
pub(super) fn reduce(operation: &mut Map<String, Value>) {
    let content = operation
        .get_mut("requestBody")
        .and_then(|body| body.get_mut("content")?.as_object_mut());
    let Some(content) = content else { return };
    let Some((media, body)) = content.iter().next() else {
        return;
    };
    // What is sent as it is has its plain schema by now.
    let writing = Writing::of(&Value::Null, media, body.get("schema"));
    let body = json!({"schema": body.get("schema")});
    *content = Map::from_iter([(writing.for_progenitor().to_owned(), body)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_comes_first_and_a_range_last() {
        let file =
            json!({"type": "object", "properties": {"a": {"type": "string", "format": "binary"}}});
        let object = json!({"type": "object"});
        for (media, schema, chosen) in [
            (
                &["text/plain", "application/json"][..],
                &object,
                "application/json",
            ),
            (&["application/xml", FORM], &object, FORM),
            (&[FORM, MULTIPART], &object, FORM),
            (&[FORM, MULTIPART], &file, MULTIPART),
            (&[MULTIPART, "application/JSON"], &file, "application/JSON"),
            (
                &["application/json; charset=utf-8", "application/xml"],
                &object,
                "application/json; charset=utf-8",
            ),
            (
                &["application/*+json", "text/json", "application/json"],
                &object,
                "application/json",
            ),
            (&["*/*", "application/zip", "text/csv"], &object, "text/csv"),
            (&["*/*", "application/zip"], &object, "application/zip"),
            (&["nonsense", "image/*"], &object, "image/*"),
        ] {
            let content = media
                .iter()
                .map(|media| ((*media).to_owned(), json!({"schema": schema})));
            assert_eq!(best(&Value::Null, &content.collect()), Some(chosen));
        }
        assert_eq!(
            best(
                &Value::Null,
                &Map::from_iter([("a b/c".to_owned(), json!({}))])
            ),
            None
        );
    }

    #[test]
    fn what_is_sent_says_what_it_is() {
        for (media, writing, expected) in [
            (
                "application/json; charset=utf-8",
                Writing::Json,
                Some("application/json"),
            ),
            (
                "application/*+json",
                Writing::Json,
                Some("application/json"),
            ),
            (
                "application/a+json;v=1",
                Writing::Json,
                Some("application/a+json;v=1"),
            ),
            (
                "text/csv; header=present",
                Writing::Text,
                Some("text/csv; header=present"),
            ),
            ("image/*", Writing::Bytes, None),
            ("multipart/mixed", Writing::Bytes, None),
        ] {
            assert_eq!(content_type(media, writing).as_deref(), expected);
        }
    }
}
