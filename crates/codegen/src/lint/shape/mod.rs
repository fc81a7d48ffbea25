//! Which fields an object has, and what they are.

mod document;
mod operation;
mod overlay;
mod schema;

use serde_json::Value;

use super::Lint;
use crate::report::{Severity, quoted};
use crate::tree::Node;

pub(super) use document::{
    COMPONENTS, CONTACT, DOCUMENT, EXTERNAL_DOCS, INFO, LICENSE, SECURITY_SCHEME, SERVER, TAG,
};
pub(super) use operation::{
    ENCODING, HEADER, MEDIA_TYPE, OPERATION, PARAMETER, PATH_ITEM, REQUEST_BODY, RESPONSE,
};
pub(super) use overlay::{ACTION, OVERLAY, OVERLAY_INFO};
use schema::is_harmless;
pub(crate) use schema::is_read;
pub(super) use schema::{DISCRIMINATOR, NEWER_SCHEMA, SCHEMA};

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
