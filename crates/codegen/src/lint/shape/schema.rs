//! Schemas.

use serde_json::Value;

use super::Kind::{Any, Count, Flag, List, More, Number, Object, Text, Texts};
use super::Shape;
use crate::fits::is_empty;

pub(in crate::lint) const SCHEMA: Shape = Shape {
    name: "a schema of OpenAPI 3.0",
    fields: &[
        ("title", Text),
        ("multipleOf", Number),
        ("maximum", Number),
        ("exclusiveMaximum", Flag),
        ("minimum", Number),
        ("exclusiveMinimum", Flag),
        ("maxLength", Count),
        ("minLength", Count),
        ("pattern", Text),
        ("maxItems", Count),
        ("minItems", Count),
        ("uniqueItems", Flag),
        ("maxProperties", Count),
        ("minProperties", Count),
        ("required", Texts),
        ("enum", List),
        // `type` has a rule of its own.
        ("type", Any),
        ("allOf", List),
        ("oneOf", List),
        ("anyOf", List),
        ("not", Object),
        ("items", Object),
        ("properties", Object),
        ("additionalProperties", More),
        ("description", Text),
        ("format", Text),
        ("default", Any),
        ("nullable", Flag),
        ("discriminator", Object),
        ("readOnly", Flag),
        ("writeOnly", Flag),
        ("xml", Object),
        ("externalDocs", Object),
        ("example", Any),
        ("deprecated", Flag),
    ],
    required: &[],
    is_read: true,
};

/// The same in a document of a newer version, which has been written in the words of 3.0.
pub(in crate::lint) const NEWER_SCHEMA: Shape = Shape {
    name: "a schema",
    ..SCHEMA
};

pub(in crate::lint) const DISCRIMINATOR: Shape = Shape {
    name: "a discriminator",
    fields: &[("propertyName", Text), ("mapping", Object)],
    required: &["propertyName"],
    is_read: true,
};

/// What a schema is made of.
const PARTS: [&str; 5] = ["properties", "items", "allOf", "oneOf", "anyOf"];

/// Whether a field that is none can be left out. Some languages write an empty object as a list.
pub(super) fn is_harmless(shape: &Shape, name: &str, value: &Value) -> bool {
    let is_nothing = value.is_null() || is_empty(value);
    let is_schema = [SCHEMA.name, NEWER_SCHEMA.name].contains(&shape.name);
    is_schema && (is_nothing || !PARTS.contains(&name))
}

/// Whether a keyword of a schema is one, and has a value that it can have.
pub(crate) fn is_read(key: &str, value: &Value) -> bool {
    let mut fields = SCHEMA.fields.iter();
    fields.any(|(field, kind)| *field == key && kind.fits(value))
}
