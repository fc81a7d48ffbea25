//! Multipart bodies: `multipart/form-data` (RFC 7578).
//!
//! reqwest's own is a stream: it could not be sent twice, and its content would stay in freed memory.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;

use bytes::Bytes;
use reqwest::header::HeaderValue;
use serde::Serialize;

use crate::fields::{self, FieldsError, Sink};
use crate::file::FilePart;
use crate::transport::Buffer;

/// One part, as it is sent.
pub struct Part {
    /// The name of the property.
    pub name: String,
    /// What the file is called, if it is one.
    pub file_name: Option<String>,
    /// What it says of itself.
    pub content_type: Option<String>,
    /// What it holds.
    pub content: Bytes,
}

/// It may be a secret.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut part = f.debug_struct("Part");
        part.field("name", &self.name).finish_non_exhaustive()
    }
}

/// The parts of a body. `types` are the media types that the description has for properties.
pub fn parts<T: Serialize>(
    body: &T,
    types: &'static [(&'static str, &'static str)],
) -> Result<Vec<Part>, FieldsError> {
    let mut parts = Parts {
        types,
        parts: Vec::new(),
    };
    fields::write(body, &mut parts)?;
    Ok(parts.parts)
}

/// A body and its content type.
pub(crate) fn write(parts: &[Part]) -> Result<(String, Buffer), FieldsError> {
    let boundary = boundary();
    let mut body = Buffer::default();
    for part in parts {
        let mut head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"",
            escaped(&part.name)
        );
        if let Some(file_name) = &part.file_name {
            head.push_str(&format!("; filename=\"{}\"", escaped(file_name)));
        }
        if let Some(content_type) = &part.content_type {
            // Nothing may follow it that would be taken for more headers.
            if HeaderValue::from_str(content_type).is_err() {
                let why = format!("`{}` has a type that cannot be sent", part.name);
                return Err(FieldsError::Other(why));
            }
            head.push_str(&format!("\r\nContent-Type: {content_type}"));
        }
        head.push_str("\r\n\r\n");
        for piece in [head.as_bytes(), &part.content, b"\r\n"] {
            // It grows, and does not fail.
            let _ = body.write_all(piece);
        }
    }
    let _ = body.write_all(format!("--{boundary}--\r\n").as_bytes());
    Ok((format!("multipart/form-data; boundary={boundary}"), body))
}

/// What no content has in it, and nobody can guess who writes the content: hashes with a key that
/// the operating system chose.
fn boundary() -> String {
    let state = RandomState::new();
    format!("{:016x}{:016x}", state.hash_one(0), state.hash_one(1))
}

/// A name between quotes, as browsers write it.
fn escaped(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

struct Parts {
    types: &'static [(&'static str, &'static str)],
    parts: Vec<Part>,
}

impl Parts {
    fn declared(&self, name: &str) -> Option<&'static str> {
        let declared = self.types.iter().find(|(known, _)| *known == name);
        declared.map(|(_, media_type)| *media_type)
    }

    fn push(&mut self, name: &str, own: Option<&str>, content: Bytes, file_name: Option<String>) {
        let declared = self.declared(name);
        let content_type = match (&file_name, own, declared) {
            // What a file is, its owner knows best.
            (Some(_), Some(own), _) => Some(own),
            (_, own, declared) => declared.or(own),
        };
        let content_type = content_type.or(file_name.as_ref().map(|_| "application/octet-stream"));
        self.parts.push(Part {
            name: name.to_owned(),
            content_type: content_type.map(str::to_owned),
            file_name,
            content,
        });
    }
}

impl Sink for Parts {
    fn text(&mut self, name: &str, text: &str) {
        let content = Bytes::from_owner(Buffer::from(text.as_bytes()).into_inner());
        self.push(name, None, content, None);
    }

    fn json(&mut self, name: &str, json: Buffer) {
        let content = Bytes::from_owner(json.into_inner());
        self.push(name, Some("application/json"), content, None);
    }

