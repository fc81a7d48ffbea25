//! What stands where OpenAPI has nothing to say, and is referred to: in `webhooks`, in `x-` fields and the like.

use std::collections::HashSet;

use super::places::{self, Place, walk};
use super::{Draft, pointers};
use crate::tree::escaped;

/// Calls `visit` with everything that has a place, and then with all that has none and is referred to, as if
/// it stood where the reference does.
pub(super) fn follow(
    root: &mut Draft,
    file: &str,
    visit: &mut impl FnMut(&mut Draft, Place, &str),
) {
    let mut next = Vec::new();
    let mut visit = |draft: &mut Draft, place, pointer: &str, next: &mut Vec<_>| {
        visit(draft, place, pointer);
        references(draft, place, next);
    };
    walk(
        root,
        Place::Document,
        &mut String::new(),
        &mut |draft, place, pointer| {
            visit(draft, place, pointer, &mut next);
        },
    );
    let mut seen = HashSet::new();
    let mut done: HashSet<Vec<String>> = HashSet::new();
    while let Some((place, text)) = next.pop() {
        if !seen.insert((place, text.clone())) {
            continue;
        }
        let steps = pointers::steps(&text, file);
        let Some(steps) = steps.and_then(|steps| pointers::find(root, steps, file)) else {
            continue;
        };
        let is_done = (1..=steps.len()).any(|length| done.contains(&steps[..length]));
        if is_done || places::is_walked(&steps) {
            continue;
        }
        let Some(target) = root.at_mut(&steps) else {
            continue;
        };
        let mut pointer = String::new();
        for step in &steps {
            pointer.push('/');
            pointer.push_str(&escaped(step));
        }
        walk(target, place, &mut pointer, &mut |draft, place, pointer| {
            visit(draft, place, pointer, &mut next);
        });
        done.insert(steps);
    }
}

/// The references of one object, each with the place of what it leads to.
fn references(draft: &Draft, place: Place, found: &mut Vec<(Place, String)>) {
    let place = match place.is_schema() {
        true => Place::Named,
        false => place,
    };
    let mapping = draft.get("discriminator").and_then(|d| d.get("mapping"));
    let mapping = mapping.filter(|_| place.is_schema());
    let targets = mapping.into_iter().flat_map(Draft::members);
    let targets = targets.filter_map(|(_, target)| target.as_text());
    let all = draft.text("$ref").into_iter().chain(targets);
    found.extend(all.map(|text| (place, text.to_owned())));
}
