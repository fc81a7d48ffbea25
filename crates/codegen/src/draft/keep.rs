//! Takes parts out of a document.

use super::Draft;
use crate::prepare::METHODS;
use crate::uses::is_path;

/// Keeps some operations, by path and method, and the paths that have one.
pub(crate) fn operations(draft: &mut Draft, keep: impl Fn(&str, &'static str) -> bool) {
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
