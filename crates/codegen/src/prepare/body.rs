//! What a request sends, in the one media type that its caller writes.

use serde_json::{Map, Value, json};

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The media types that a client can write, the best one first.
pub(crate) const WRITABLE: [&str; 5] = [
    "application/json",
    FORM,
    "text/plain",
    "text/x-markdown",
    "application/octet-stream",
];

/// Leaves one media type.
pub(super) fn choose(operation: &mut Map<String, Value>) {
    let Some(body) = operation.get_mut("requestBody") else {
        return;
    };
    let Some(content) = body.get_mut("content").and_then(Value::as_object_mut) else {
        return;
    };
    let Some(media) = best(content.keys().map(String::as_str)).map(str::to_owned) else {
        return;
    };
    content.retain(|key, _| *key == media);
    // progenitor insists on the plain schema.
    let plain = match essence(&media) {
        "text/plain" | "text/x-markdown" => json!({"type": "string"}),
        "application/octet-stream" => json!({"type": "string", "format": "binary"}),
        _ => return,
    };
    if let Some(body) = content.get_mut(&media).and_then(Value::as_object_mut) {
        body.insert("schema".into(), plain);
    }
}

/// The media type to write, among several, if one of them can be written.
pub(crate) fn best<'a>(media: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    WRITABLE
        .iter()
        .find_map(|wanted| media.clone().find(|media| essence(media) == *wanted))
}

/// A media type without its parameters.
pub(crate) fn essence(media: &str) -> &str {
    media.split(';').next().unwrap_or(media).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_comes_first() {
        for (media, chosen) in [
            (&["text/plain", "application/json"][..], "application/json"),
            (
                &["application/xml", "application/x-www-form-urlencoded"],
                "application/x-www-form-urlencoded",
            ),
            (
                &["application/json; charset=utf-8", "application/xml"],
                "application/json; charset=utf-8",
            ),
        ] {
            assert_eq!(best(media.iter().copied()), Some(chosen));
        }
    }
}
