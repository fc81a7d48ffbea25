//! Components that OpenAPI 3.0 does not have: whole paths, and media types.

use super::Draft;
use super::access::Members;
use super::places::{Place, walk};

/// Longer chains of references than anybody writes.
const MAX_CHAIN: usize = 20;
/// More places than refer to them, and deeper than any document.
const MAX_PLACES: usize = 10_000;
const MAX_DEPTH: usize = 40;

/// Writes each such component where a reference to it stands.
pub(super) fn inline(draft: &mut Draft) {
    let Some(components) = draft
        .pointer_mut("/components")
        .and_then(Draft::as_object_mut)
    else {
        return;
    };
    let mut take = |section: &str| {
        let section = components.shift_remove(section);
        section
            .and_then(|(_, section)| section.as_object().cloned())
            .unwrap_or_default()
    };
    let (paths, media_types) = (take("pathItems"), take("mediaTypes"));
    if paths.is_empty() && media_types.is_empty() {
        return;
    }
    let mut left = MAX_PLACES;
    walk(
        draft,
        Place::Document,
        &mut String::new(),
        &mut |draft, place, pointer| {
            let (section, components) = match place {
                Place::PathItem => ("#/components/pathItems/", &paths),
                Place::Media => ("#/components/mediaTypes/", &media_types),
                _ => return,
            };
            // What leads back to itself would be written out without an end.
            if left > 0 && pointer.matches('/').count() < MAX_DEPTH {
                left -= 1;
                follow(draft, section, components);
            }
        },
    );
}

fn follow(draft: &mut Draft, section: &str, components: &Members) {
    for _ in 0..MAX_CHAIN {
        let name = draft
            .text("$ref")
            .and_then(|text| text.strip_prefix(section));
        let target = name
            .and_then(|name| components.get(name))
            .and_then(|(_, c)| c.as_object());
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
