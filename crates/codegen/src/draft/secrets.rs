//! Which schemas of a document hold a secret. What is not known as one prints.

use std::collections::HashMap;

use super::{Draft, Kind};
use crate::tree::escaped;

/// What says nothing of a value.
const UNSAID: [&str; 6] = [
    "const",
    "default",
    "description",
    "enum",
    "example",
    "examples",
];

/// What holds schemas by their names.
const MAPS: [&str; 3] = ["properties", "patternProperties", "dependentSchemas"];

/// The components that hold a secret, by the references to them, and whether they are one themselves.
pub(super) struct Secrets(HashMap<String, bool>);

impl Secrets {
    pub(super) fn of(draft: &Draft) -> Self {
        let mut secrets = Self(HashMap::new());
        let schemas = draft.pointer("/components/schemas");
        // A component may be made of one that comes later.
        loop {
            let before = secrets.0.len();
            for (name, schema) in schemas.into_iter().flat_map(Draft::members) {
                let reference = format!("#/components/schemas/{}", escaped(name));
                if !secrets.0.contains_key(&reference) && secrets.is_in(schema) {
                    let is_one = secrets.is_one(schema);
                    secrets.0.insert(reference, is_one);
                }
            }
            if secrets.0.len() == before {
                return secrets;
            }
        }
    }

    /// Whether a secret is somewhere in a schema.
    pub(super) fn is_in(&self, schema: &Draft) -> bool {
        let is_known = |target| self.0.contains_key(target);
        self.is_one(schema)
            || schema.text("$ref").is_some_and(is_known)
            || schema.members().any(|(key, member)| match &member.kind {
                _ if UNSAID.contains(&key) => false,
                Kind::Object(parts) if MAPS.contains(&key) => {
                    parts.values().any(|(_, part)| self.is_in(part))
                }
                Kind::List(parts) => parts.iter().any(|part| self.is_in(part)),
                _ => self.is_in(member),
            })
    }

    /// Whether a secret is in a schema that is none itself.
    pub(super) fn is_within(&self, schema: &Draft) -> bool {
        !self.is_one(schema) && self.is_in(schema)
    }

    fn is_one(&self, schema: &Draft) -> bool {
        let target = schema.text("$ref").and_then(|target| self.0.get(target));
        schema.text("format") == Some("password") || target == Some(&true)
    }
}
