//! Schemas: what becomes a Rust type.

use serde_json::{Value, json};

use super::Lint;
use super::shape;
use crate::draft::is_version;
use crate::keywords::kind_of_all;
use crate::prepare::choice_of;
use crate::report::{Severity, quoted};
use crate::tree::Node;

const SCALARS: [&str; 4] = ["string", "integer", "number", "boolean"];

/// More schemas than anybody makes one parameter of. They may refer to each other in many ways.
pub(super) const MAX_PARTS: usize = 100;

impl<'a> Lint<'a> {
    /// A schema, and those in it.
    pub(super) fn schema(&mut self, node: Node<'a>) {
        if self.is_reference(node, "schemas") || !self.shape(node, self.schema_shape()) {
            return;
        }
        self.deprecated(node);
        self.schema_type(node);
        self.formatted(node);
        self.format_name(node);
        self.values(node);
        self.example(node);
        self.unheeded(node);
        self.properties(node);
        for key in ["items", "additionalProperties"] {
            if let Some(part) = node.get(key).filter(|part| part.value.is_object()) {
                self.schema(part);
            }
        }
        if let Some(not) = node.get("not") {
            let message = "a type cannot say what it is not: this is not checked";
            let help = "describe what is allowed instead, or say it in the description";
            self.warn("schema-not", not, message, help);
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            let Some(list) = node.get(key).filter(|list| list.value.is_array()) else {
                continue;
            };
            if list.items().next().is_none() {
                let message = format!("`{key}` has nothing in it, and no effect");
                self.warn("schema-empty", list, message, "leave it out, or fill it");
            }
            list.items().for_each(|part| self.schema(part));
        }
    }

