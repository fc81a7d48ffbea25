//! The style `deepObject`.

use crate::FilePart;
use crate::fields::Sink;
use crate::transport::Buffer;

/// The pairs of `deepObject`: `name[key]` for each field of an object, and `name[0]` for each item of a list.
/// OpenAPI has no words for the latter. Of `name[]`, nobody could tell which fields of two objects are one's.
#[derive(Default)]
pub(super) struct Deep(pub(super) Vec<(String, String)>);

impl Sink for Deep {
    fn text(&mut self, name: &str, text: &str) {
        self.0.push((name.to_owned(), text.to_owned()));
    }

    fn json(&mut self, name: &str, json: Buffer) {
        self.text(name, &String::from_utf8_lossy(json.as_slice()));
    }

    fn file(&mut self, name: &str, file: FilePart) {
        self.text(name, &String::from_utf8_lossy(file.content()));
    }

    fn written(&self) -> usize {
        self.0.len()
    }

    fn is_deep(&self, _: &str) -> bool {
        true
    }

    fn is_json(&self, _: &str) -> bool {
        false
    }
}
