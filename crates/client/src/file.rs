//! Files in multipart bodies.

use std::cell::Cell;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A file in a `multipart/form-data` body: its bytes, and what is said of them.
///
/// Without a name of its own it has that of its property. Without a media type, it is what the
/// description says, or else `application/octet-stream`. `Debug` does not show its content.
///
/// ```
/// use tokenturn_client::FilePart;
///
/// let file = FilePart::new("a,b\n1,2\n").named("table.csv").of_type("text/csv");
/// assert_eq!(file.content(), b"a,b\n1,2\n");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FilePart {
    content: Bytes,
    file_name: Option<String>,
    media_type: Option<String>,
}

impl FilePart {
    /// Takes the bytes over.
    pub fn new(content: impl Into<Vec<u8>>) -> Self {
        Self {
            content: content.into().into(),
            ..Self::default()
        }
    }

    /// Says what the file is called.
    #[must_use]
    pub fn named(mut self, file_name: impl Into<String>) -> Self {
        self.file_name = Some(file_name.into());
        self
    }

    /// Says of which media type it is, such as `image/png`.
    #[must_use]
    pub fn of_type(mut self, media_type: impl Into<String>) -> Self {
        self.media_type = Some(media_type.into());
        self
    }

    /// The bytes.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// What the file is called, if it has a name of its own.
    pub fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    /// The media type that was said.
    pub fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }

    /// The bytes, which are not copied.
    pub(crate) fn shared(&self) -> Bytes {
        self.content.clone()
    }
}

impl From<Vec<u8>> for FilePart {
    fn from(content: Vec<u8>) -> Self {
        Self::new(content)
    }
}

impl From<&[u8]> for FilePart {
    fn from(content: &[u8]) -> Self {
        Self::new(content)
    }
}

impl fmt::Debug for FilePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilePart")
            .field("length", &self.content.len())
            .field("file_name", &self.file_name)
            .field("media_type", &self.media_type)
            .finish()
    }
}

thread_local! {
    static IS_HANDED_OVER: Cell<bool> = const { Cell::new(false) };
    static FILE: Cell<Option<FilePart>> = const { Cell::new(None) };
}

/// The name under which a file serializes itself within [`handing_over`].
const NAME: &str = "$tokenturn_client::FilePart";

/// Serializes the body of a request, in which [`take`] gets the files: serde cannot hand over bytes
/// together with what is said of them, and nobody wants to copy them.
pub(crate) fn handing_over<T>(serialize: impl FnOnce() -> T) -> T {
    /// Sets it back, also when a `Serialize` panics.
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            IS_HANDED_OVER.set(self.0);
        }
    }
    let _before = Before(IS_HANDED_OVER.replace(true));
    serialize()
}

/// The file that has just serialized itself by this name.
pub(crate) fn take(name: &str) -> Option<FilePart> {
    FILE.take().filter(|_| name == NAME)
}

/// A file as JSON has it, which is what a mock or a log makes of a body.
#[derive(Deserialize, Serialize)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    file_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    base64: String,
}

impl Serialize for FilePart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if IS_HANDED_OVER.get() {
            FILE.set(Some(self.clone()));
            return serializer.serialize_unit_struct(NAME);
        }
        let written = Written {
            file_name: self.file_name.clone(),
            media_type: self.media_type.clone(),
            base64: STANDARD.encode(&self.content),
        };
        written.serialize(serializer)
    }
}

/// From what it serializes as, or from a string, which is its content.
impl<'de> Deserialize<'de> for FilePart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Text(String),
            Written(Written),
        }
        match Either::deserialize(deserializer)? {
            Either::Text(text) => Ok(Self::new(text)),
            Either::Written(written) => Ok(Self {
                content: STANDARD
                    .decode(written.base64)
                    .map_err(D::Error::custom)?
                    .into(),
                file_name: written.file_name,
                media_type: written.media_type,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_after_json_and_its_content_does_not_print() {
        let file = FilePart::new([0, 255]).named("a.bin").of_type("image/png");
        let json = serde_json::to_string(&file).unwrap();
        let expected = r#"{"file_name":"a.bin","media_type":"image/png","base64":"AP8="}"#;
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<FilePart>(&json).unwrap(), file);
        let text: FilePart = serde_json::from_str(r#""abc""#).unwrap();
        assert_eq!(text, FilePart::from(&b"abc"[..]));
        let printed = r#"FilePart { length: 3, file_name: None, media_type: None }"#;
        assert_eq!(format!("{text:?}"), printed);
    }
}