    fn file(&mut self, name: &str, file: FilePart) {
        // Without a name, servers take it for a text.
        let file_name = file.file_name().unwrap_or(name).to_owned();
        self.push(name, file.media_type(), file.shared(), Some(file_name));
    }

    fn written(&self) -> usize {
        self.parts.len()
    }

    fn is_deep(&self, _: &str) -> bool {
        false
    }

    fn is_json(&self, name: &str) -> bool {
        let essence = self
            .declared(name)
            .and_then(|media| media.split(';').next());
        let essence = essence.unwrap_or_default().trim().to_ascii_lowercase();
        ["application/json", "text/json"].contains(&&*essence) || essence.ends_with("+json")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::expose::expose;
    use crate::{Field, Secret};

    #[derive(Serialize)]
    struct Upload {
        text: &'static str,
        #[serde(serialize_with = "expose")]
        secret: Secret,
        file: FilePart,
        files: Option<Vec<FilePart>>,
        absent: Option<FilePart>,
        null: Field<FilePart>,
        lines: Vec<i32>,
        jsons: Vec<&'static str>,
        object: serde_json::Value,
    }

    #[test]
    fn each_property_is_a_part() {
        let upload = Upload {
            text: "a\r\nb",
            secret: "s3cret".into(),
            file: FilePart::new([0, 255])
                .named("a\"\r\n.png")
                .of_type("image/png"),
            files: Some(vec![FilePart::new("1"), FilePart::new("2").named("two")]),
            absent: None,
            null: Field::Null,
            lines: vec![1, 2],
            jsons: vec!["a", "b"],
            object: json!({"a": 1}),
        };
        let types = &[
            ("files", "text/csv"),
            ("file", "image/gif"),
            ("lines", "text/plain"),
            ("jsons", "application/a+json; v=1"),
        ];
        let (content_type, body) = write(&parts(&upload, types).unwrap()).unwrap();
        let boundary = content_type
            .strip_prefix("multipart/form-data; boundary=")
            .unwrap();
        assert_eq!(boundary.len(), 32);
        let body = String::from_utf8_lossy(body.as_slice()).replace(boundary, "B");
        assert_eq!(
            body,
            "--B\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na\r\nb\r\n\
             --B\r\nContent-Disposition: form-data; name=\"secret\"\r\n\r\ns3cret\r\n\
             --B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%22%0D%0A.png\"\r\n\
             Content-Type: image/png\r\n\r\n\0\u{fffd}\r\n\
             --B\r\nContent-Disposition: form-data; name=\"files\"; filename=\"files\"\r\n\
             Content-Type: text/csv\r\n\r\n1\r\n\
             --B\r\nContent-Disposition: form-data; name=\"files\"; filename=\"two\"\r\n\
             Content-Type: text/csv\r\n\r\n2\r\n\
             --B\r\nContent-Disposition: form-data; name=\"lines\"\r\n\
             Content-Type: text/plain\r\n\r\n1\r\n\
             --B\r\nContent-Disposition: form-data; name=\"lines\"\r\n\
             Content-Type: text/plain\r\n\r\n2\r\n\
             --B\r\nContent-Disposition: form-data; name=\"jsons\"\r\n\
             Content-Type: application/a+json; v=1\r\n\r\n\"a\"\r\n\
             --B\r\nContent-Disposition: form-data; name=\"jsons\"\r\n\
             Content-Type: application/a+json; v=1\r\n\r\n\"b\"\r\n\
             --B\r\nContent-Disposition: form-data; name=\"object\"\r\n\
             Content-Type: application/json\r\n\r\n{\"a\":1}\r\n\
             --B--\r\n"
        );
    }

    #[test]
    fn a_type_cannot_add_a_header() {
        #[derive(Serialize)]
        struct Upload {
            file: FilePart,
        }
        let file = FilePart::new("a").of_type("image/png\r\nX-Evil: 1");
        let parts = parts(&Upload { file }, &[]).unwrap();
        assert!(write(&parts).is_err());
    }

    #[test]
    fn no_boundary_comes_twice() {
        assert_ne!(boundary(), boundary());
    }
}