    /// What a schema of this document is called.
    fn schema_shape(&self) -> &'static shape::Shape {
        match self
            .root
            .text("openapi")
            .is_some_and(|version| is_version(version, "3.0"))
        {
            true => &shape::SCHEMA,
            false => &shape::NEWER_SCHEMA,
        }
    }

    /// What the types do not keep.
    fn unheeded(&mut self, node: Node<'a>) {
        if let Some(pattern) = node.get("pattern") {
            let message = "`pattern` is not checked";
            self.warn(
                "schema-pattern",
                pattern,
                message,
                "say it in the description",
            );
        }
        if let Some(discriminator) = node.get("discriminator") {
            if discriminator.value.is_object() {
                self.shape(discriminator, &shape::DISCRIMINATOR);
            }
            if node.get("oneOf").or_else(|| node.get("anyOf")).is_none() {
                let message = "`discriminator` has no effect without `oneOf` or `anyOf` beside it";
                let help = "list the schemas that it tells apart in a `oneOf`, or leave it out";
                self.warn("schema-discriminator", discriminator, message, help);
            }
        }
        self.overlap(node);
        self.untagged(node);
        self.contradictions(node);
        self.shown(node);
        if let Some(nullable) = node.get("nullable").filter(|_| node.is_true("nullable"))
            && node.value.get("type").is_none()
        {
            let message = "without a `type`, `nullable` has no effect in OpenAPI 3.0.3, but it has in \
                           the client";
            let help = "write a `type` beside it, or leave it out";
            self.warn("schema-nullable", nullable, message, help);
        }
    }

    /// Alternatives of which nothing says to which of them a value belongs.
    fn overlap(&mut self, node: Node<'a>) {
        let list = node.get("oneOf").or_else(|| node.get("anyOf"));
        let (Some(list), Some(schema)) = (list, node.value.as_object()) else {
            return;
        };
        let choice = choice_of(self.root.value, schema);
        let Some((one, other)) = choice.and_then(|choice| choice.overlap()) else {
            return;
        };
        let is_null = |part: &Node<'a>| {
            let part = self.resolve(*part, "schemas");
            part.is_some_and(|part| part.value.get("enum") == Some(&json!([null])))
        };
        let parts: Vec<_> = list.items().filter(|part| !is_null(part)).collect();
        if let (Some(first), Some(second)) = (parts.get(one), parts.get(other)) {
            let name = |part: &Node<'a>, index: usize| match part.text("$ref") {
                Some(reference) => quoted(reference.rsplit('/').next().unwrap_or_default()),
                None => format!("number {}", index + 1),
            };
            let (one, other) = (name(first, one), name(second, other));
            let message = format!(
                "nothing tells {one} from {other}: what could be both is taken for the one that has more \
                 of its properties, or else for the first"
            );
            let help = "give them a `discriminator`, or a required property with an `enum` of other values in each";
            self.clash(
                Severity::Warning,
                "schema-overlap",
                *second,
                *first,
                message,
                help,
            );
        }
    }

    fn properties(&mut self, node: Node<'a>) {
        let Some(properties) = node.get("properties") else {
            return;
        };
        let required = node.value.get("required").and_then(Value::as_array);
        let required: Vec<_> = required
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (name, property) in properties.members() {
            self.schema(property);
            let help = "write `format: password` beside its type";
            self.secret_name(name, property, property, help);
            for key in ["readOnly", "writeOnly"] {
                if let Some(flag) = property.get(key).filter(|_| property.is_true(key))
                    && required.contains(&name)
                {
                    let message = format!(
                        "{} is required, and `{key}`: where requests and answers both have this \
                         schema, it may be absent in the client",
                        quoted(name)
                    );
                    let help = "use two schemas";
                    self.warn("schema-direction", flag, message, help);
                }
            }
        }
    }

    /// Whether every value is written as one text.
    pub(super) fn is_scalar(&self, schema: Node<'a>) -> bool {
        // What only narrows another one need not say what it is.
        let has_type = self.word(schema, "type").is_some();
        self.are_parts(schema, &mut { MAX_PARTS }, &|schema| {
            let narrows = || {
                let keys = ["properties", "items", "additionalProperties"];
                has_type && !keys.iter().any(|key| schema.value.get(*key).is_some())
            };
            match kind(schema) {
                Some(kind) => SCALARS.contains(&kind),
                None => schema.value.get("enum").is_none() && narrows(),
            }
        })
    }

    /// Whether a query can be written of it.
    pub(super) fn is_query(&self, schema: Node<'a>) -> bool {
        self.is_scalar(schema)
            || self.are_parts(schema, &mut { MAX_PARTS }, &|schema| match (
                kind(schema),
                schema.get("items"),
            ) {
                (Some("array"), Some(items)) => self.is_scalar(items),
                _ => self.is_scalar(schema) || self.is_flat(schema),
            })
    }

    /// Whether it is an object of such values.
    pub(super) fn is_flat(&self, schema: Node<'a>) -> bool {
        self.are_parts(schema, &mut { MAX_PARTS }, &|schema| {
            let is_object = kind(schema) == Some("object");
            let mut properties = schema.get("properties").into_iter().flat_map(Node::members);
            let more = schema
                .get("additionalProperties")
                .filter(|m| m.value.is_object());
            is_object
                && properties.all(|(_, property)| self.is_scalar(property))
                && more.is_none_or(|more| self.is_scalar(more))
        })
    }

    /// Whether something is true of a schema, or of all of which it is made.
    pub(super) fn are_parts(
        &self,
        schema: Node<'a>,
        left: &mut usize,
        is_true: &dyn Fn(Node<'a>) -> bool,
    ) -> bool {
        let Some(schema) = self.resolve(schema, "schemas").filter(|_| *left > 0) else {
            // Reported elsewhere.
            return true;
        };
        *left -= 1;
        let lists = ["allOf", "oneOf", "anyOf"]
            .into_iter()
            .filter_map(|key| schema.get(key));
        let mut parts = lists.flat_map(Node::items).peekable();
        match parts.peek() {
            Some(_) => parts.all(|part| self.are_parts(part, left, is_true)),
            None => is_true(schema),
        }
    }
}

/// The type of a schema, or of the values that it lists.
fn kind(schema: Node<'_>) -> Option<&'static str> {
    let values = schema.value.get("enum").and_then(Value::as_array);
    let values = values.map(Vec::as_slice).unwrap_or_default();
    kind_of_all(schema.value.as_object()?, values)
}
