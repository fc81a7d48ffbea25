//! Path items that are references: OpenAPI lets them lead to any other path item.

use std::collections::HashSet;

use super::{Draft, pointers};
use crate::prepare::METHODS;
use crate::report::{Finding, quoted};
use crate::tree::{Span, escaped};

/// Longer chains of references than anybody writes.
const MAX_CHAIN: usize = 20;

/// Puts what they refer to in their place. Those that lead nowhere stay as they are.
pub(super) fn inline(root: &mut Draft, file: &str, findings: &mut Vec<Finding>) {
    let mut inlined = Vec::new();
    let mut found = HashSet::new();
    let mut merged = |path: &str, item: &Draft, target: &Draft| {
        merged(item, target, &mut |name, span| {
            // What several references lead to, or lead on from, is told of once.
            if found.insert((span.start, name.to_owned())) {
                let message = format!("{} stands beside a `$ref` that has it, too", quoted(name));
                let finding = Finding::warn("reference-siblings", span, message);
                let pointer = format!("/paths/{}/{}", escaped(path), escaped(name));
                let help = "leave one of the two out; this one counts";
                findings.push(finding.at(pointer).with_help(help));
            }
        })
    };
    for (path, item) in root.get("paths").into_iter().flat_map(Draft::members) {
        let Some(mut whole) = target(root, item, file).map(|target| merged(path, item, target))
        else {
            continue;
        };
        for _ in 0..MAX_CHAIN {
            match target(root, &whole, file) {
                Some(target) => whole = merged(path, &whole, target),
                None => break,
            }
        }
        inlined.push((path.to_owned(), whole));
    }
    let paths = root.get_mut("paths").and_then(Draft::as_object_mut);
    if let Some(paths) = paths {
        for (path, whole) in inlined {
            paths.entry(path).and_modify(|(_, item)| *item = whole);
        }
    }
}

/// The path item that another one refers to.
fn target<'d>(root: &'d Draft, item: &Draft, file: &str) -> Option<&'d Draft> {
    let steps = pointers::steps(item.text("$ref")?, file)?;
    let steps = pointers::find(root, steps, file)?;
    let target = root.at(&steps)?;
    let is_one = matches!(&steps[..], [first, section, _] if first == "components" && section == "pathItems");
    let keys = ["query", "additionalOperations", "$ref"];
    let mut keys = METHODS.iter().chain(&keys);
    (is_one || keys.any(|key| target.get(key).is_some())).then_some(target)
}

/// What a path item refers to, with what stands beside the reference.
fn merged(item: &Draft, target: &Draft, twice: &mut impl FnMut(&str, Span)) -> Draft {
    let mut whole = target.clone();
    let members = whole.members_mut();
    let own = item.as_object().into_iter().flatten();
    for (name, (span, member)) in own.filter(|(name, _)| *name != "$ref") {
        if members.contains_key(name) {
            twice(name, *span);
        }
        members.insert(name.clone(), (*span, member.clone()));
    }
    whole
}
