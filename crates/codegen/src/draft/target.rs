//! What the JSONPath of an action points to.

use std::cmp::Reverse;

use serde_json::{Map, Value};
use serde_json_path::{JsonPath, PathElement};

use crate::report::{Finding, quoted};
use crate::tree::{Node, unescaped};

/// The time that it takes to read a filter doubles with each filter in it.
const MAX_DEPTH: usize = 10;

/// So many steps of a target are looked at for what is wrong with it.
const MAX_STEPS: usize = 100;

/// One step from the document to a part of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Index(usize),
    Name(String),
}

/// All places that a target points to, in order.
pub(super) fn places(document: &Value, node: Node<'_>) -> Result<Vec<Vec<Step>>, Box<Finding>> {
    let target = node.value.as_str().unwrap_or_default();
    if depth(target) > MAX_DEPTH {
        let message = format!("there are more than {MAX_DEPTH} brackets in each other here");
        return Err(error(node, message, "write several actions").into());
    }
    let path = JsonPath::parse(target).map_err(|parse| {
        let rest = target.get(parse.position()..);
        let rest = rest.filter(|rest| !rest.is_empty()).unwrap_or(target);
        let message = format!("this is no JSONPath (RFC 9535), from {} on", quoted(rest));
        let help = "begin with `$`, and quote what is not made of letters, digits and `_`: \
                    `$.paths['/keys'].get`";
        Box::new(error(node, message, help))
    })?;
    let mut places = query(&path, document);
    places.sort();
    places.dedup();
    match places.is_empty() {
        true => Err(error(
            node,
            "this is nowhere in the document",
            nearest(document, target),
        )
        .into()),
        false => Ok(places),
    }
}

/// The one place that something is copied from.
pub(super) fn place(document: &Value, node: Node<'_>) -> Result<Vec<Step>, Box<Finding>> {
    let mut places = places(document, node)?;
    match places.pop() {
        Some(place) if places.is_empty() => Ok(place),
        _ => {
            let message = format!("this is at {} places", places.len() + 1);
            Err(error(node, message, "name one place to copy from").into())
        }
    }
}

pub(super) fn error(node: Node<'_>, message: impl AsRef<str>, help: impl AsRef<str>) -> Finding {
    Finding::error("overlay-target", node.span(), message)
        .at(node.pointer())
        .with_help(help)
}

/// The part of a document at a place.
pub(super) fn at<'a>(document: &'a mut Value, place: &[Step]) -> Option<&'a mut Value> {
    place.iter().try_fold(document, |value, step| match step {
        Step::Index(index) => value.get_mut(*index),
        Step::Name(name) => value.get_mut(name),
    })
}

fn query(path: &JsonPath, document: &Value) -> Vec<Vec<Step>> {
    let found = path.query_located(document);
    let steps = |element: &PathElement<'_>| match element {
        PathElement::Index(index) => Step::Index(*index),
        PathElement::Name(name) => Step::Name((*name).to_owned()),
    };
    let places = found.locations();
    places
        .map(|place| place.iter().map(steps).collect())
        .collect()
}

/// How many brackets are open at most, as if none were in quotes.
fn depth(target: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for byte in target.bytes() {
        match byte {
            b'[' | b'(' => depth += 1,
            b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

/// How far a target comes, and what it could have said there.
fn nearest(document: &Value, target: &str) -> String {
    let ends = target.rmatch_indices(['.', '[']).take(MAX_STEPS);
    for (end, _) in ends {
        let (there, rest) = target.split_at(end);
        // What ends within quotes or a filter is no path.
        let path = JsonPath::parse(there).ok();
        let found = path.and_then(|path| path.query(document).first());
        let there = quoted(there);
        return match found {
            None => continue,
            Some(Value::Object(members)) => {
                let reference = members.get("$ref").and_then(Value::as_str);
                if let Some(pointer) = reference {
                    let to = written(pointer);
                    return format!("{there} is a `$ref`, which is not followed: begin with {to}");
                }
                let wanted = rest.trim_matches(|c: char| ".[]'\"".contains(c));
                format!("{there} is there, with {}", names(members, wanted))
            }
            Some(Value::Array(items)) => format!("{there} is a list of length {}", items.len()),
            Some(_) => format!("{there} is there, with nothing in it"),
        };
    }
    "look for its name in the document".to_owned()
}

/// Some names of members, first those that are most like the one that is wanted.
fn names(members: &Map<String, Value>, wanted: &str) -> String {
    let mut names: Vec<_> = members.keys().collect();
    names.sort_by_key(|name| Reverse(alike(name, wanted)));
    let mut shown: Vec<_> = names.iter().take(5).map(|name| quoted(name)).collect();
    match names.len() {
        0 => return "nothing in it".to_owned(),
        1..=5 => {}
        _ => shown.push("…".to_owned()),
    }
    shown.join(", ")
}

/// With how many equal letters two names begin.
fn alike(one: &str, other: &str) -> usize {
    let pairs = one.chars().zip(other.chars());
    pairs.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
}

/// A JSON pointer of a `$ref` as JSONPath.
fn written(pointer: &str) -> String {
    let steps = pointer.split('/').skip(1).map(unescaped);
    let steps =
        steps.map(
            |step| match step.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                true => format!(".{step}"),
                false => format!("['{}']", step.replace('\\', "\\\\").replace('\'', "\\'")),
            },
        );
    quoted(&format!("${}", steps.collect::<String>()))
}
