//! Which fields an object has, and what they are.

use serde_json::Value;

use super::Lint;
use crate::fits::is_empty;
use crate::report::{Severity, quoted};
use crate::tree::Node;

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Flag,
    Number,
    /// A whole number that is not negative.
    Count,
    Object,
    List,
    Texts,
    /// A schema, or whether there is more.
    More,
    Any,
}

use Kind::{Any, Count, Flag, List, More, Number, Object, Text, Texts};

/// The fields of one kind of object, and which of them it must have.
pub(super) struct Shape {
    name: &'static str,
    fields: &'static [(&'static str, Kind)],
    required: &'static [&'static str],
    /// Whether the client is made of it. Otherwise nothing that is wrong with it stops anybody.
    is_read: bool,
}

pub(super) const DOCUMENT: Shape = Shape {
    name: "an OpenAPI document",
    fields: &[
        ("openapi", Text),
        ("info", Object),
        ("servers", List),
        ("paths", Object),
        ("components", Object),
        ("security", List),
        ("tags", List),
        ("externalDocs", Object),
    ],
    required: &["info", "paths"],
    is_read: true,
};

pub(super) const INFO: Shape = Shape {
    name: "`info`",
    fields: &[
        ("title", Text),
        ("description", Text),
        ("termsOfService", Text),
        ("contact", Object),
        ("license", Object),
        ("version", Text),
    ],
    required: &["title", "version"],
    is_read: false,
};

pub(super) const CONTACT: Shape = Shape {
    name: "a contact",
    fields: &[("name", Text), ("url", Text), ("email", Text)],
    required: &[],
    is_read: false,
};

pub(super) const LICENSE: Shape = Shape {
    name: "a license",
    fields: &[("name", Text), ("url", Text)],
    required: &["name"],
    is_read: false,
};

pub(super) const TAG: Shape = Shape {
    name: "a tag",
    fields: &[
        ("name", Text),
        ("description", Text),
        ("externalDocs", Object),
    ],
    required: &["name"],
    is_read: false,
};

pub(super) const EXTERNAL_DOCS: Shape = Shape {
    name: "`externalDocs`",
    fields: &[("description", Text), ("url", Text)],
    required: &["url"],
    is_read: false,
};

pub(super) const SERVER: Shape = Shape {
    name: "a server",
    fields: &[("url", Text), ("description", Text), ("variables", Object)],
    required: &["url"],
    is_read: false,
};

pub(super) const COMPONENTS: Shape = Shape {
    name: "`components`",
    fields: &[
        ("schemas", Object),
        ("responses", Object),
        ("parameters", Object),
        ("examples", Object),
        ("requestBodies", Object),
        ("headers", Object),
        ("securitySchemes", Object),
        ("links", Object),
        ("callbacks", Object),
    ],
    required: &[],
    is_read: true,
};

pub(super) const SECURITY_SCHEME: Shape = Shape {
    name: "a security scheme",
    fields: &[
        ("type", Text),
        ("description", Text),
        ("name", Text),
        ("in", Text),
        ("scheme", Text),
        ("bearerFormat", Text),
        ("flows", Object),
        ("openIdConnectUrl", Text),
    ],
    required: &["type"],
    is_read: true,
};

