//! What a property of a form is.

use serde_json::Value;

use crate::flat::Flat;
use crate::prepare::is_file;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A file, or a list of them.
    File,
    /// Something with properties, or a list of it.
    Object,
    Other,
}

/// That of a property of a body.
pub(super) fn shape(document: &Value, body: Option<&Value>, name: &str) -> Shape {
    let flat = body.map(|body| Flat::of(document, body));
    let property = flat.as_ref().and_then(|flat| {
        let mut properties = flat.properties();
        properties.find(|(known, _)| *known == name)
    });
    let Some((_, property)) = property else {
        return Shape::Other;
    };
    if is_file(document, property) {
        return Shape::File;
    }
    let flat = Flat::of(document, property);
    let item = flat.get("items").map(|items| Flat::of(document, items));
    let is_object = |flat: &Flat| flat.kind() == Some("object");
    match is_object(&flat) || item.as_ref().is_some_and(is_object) {
        true => Shape::Object,
        false => Shape::Other,
    }
}
