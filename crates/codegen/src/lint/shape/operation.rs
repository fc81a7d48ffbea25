//! Paths, and what their operations are made of.

use super::Kind::{Any, Flag, List, Object, Text, Texts};
use super::Shape;

pub(in crate::lint) const PATH_ITEM: Shape = Shape {
    name: "a path",
    fields: &[
        ("$ref", Text),
        ("summary", Text),
        ("description", Text),
        // The operations have a shape of their own.
        ("get", Any),
        ("put", Any),
        ("post", Any),
        ("delete", Any),
        ("options", Any),
        ("head", Any),
        ("patch", Any),
        ("trace", Any),
        ("servers", List),
        ("parameters", List),
    ],
    required: &[],
    is_read: true,
};

pub(in crate::lint) const OPERATION: Shape = Shape {
    name: "an operation",
    fields: &[
        ("tags", Texts),
        ("summary", Text),
        ("description", Text),
        ("externalDocs", Object),
        ("operationId", Text),
        ("parameters", List),
        ("requestBody", Object),
        ("responses", Object),
        ("callbacks", Object),
        ("deprecated", Flag),
        ("security", List),
        ("servers", List),
    ],
    required: &[],
    is_read: true,
};

pub(in crate::lint) const PARAMETER: Shape = Shape {
    name: "a parameter",
    fields: &[
        ("name", Text),
        ("in", Text),
        ("description", Text),
        ("required", Flag),
        ("deprecated", Flag),
        ("allowEmptyValue", Flag),
        ("style", Text),
        ("explode", Flag),
        ("allowReserved", Flag),
        ("schema", Object),
        ("content", Object),
        ("example", Any),
        ("examples", Object),
    ],
    required: &["name", "in"],
    is_read: true,
};

pub(in crate::lint) const HEADER: Shape = Shape {
    name: "a header",
    fields: &[
        ("description", Text),
        ("required", Flag),
        ("deprecated", Flag),
        ("allowEmptyValue", Flag),
        ("style", Text),
        ("explode", Flag),
        ("allowReserved", Flag),
        ("schema", Object),
        ("content", Object),
        ("example", Any),
        ("examples", Object),
    ],
    required: &[],
    is_read: true,
};

pub(in crate::lint) const REQUEST_BODY: Shape = Shape {
    name: "a request body",
    fields: &[
        ("description", Text),
        ("content", Object),
        ("required", Flag),
    ],
    required: &["content"],
    is_read: true,
};

pub(in crate::lint) const MEDIA_TYPE: Shape = Shape {
    name: "a media type",
    fields: &[
        ("schema", Object),
        ("example", Any),
        ("examples", Object),
        ("encoding", Object),
    ],
    required: &[],
    is_read: true,
};

pub(in crate::lint) const ENCODING: Shape = Shape {
    name: "an encoding",
    fields: &[
        ("contentType", Text),
        ("headers", Object),
        ("style", Text),
        ("explode", Flag),
        ("allowReserved", Flag),
    ],
    required: &[],
    is_read: true,
};

pub(in crate::lint) const RESPONSE: Shape = Shape {
    name: "a response",
    fields: &[
        ("description", Text),
        ("headers", Object),
        ("content", Object),
        ("links", Object),
    ],
    required: &["description"],
    is_read: true,
};