pub(super) const PATH_ITEM: Shape = Shape {
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

pub(super) const OPERATION: Shape = Shape {
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

pub(super) const PARAMETER: Shape = Shape {
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

pub(super) const HEADER: Shape = Shape {
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

pub(super) const REQUEST_BODY: Shape = Shape {
    name: "a request body",
    fields: &[
        ("description", Text),
        ("content", Object),
        ("required", Flag),
    ],
    required: &["content"],
    is_read: true,
};

pub(super) const MEDIA_TYPE: Shape = Shape {
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

pub(super) const ENCODING: Shape = Shape {
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

pub(super) const RESPONSE: Shape = Shape {
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

pub(super) const SCHEMA: Shape = Shape {
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
pub(super) const NEWER_SCHEMA: Shape = Shape {
    name: "a schema",
    ..SCHEMA
};

pub(super) const DISCRIMINATOR: Shape = Shape {
    name: "a discriminator",
    fields: &[("propertyName", Text), ("mapping", Object)],
    required: &["propertyName"],
    is_read: true,
};

pub(super) const OVERLAY: Shape = Shape {
    name: "an overlay",
    fields: &[
        ("overlay", Text),
        ("info", Object),
        ("extends", Text),
        ("actions", List),
    ],
    required: &["info", "actions"],
    is_read: true,
};

pub(super) const OVERLAY_INFO: Shape = Shape {
    name: "`info` of an overlay",
    fields: &[("title", Text), ("description", Text), ("version", Text)],
    required: &["title", "version"],
    is_read: true,
};

pub(super) const ACTION: Shape = Shape {
    name: "an action",
    fields: &[
        ("target", Text),
        ("description", Text),
        ("update", Any),
        ("copy", Text),
        ("remove", Flag),
    ],
    required: &["target"],
    is_read: true,
};

impl Kind {
    fn fits(self, value: &Value) -> bool {
        match self {
            Text => value.is_string(),
            Flag => value.is_boolean(),
            Number => value.is_number(),
            Count => value.is_u64(),
            Object => value.is_object(),
            List => value.is_array(),
            Texts => value
                .as_array()
                .is_some_and(|items| items.iter().all(Value::is_string)),
            More => value.is_object() || value.is_boolean(),
            Any => true,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Text => "a string",
            Flag => "`true` or `false`",
            Number => "a number",
            Count => "a whole number from 0",
            Object => "an object",
            List => "a list",
            Texts => "a list of strings",
            More => "a schema, `true` or `false`",
            Any => "anything",
        }
    }
}

impl<'a> Lint<'a> {
    /// Checks the fields of an object. False when it is no object at all.
    pub(super) fn shape(&mut self, node: Node<'a>, shape: &Shape) -> bool {
        let severity = match shape.is_read {
            true => Severity::Error,
            false => Severity::Warning,
        };
        if !self.fits_as(severity, node, shape.name, Object) {
            return false;
        }
        for (name, member) in node.members() {
            if let Some((_, kind)) = shape.fields.iter().find(|(field, _)| *field == name) {
                match kind.fits(member.value) || !is_harmless(shape, name, member.value) {
                    true => _ = self.fits_as(severity, member, &quoted(name), *kind),
                    false => {
                        let message =
                            format!("{}: it has no effect", unfit(&quoted(name), *kind, member));
                        let help = format!("write {}, or leave it out", kind.words());
                        self.warn("shape", member, message, &help);
                    }
                }
            } else if !name.starts_with("x-") {
                let message = format!("{} is not a field of {}", quoted(name), shape.name);
                let help = "it has no effect; correct its name, or begin it with `x-`";
                self.warn("unknown-field", member, message, help);
            }
        }
        for name in shape.required {
            if node.value.get(*name).is_none() {
                let message = format!("{} has no `{name}`", shape.name);
                // These are for people.
                let severity = match *name {
                    "info" | "description" => Severity::Warning,
                    _ => severity,
                };
                let help = format!("add `{name}`");
                match severity {
                    Severity::Error => self.error("missing-field", node, message, &help),
                    Severity::Warning => self.warn("missing-field", node, message, &help),
                }
            }
        }
        true
    }

    /// The object or list under a key, when it is one. `shape` reports it when it is not.
    pub(super) fn fits(&mut self, node: Node<'a>, name: &str, kind: Kind) -> bool {
        self.fits_as(Severity::Error, node, name, kind)
    }

    fn fits_as(&mut self, severity: Severity, node: Node<'a>, name: &str, kind: Kind) -> bool {
        let fits = kind.fits(node.value);
        if !fits {
            let message = unfit(name, kind, node);
            let help = format!("write {}", kind.words());
            match severity {
                Severity::Error => self.error("shape", node, message, &help),
                Severity::Warning => self.warn("shape", node, message, &help),
            }
        }
        fits
    }
}

fn unfit(name: &str, kind: Kind, node: Node<'_>) -> String {
    let (words, what) = (kind.words(), what(node.value));
    format!("{name} must be {words}, and this is {what}")
}

/// What a schema is made of.
const PARTS: [&str; 5] = ["properties", "items", "allOf", "oneOf", "anyOf"];

/// Whether a field that is none can be left out. Some languages write an empty object as a list.
fn is_harmless(shape: &Shape, name: &str, value: &Value) -> bool {
    let is_nothing = value.is_null() || is_empty(value);
    let is_schema = [SCHEMA.name, NEWER_SCHEMA.name].contains(&shape.name);
    is_schema && (is_nothing || !PARTS.contains(&name))
}

/// Whether a keyword of a schema is one, and has a value that it can have.
pub(crate) fn is_read(key: &str, value: &Value) -> bool {
    let mut fields = SCHEMA.fields.iter();
    fields.any(|(field, kind)| *field == key && kind.fits(value))
}

fn what(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
