//! Which schemas of a document hold a secret. What is not known as one prints.

use std::collections::{HashMap, HashSet};

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
        let schemas = draft.pointer("/components/schemas");
        let schemas = schemas.into_iter().flat_map(Draft::members);
        let schemas: HashMap<String, &Draft> = schemas
            .map(|(name, schema)| (format!("#/components/schemas/{}", escaped(name)), schema))
            .collect();
        let mut next = Vec::new();
        let mut holders: HashMap<&str, Vec<&str>> = HashMap::new();
        for (reference, schema) in &schemas {
            let mut is_one = false;
            has(schema, &mut |part| {
                if let Some(target) = part.text("$ref") {
                    holders.entry(target).or_default().push(reference);
                }
                is_one |= is_secret(part);
                false
            });
            if is_one {
                next.push(reference.as_str());
            }
        }
        // What holds a component that holds a secret holds it, too.
        let mut found: HashSet<&str> = next.iter().copied().collect();
        while let Some(reference) = next.pop() {
            let holders = holders.remove(reference).into_iter().flatten();
            next.extend(holders.filter(|holder| found.insert(holder)));
        }
        let is_one = |reference: &str| {
            let mut schema = schemas.get(reference).copied();
            // One that leads back to itself is none.
            for _ in 0..schemas.len() {
                let Some(one) = schema.filter(|one| !is_secret(one)) else {
                    break;
                };
                schema = one.text("$ref").and_then(|next| schemas.get(next).copied());
            }
            schema.is_some_and(is_secret)
        };
        let found = found.into_iter();
        Self(
            found
                .map(|reference| (reference.to_owned(), is_one(reference)))
                .collect(),
        )
    }

    /// Whether a secret is somewhere in a schema.
    pub(super) fn is_in(&self, schema: &Draft) -> bool {
        let is_known = |target| self.0.contains_key(target);
        has(schema, &mut |part| {
            is_secret(part) || part.text("$ref").is_some_and(is_known)
        })
    }

    /// Whether a secret is in a schema that is none itself.
    pub(super) fn is_within(&self, schema: &Draft) -> bool {
        !self.is_one(schema) && self.is_in(schema)
    }

    fn is_one(&self, schema: &Draft) -> bool {
        let target = schema.text("$ref").and_then(|target| self.0.get(target));
        is_secret(schema) || target == Some(&true)
    }
}

fn is_secret(schema: &Draft) -> bool {
    schema.text("format") == Some("password")
}

/// Whether a schema, or one in it, is such a one.
fn has<'a>(schema: &'a Draft, is_it: &mut impl FnMut(&'a Draft) -> bool) -> bool {
    is_it(schema)
        || schema.members().any(|(key, member)| match &member.kind {
            _ if UNSAID.contains(&key) => false,
            Kind::Object(parts) if MAPS.contains(&key) => {
                parts.values().any(|(_, part)| has(part, is_it))
            }
            Kind::List(parts) => parts.iter().any(|part| has(part, is_it)),
            _ => has(member, is_it),
        })
}
