//! Media types that are components, which OpenAPI 3.0 does not have.

use super::access::Members;
use super::places::{Place, walk};
use super::{Draft, pointers};

/// Longer chains of references than anybody writes.
const MAX_CHAIN: usize = 20;
/// More places than refer to them, and deeper than any document.
const MAX_PLACES: usize = 10_000;
const MAX_DEPTH: usize = 40;

/// Writes each where a reference to it stands.
pub(super) fn inline(draft: &mut Draft, file: &str) {
    let components = draft.pointer("/components/mediaTypes");
    let Some(components) = components.and_then(Draft::as_object).cloned() else {
        return;
    };
    let mut left = MAX_PLACES;
    walk(
        draft,
        Place::Document,
        &mut String::new(),
        &mut |draft, place, pointer| {
            // What leads back to itself would be written out without an end.
            if place == Place::Media && left > 0 && pointer.matches('/').count() < MAX_DEPTH {
                left -= 1;
                follow(draft, file, &components);
            }
        },
    );
}

fn follow(draft: &mut Draft, file: &str, components: &Members) {
    for _ in 0..MAX_CHAIN {
        let target = draft
            .text("$ref")
            .and_then(|text| find(text, file, components));
        let (Some(target), Some(members)) = (target.cloned(), draft.as_object_mut()) else {
            return;
        };
        members.shift_remove("$ref");
        // What stands beside the reference has the word.
        for (name, member) in target {
            members.entry(name).or_insert(member);
        }
    }
}

fn find<'c>(reference: &str, file: &str, components: &'c Members) -> Option<&'c Members> {
    let steps = pointers::steps(reference, file)?;
    let [first, section, name] = &steps[..] else {
        return None;
    };
    let is_one = first == "components" && section == "mediaTypes";
    let spellings = [name.clone(), pointers::meant(name)];
    let mut found = spellings.iter().filter_map(|name| components.get(name));
    found.next().filter(|_| is_one)?.1.as_object()
}
