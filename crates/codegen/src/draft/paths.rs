//! Paths that have more in them than OpenAPI lets stand there, and say all the same what is meant.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::template::{Read, Told};
use super::{Draft, Kind, pointers};
use crate::prepare::METHODS;
use crate::report::Finding;
use crate::tree::{Span, escaped};

/// Writes every path as OpenAPI has it, but for the literal parts of a query and for a fragment, which tell
/// operations apart. What cannot be read stays as it is. Gives what stood there for each that is changed.
pub(super) fn lower(
    root: &mut Draft,
    file: &str,
    findings: &mut Vec<Finding>,
) -> HashMap<String, String> {
    let mut written = HashMap::new();
    let Some(Kind::Object(paths)) = root.step_mut("paths").map(|paths| &mut paths.kind) else {
        return written;
    };
    let paths = std::mem::take(paths);
    let mut changed: IndexMap<String, (Span, Draft)> = IndexMap::new();
    let names: Vec<String> = paths.keys().cloned().collect();
    for (path, (span, mut item)) in paths {
        let read = Read::of(&path).filter(|_| !path.starts_with("x-"));
        let Some(read) = read.filter(|read| read.is_changed(&path)) else {
            changed.insert(path, (span, item));
            continue;
        };
        let mut name = read.name();
        let is_taken = |name: &String, changed: &IndexMap<_, _>| {
            changed.contains_key(name) || *name != path && names.contains(name)
        };
        if is_taken(&name, &changed) {
            let words: Vec<_> = read.told.iter().map(|told| told.name.as_str()).collect();
            name = format!("{name}#{}", words.join(","));
        }
        if is_taken(&name, &changed) {
            changed.insert(path, (span, item));
            continue;
        }
        findings.extend(
            read.findings(&path)
                .map(|finding| finding.at(format!("/paths/{}", escaped(&name))).over(span)),
        );
        for told in &read.told {
            declare(&mut item, told, root, file);
        }
        changed.insert(name.clone(), (span, item));
        written.insert(name, path);
    }
    if let Some(paths) = root.step_mut("paths") {
        paths.kind = Kind::Object(changed);
    }
    written
}

/// Makes sure that each operation has such a parameter.
fn declare(item: &mut Draft, told: &Told, root: &Draft, file: &str) {
    let is_shared = adapt(item, told, root, file);
    for method in METHODS {
        let Some(operation) = item.step_mut(method) else {
            continue;
        };
        let span = operation.span;
        if !matches!(operation.kind, Kind::Object(_))
            || adapt(operation, told, root, file)
            || is_shared
        {
            continue;
        }
        let mut parameter = json!({
            "name": told.name,
            "in": told.place(),
            "required": told.is_required,
            "schema": {"type": "string"},
        });
        if let Some((style, _)) = told.style {
            parameter["style"] = style.into();
        }
        let list = Draft {
            kind: Kind::List(Vec::new()),
            span,
        };
        let (_, list) = operation
            .members_mut()
            .entry("parameters".to_owned())
            .or_insert((span, list));
        if let Kind::List(list) = &mut list.kind {
            list.push(Draft::made(&parameter, span));
        }
    }
}

/// Makes of what is declared by the name in the template what stands there. False when there is no such thing.
fn adapt(node: &mut Draft, told: &Told, root: &Draft, file: &str) -> bool {
    let Some(Kind::List(list)) = node.step_mut("parameters").map(|list| &mut list.kind) else {
        return false;
    };
    let mut is_there = false;
    for parameter in list {
        let reference = parameter
            .text("$ref")
            .and_then(|text| pointers::steps(text, file));
        let target = reference.and_then(|steps| root.at(&pointers::find(root, steps, file)?));
        let target = target.unwrap_or(parameter);
        let place = target.text("in").unwrap_or_default().to_owned();
        let is_it = target.text("name") == Some(&told.declared)
            && ["path", told.place()].contains(&place.as_str());
        if !is_it {
            continue;
        }
        is_there = true;
        let is_said = match told.style {
            Some(_) => target.get("style").is_some(),
            None => place == "query" && told.declared == told.name,
        };
        if is_said {
            continue;
        }
        let mut changed = target.clone();
        let span = changed.span;
        let members = changed.members_mut();
        let mut set = |key: &str, value: Value| {
            members.insert(key.to_owned(), (span, Draft::made(&value, span)));
        };
        set("name", told.name.clone().into());
        set("in", told.place().into());
        if let Some((style, explode)) = told.style {
            set("style", style.into());
            set("explode", explode.into());
        }
        if place == "path" {
            set("required", true.into());
        }
        *parameter = changed;
    }
    is_there
}
