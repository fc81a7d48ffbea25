//! What stands where in OpenAPI 3.1 and 3.2.
//!
//! As in `prepare::walk`, only the place of a word says whether it is a name or a keyword.

use super::{Draft, Kind};
use crate::prepare::METHODS;
use crate::tree::escaped;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Document,
    Info,
    License,
    Server,
    Tag,
    Components,
    SecurityScheme,
    PathItem,
    Operation,
    /// A parameter, or a header.
    Parameter,
    Body,
    Response,
    Media,
    /// How a part of a form is written.
    Encoding,
    Example,
    Schema,
    /// A schema with a name of its own: a component, or a property.
    Named,
    /// A schema that may be `true` or `false` in OpenAPI 3.0.
    Rest,
}

use Place::{
    Body, Components, Document, Encoding, Example, Info, License, Media, Named, Operation,
    Parameter, PathItem, Response, Rest, Schema, SecurityScheme, Server, Tag,
};

impl Place {
    pub(super) fn is_schema(self) -> bool {
        matches!(self, Schema | Named | Rest)
    }

    /// What one key holds.
    fn one(self, key: &str) -> Option<Place> {
        Some(match (self, key) {
            (Document, "info") => Info,
            (Document, "components") => Components,
            (Info, "license") => License,
            (PathItem, "query") => Operation,
            (PathItem, method) if METHODS.contains(&method) => Operation,
            (Operation, "requestBody") => Body,
            (Parameter | Media, "schema") => Schema,
            (Media, "itemSchema") => Schema,
            (Schema | Named | Rest, "additionalProperties") => Rest,
            (Schema | Named | Rest, key) if SCHEMA.contains(&key) => Schema,
            _ => return None,
        })
    }

    /// What each of the things under one key is.
    fn each(self, key: &str) -> Option<Place> {
        Some(match (self, key) {
            (Document | PathItem | Operation, "servers") => Server,
            (Document, "tags") => Tag,
            (Document, "paths") => PathItem,
            (Components, "schemas") => Named,
            (Components, "responses") | (Operation, "responses") => Response,
            (Components, "parameters" | "headers") => Parameter,
            (Components, "requestBodies") => Body,
            (Components, "securitySchemes") => SecurityScheme,
            (Components | Parameter | Media, "examples") => Example,
            (PathItem, "additionalOperations") => Operation,
            (PathItem | Operation, "parameters") => Parameter,
            (Response | Encoding, "headers") => Parameter,
            (Media, "encoding") => Encoding,
            (Parameter | Body | Response, "content") => Media,
            (Schema | Named | Rest, "properties" | "patternProperties") => Named,
            (Schema | Named | Rest, "$defs" | "definitions" | "dependentSchemas") => Schema,
            (Schema | Named | Rest, "allOf" | "oneOf" | "anyOf" | "prefixItems") => Schema,
            _ => return None,
        })
    }
}

/// The keywords whose value is one schema.
const SCHEMA: [&str; 10] = [
    "items",
    "not",
    "contains",
    "if",
    "then",
    "else",
    "propertyNames",
    "contentSchema",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Whether [`walk`] comes to what stands so many steps below the document.
pub(super) fn is_walked(steps: &[String]) -> bool {
    let mut place = Document;
    let mut steps = steps.iter();
    while let Some(step) = steps.next() {
        let next = place.one(step).or_else(|| {
            let next = place.each(step)?;
            let name = steps.next()?;
            (next.is_schema() || !name.starts_with("x-")).then_some(next)
        });
        let Some(next) = next else { return false };
        place = next;
    }
    true
}

/// Calls `visit` with everything that has a place and with its JSON pointer, before what is in it.
pub(super) fn walk(
    draft: &mut Draft,
    place: Place,
    pointer: &mut String,
    visit: &mut impl FnMut(&mut Draft, Place, &str),
) {
    visit(draft, place, pointer);
    let Kind::Object(members) = &mut draft.kind else {
        return;
    };
    for (key, (_, member)) in members {
        let length = pointer.len();
        step(pointer, key);
        if let Some(place) = place.one(key) {
            walk(member, place, pointer, visit);
        } else if let Some(place) = place.each(key) {
            match &mut member.kind {
                Kind::List(items) => {
                    for (index, item) in items.iter_mut().enumerate() {
                        let length = pointer.len();
                        step(pointer, &index.to_string());
                        walk(item, place, pointer, visit);
                        pointer.truncate(length);
                    }
                }
                Kind::Object(members) => {
                    let members = members.iter_mut();
                    for (name, (_, item)) in
                        members.filter(|(name, _)| place.is_schema() || !name.starts_with("x-"))
                    {
                        let length = pointer.len();
                        step(pointer, name);
                        walk(item, place, pointer, visit);
                        pointer.truncate(length);
                    }
                }
                Kind::Scalar(_) => {}
            }
        }
        pointer.truncate(length);
    }
}

fn step(pointer: &mut String, step: &str) {
    pointer.push('/');
    pointer.push_str(&escaped(step));
}
