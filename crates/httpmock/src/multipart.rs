//! Multipart bodies, read and compared part by part.

use serde_json::Value;
use tokenturn_client::runtime::Part;

use crate::body;

/// One part of a request.
struct Found {
    name: String,
    file_name: Option<String>,
    content_type: Option<String>,
    content: Vec<u8>,
}

/// What differs. Parts of different names have no order among them.
pub(crate) fn difference(expected: &[Part], content_type: &str, body: &[u8]) -> Option<String> {
    let Some(found) = read(content_type, body) else {
        return Some("body, which is not multipart".into());
    };
    for part in expected {
        let name = &part.name;
        let expected: Vec<_> = expected.iter().filter(|part| part.name == *name).collect();
        let found: Vec<_> = found.iter().filter(|part| part.name == *name).collect();
        if expected.len() != found.len() {
            return Some(format!("body, in the number of its parts `{name}`"));
        }
        let mut pairs = expected.into_iter().zip(found);
        if let Some(what) = pairs.find_map(|(expected, found)| part_difference(expected, found)) {
            return Some(format!("{what} of the part `{name}`"));
        }
    }
    (found.len() > expected.len()).then(|| "body, which holds more parts".into())
}

fn part_difference(expected: &Part, found: &Found) -> Option<&'static str> {
    if expected.file_name != found.file_name {
        return Some("file name");
    }
    if expected.content_type != found.content_type {
        return Some("content type");
    }
    let json = |content: &[u8]| serde_json::from_slice::<Value>(content).ok();
    let is_same = match expected.content_type.as_deref() {
        Some("application/json") => match (json(&expected.content), json(&found.content)) {
            (Some(expected), Some(found)) => {
                body::difference(&expected, &found, String::new()).is_none()
            }
            _ => expected.content == found.content,
        },
        _ => expected.content == found.content,
    };
    (!is_same).then_some("content")
}

fn read(content_type: &str, body: &[u8]) -> Option<Vec<Found>> {
    let mark = format!("\r\n--{}", parameter(content_type, "boundary")?);
    // The first mark has no line before it.
    let body = [b"\r\n", body].concat();
    let mut rest = after(&body, mark.as_bytes())?.1;
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let (part, next) = after(rest.strip_prefix(b"\r\n")?, mark.as_bytes())?;
        let (head, content) = after(part, b"\r\n\r\n")?;
        let head = str::from_utf8(head).ok()?;
        let header = |name: &str| {
            let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
            let line = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
            line.map(|(_, value)| value.trim())
        };
        let disposition = header("content-disposition")?;
        parts.push(Found {
            name: parameter(disposition, "name")?,
            file_name: parameter(disposition, "filename"),
            content_type: header("content-type").map(str::to_owned),
            content: content.to_vec(),
        });
        rest = next;
    }
    Some(parts)
}

/// What stands before a text, and what after it.
fn after<'a>(bytes: &'a [u8], text: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(text.len()).position(|part| part == text)?;
    Some((&bytes[..at], &bytes[at + text.len()..]))
}

/// A parameter of a header, with or without quotes.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut rest = header;
    loop {
        let (_, parameter) = rest.split_once(';')?;
        let (key, value) = parameter.split_once('=')?;
        let (value, next) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_at(value.find(';').unwrap_or(value.len())),
        };
        if key.trim() == name {
            let value = value.replace("%22", "\"");
            return Some(value.replace("%0D", "\r").replace("%0A", "\n"));
        }
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, file_name: Option<&str>, content: &'static [u8]) -> Part {
        Part {
            name: name.into(),
            file_name: file_name.map(str::to_owned),
            content_type: file_name.map(|_| "image/png".to_owned()),
            content: content.into(),
        }
    }

    #[test]
    fn parts_are_compared_by_name_and_in_the_order_of_one_name() {
        let body = b"--B\r\nContent-Disposition: form-data; name=\"a;b\"\r\n\r\n1\r\n\
            --B\r\ncontent-disposition: form-data; name=\"f\"; filename=\"x%22.png\"\r\n\
            Content-Type: image/png\r\n\r\n\0\r\n\xff\r\n\
            --B\r\nContent-Disposition: form-data; name=\"a;b\"\r\n\r\n2\r\n--B--\r\n";
        let file = || part("f", Some("x\".png"), b"\0\r\n\xff");
        let (one, two) = (|| part("a;b", None, b"1"), || part("a;b", None, b"2"));
        for (expected, found) in [
            (vec![file(), one(), two()], None),
            (
                vec![two(), one(), file()],
                Some("content of the part `a;b`"),
            ),
            (vec![one(), two()], Some("body, which holds more parts")),
            (
                vec![file(), one()],
                Some("body, in the number of its parts `a;b`"),
            ),
            (
                vec![one(), two(), part("f", Some("x.png"), b"")],
                Some("file name of the part `f`"),
            ),
        ] {
            let content_type = "multipart/form-data; boundary=\"B\"";
            let found_difference = difference(&expected, content_type, body);
            assert_eq!(found_difference.as_deref(), found);
        }
        let broken = difference(&[], "multipart/form-data; boundary=C", body);
        assert_eq!(broken.as_deref(), Some("body, which is not multipart"));
    }
}
