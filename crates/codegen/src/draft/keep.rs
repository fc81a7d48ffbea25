//! Takes parts out of a document.

use super::{Draft, access};
use crate::ids;
use crate::prepare::METHODS;
use crate::report::{Finding, quoted};
use crate::tree::escaped;
use crate::uses::is_path;

/// Keeps some operations, by path and method, and the paths that have one.
///
/// They keep the names that were made for them, too, whatever goes beside them. What is found tells of those
/// that would have another one.
pub(crate) fn operations(
    draft: &mut Draft,
    keep: impl Fn(&str, &'static str) -> bool,
) -> Vec<Finding> {
    let all = draft.value();
    let before = ids::missing(&all);
    retain(draft, keep);
    let left = draft.value();
    let after = ids::missing(&left);
    let changed = before
        .iter()
        .filter(|(operation, id)| after.get(*operation) != Some(id));
    let findings = changed.filter_map(|((path, method), id)| {
        let item = draft.get_mut("paths")?.get_mut(path)?.as_object_mut()?;
        let (key, operation) = item.get_mut(*method)?;
        let at = operation.span;
        let members = operation.as_object_mut()?;
        let finding = match members.get("operationId") {
            Some(written) => {
                let text = written.1.as_text()?;
                let message = format!(
                    "{} is the name of another operation, too: this one becomes `{id}`",
                    quoted(text)
                );
                Finding::warn("operation-id-repeated", access::span(written), message)
            }
            None => {
                let message = format!("this operation has no `operationId`: it becomes `{id}`");
                Finding::warn("operation-id-missing", *key, message)
            }
        };
        members.insert(
            "operationId".to_owned(),
            (at, Draft::made(&id.as_str().into(), at)),
        );
        let pointer = format!("/paths/{}/{method}", escaped(path));
        let help = "give it a name of its own in snake_case: it becomes the method's name";
        Some(finding.at(pointer).with_help(help))
    });
    findings.collect()
}

fn retain(draft: &mut Draft, keep: impl Fn(&str, &'static str) -> bool) {
    let has_security = |operation: &Draft| operation.get("security").is_some();
    let mut all_have_security = true;
    let Some(paths) = draft.get_mut("paths").and_then(Draft::as_object_mut) else {
        return;
    };
    paths.retain(|path, (_, item)| {
        let Some(item) = item.as_object_mut().filter(|_| is_path(path)) else {
            return !is_path(path);
        };
        let mut is_empty = true;
        item.retain(|key, (_, operation)| {
            let Some(method) = METHODS.iter().find(|method| *method == key) else {
                return true;
            };
            let is_kept = keep(path, method);
            if is_kept {
                is_empty = false;
                all_have_security &= has_security(operation);
            }
            is_kept
        });
        !is_empty
    });
    if all_have_security && let Some(members) = draft.as_object_mut() {
        members.shift_remove("security");
    }
}

/// Keeps some components, by section and name.
pub(super) fn components(draft: &mut Draft, keep: impl Fn(&str, &str) -> bool) {
    let sections = draft.get_mut("components").and_then(Draft::as_object_mut);
    for (section, (_, components)) in sections.into_iter().flatten() {
        if let Some(components) = components.as_object_mut() {
            components.retain(|name, _| keep(section, name));
        }
    }
}
