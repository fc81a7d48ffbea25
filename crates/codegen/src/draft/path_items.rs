//! Path items that are references: OpenAPI lets them lead to any other path item.

use super::{Draft, Kind, pointers};
use crate::prepare::METHODS;
use crate::report::{Finding, quoted};

/// Puts what they refer to in their place. Those that lead nowhere stay as they are.
pub(super) fn inline(root: &mut Draft, file: &str, findings: &mut Vec<Finding>) {
    let Some(paths) = root.get("paths") else {
        return;
    };
    let mut inlined = Vec::new();
    for (path, item) in paths.members() {
        let steps = item
            .text("$ref")
            .and_then(|text| pointers::steps(text, file));
        let steps = steps.and_then(|steps| pointers::find(root, steps, file));
        let target = steps.and_then(|steps| root.at(&steps));
        let is_item = |target: &&Draft| METHODS.iter().any(|method| target.get(method).is_some());
        if let Some(target) = target.filter(is_item) {
            inlined.push((path.to_owned(), target.clone()));
        }
    }
    let paths = root.step_mut("paths");
    let Some(Draft {
        kind: Kind::Object(paths),
        ..
    }) = paths
    else {
        return;
    };
    for (path, target) in inlined {
        let Some((_, item)) = paths.get_mut(&path) else {
            continue;
        };
        let own = std::mem::replace(item, target);
        let Kind::Object(own) = own.kind else {
            continue;
        };
        for (name, (span, member)) in own.into_iter().filter(|(name, _)| name != "$ref") {
            let members = item.members_mut();
            if members.contains_key(&name) {
                let message = format!("{} stands beside a `$ref` that has it, too", quoted(&name));
                let finding = Finding::warn("reference-siblings", span, message);
                findings.push(finding.with_help("leave one of the two out; this one counts"));
            }
            members.insert(name, (span, member));
        }
    }
}
