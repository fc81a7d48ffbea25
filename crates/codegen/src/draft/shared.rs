//! Components that OpenAPI 3.0 does not have: whole paths, and media types.

use super::Draft;
use super::access::Members;
use super::places::{Place, walk};

/// Longer chains of references than anybody writes.
const MAX_CHAIN: usize = 20;

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
    walk(
        draft,
        Place::Document,
        &mut String::new(),
        &mut |draft, place, _| match place {
            Place::PathItem => follow(draft, "#/components/pathItems/", &paths),
            Place::Media => follow(draft, "#/components/mediaTypes/", &media_types),
            _ => {}
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
