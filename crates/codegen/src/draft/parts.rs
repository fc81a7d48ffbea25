//! What stands where in a document. A name and a keyword can be the same word, and only the place says which
//! it is.

use super::{Draft, Kind};
use crate::prepare::METHODS;

/// What an object of a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Document,
    Components,
    PathItem,
    Operation,
    Media,
    /// What can be a component, by the section of `components` where such things are.
    Component(&'static str),
}

/// The sections of `components` that the generator reads.
const SECTIONS: [&str; 7] = [
    "schemas",
    "responses",
    "parameters",
    "examples",
    "requestBodies",
    "headers",
    "securitySchemes",
];

/// Whether a key holds one part, or a list or a map of them.
#[derive(Clone, Copy)]
enum Count {
    One,
    Each,
}

use Count::{Each, One};
use Part::{Component, Components, Document, Media, Operation, PathItem};

fn below(part: Part, key: &str) -> Option<(Part, Count)> {
    Some(match (part, key) {
        (Document, "paths") => (PathItem, Each),
        (Document, "components") => (Components, One),
        (Components, key) => {
            let section = SECTIONS.iter().find(|section| **section == key)?;
            (Component(section), Each)
        }
        (PathItem, method) if METHODS.contains(&method) => (Operation, One),
        (PathItem | Operation, "parameters") => (Component("parameters"), Each),
        (Operation, "requestBody") => (Component("requestBodies"), One),
        (Operation, "responses") => (Component("responses"), Each),
        (Component("responses"), "headers") => (Component("headers"), Each),
        (Component("responses" | "requestBodies" | "parameters" | "headers"), "content") => {
            (Media, Each)
        }
        (Media | Component("parameters" | "headers"), "schema") => (Component("schemas"), One),
        (Media | Component("parameters" | "headers"), "examples") => (Component("examples"), Each),
        (Component("schemas"), "items" | "not" | "additionalProperties") => {
            (Component("schemas"), One)
        }
        (Component("schemas"), "properties" | "allOf" | "oneOf" | "anyOf") => {
            (Component("schemas"), Each)
        }
        _ => return None,
    })
}

/// What stands at a place, when that is a part.
pub(super) fn at(steps: &[String]) -> Option<Part> {
    let mut part = Document;
    let mut steps = steps.iter();
    while let Some(step) = steps.next() {
        let (next, count) = below(part, step)?;
        if let Each = count {
            steps.next()?;
        }
        part = next;
    }
    Some(part)
}

/// Calls `visit` with every part of a draft and what it is, a part before those in it.
pub(super) fn visit<'a>(draft: &'a Draft, part: Part, found: &mut impl FnMut(&'a Draft, Part)) {
    found(draft, part);
    for (key, member) in draft.members() {
        match (below(part, key), &member.kind) {
            (Some((part, One)), _) => visit(member, part, found),
            (Some((part, Each)), Kind::List(items)) => {
                items.iter().for_each(|item| visit(item, part, found));
            }
            (Some((part, Each)), Kind::Object(members)) => {
                let members = members.values();
                members.for_each(|(_, member)| visit(member, part, found));
            }
            _ => {}
        }
    }
}

/// [`visit`], to change them.
pub(super) fn visit_mut(draft: &mut Draft, part: Part, found: &mut impl FnMut(&mut Draft, Part)) {
    found(draft, part);
    let Kind::Object(members) = &mut draft.kind else {
        return;
    };
    for (key, (_, member)) in members {
        match (below(part, key), &mut member.kind) {
            (Some((part, One)), _) => visit_mut(member, part, found),
            (Some((part, Each)), Kind::List(items)) => {
                items
                    .iter_mut()
                    .for_each(|item| visit_mut(item, part, found));
            }
            (Some((part, Each)), Kind::Object(members)) => {
                let members = members.values_mut();
                members.for_each(|(_, member)| visit_mut(member, part, found));
            }
            _ => {}
        }
    }
}
