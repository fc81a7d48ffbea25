//! Two lists of facts, and where they differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::facts::{self, Facts};
use super::judge::{self, Verdict};
use super::place::{Part, Place};

type Places = BTreeMap<Place, Facts>;

/// One difference.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) place: Place,
    pub(super) verdict: Verdict,
    pub(super) label: &'static str,
    pub(super) text: String,
}

/// What `new` says otherwise than `old`.
pub(super) fn compare(old: &Value, new: &Value) -> Vec<Change> {
    let (old, new) = (facts::collect(old), facts::collect(new));
    let mut changes = Vec::new();
    let places: BTreeSet<&Place> = old.keys().chain(new.keys()).collect();
    for place in places {
        match (old.get(place), new.get(place)) {
            (Some(before), Some(after)) => facts_of(place, before, after, &mut changes),
            _ if follows(place, &old, &new) => {}
            (Some(_), None) => changes.push(Change {
                verdict: judge::removed(place),
                label: "removed",
                text: named(place, "was removed"),
                place: place.clone(),
            }),
            (None, after) => {
                let nothing = Facts::default();
                let after = after.unwrap_or(&nothing);
                let what = format!("was added{}", summary(place, after));
                changes.push(Change {
                    verdict: judge::added(place, after),
                    label: "added",
                    text: named(place, &what),
                    place: place.clone(),
                });
            }
        }
    }
    for change in &mut changes {
        if is_page(&change.place, &old) && is_page(&change.place, &new) {
            change.verdict = Verdict::Harmless("a page, not in the client");
        }
    }
    changes
}

/// Whether a difference follows from one above it.
fn follows(place: &Place, old: &Places, new: &Places) -> bool {
    let Some(parent) = place.parent() else {
        return false;
    };
    match (old.get(&parent), new.get(&parent)) {
        (Some(before), Some(after)) => {
            // A body that comes or goes is told by its media type.
            let bodiless = [before, after].map(|facts| facts.get("media type") == "none");
            let same = |fact| before.get(fact) == after.get(fact);
            matches!(place.part, Part::Body(_) | Part::Answer(..)) && bodiless[0] != bodiless[1]
                || !place.is_root() && !same("type")
                || follows(&parent, old, new)
        }
        _ => true,
    }
}

/// Whether an operation is a page that a person opens, or is not there.
fn is_page(place: &Place, places: &Places) -> bool {
    let call = places.get(&Place::new(&place.operation, Part::Call));
    call.is_none_or(|call| call.is("x-browser"))
}

/// What is worth saying beside another type; formats and limits belong to the type.
const INDEPENDENT: [&str; 4] = ["deprecated", "media type", "nullable", "required"];

fn facts_of(place: &Place, before: &Facts, after: &Facts, changes: &mut Vec<Change>) {
    let facts: BTreeSet<_> = before.words.keys().chain(after.words.keys()).collect();
    // What a body says that was not there is no change of it.
    let media = [before, after].map(|facts| facts.get("media type"));
    let came_or_went = media[0] != media[1] && media.contains(&"none");
    let retyped = before.get("type") != after.get("type");
    for fact in facts {
        let (was, is) = (before.get(fact), after.get(fact));
        let follows = came_or_went && *fact != "media type"
            || retyped && !INDEPENDENT.contains(fact) && *fact != "type";
        if was == is || follows {
            continue;
        }
        let text = match (*fact, is) {
            ("required", "yes") => "is required now".to_owned(),
            ("required", _) => "is optional now".to_owned(),
            ("nullable", "yes") => "may be null now".to_owned(),
            ("nullable", _) => "is never null now".to_owned(),
            _ => format!("{fact} {} -> {}", shown(was), shown(is)),
        };
        changes.push(Change {
            place: place.clone(),
            verdict: judge::changed(place, fact, before, after),
            label: "changed",
            text: named(place, &text),
        });
    }
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "none" } else { value }
}

fn named(place: &Place, what: &str) -> String {
    format!("{} {what}", place.name()).trim_start().to_owned()
}

/// ` (integer int64, optional)`
fn summary(place: &Place, facts: &Facts) -> String {
    if place.part == Part::Call {
        return format!(" ({} {})", facts.get("method"), facts.get("path"));
    }
    let kind = format!("{} {}", facts.get("type"), facts.get("format"));
    let required = facts
        .words
        .get("required")
        .map(|required| match &**required {
            "yes" => "required",
            _ => "optional",
        });
    let null = facts.is("nullable").then_some("nullable");
    let words = [Some(kind.trim()), required, null].into_iter().flatten();
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    match words[..] {
        [] => String::new(),
        _ => format!(" ({})", words.join(", ")),
    }
}
