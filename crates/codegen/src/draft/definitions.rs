//! Schemas with names that are no components, and references to them: `$defs`, `$id`, `$anchor`.

use std::collections::{HashMap, HashSet};

use super::Draft;
use super::places::{Place, walk};
use crate::tree::{escaped, unescaped};

const SECTION: &str = "/components/schemas/";

/// Makes components of all `$defs`, and writes references to schemas as pointers in the document.
pub(super) fn move_out(draft: &mut Draft) {
    let mut known = Known::of(draft);
    if known.is_empty() {
        return;
    }
    known.name(draft);
    let original = draft.clone();
    let mut resources = known.resources.clone();
    resources.sort_by_key(|(pointer, _)| pointer.len());
    walk(
        draft,
        Place::Document,
        &mut String::new(),
        &mut |draft, place, pointer| {
            let base = resources.iter().rev().find(|(at, _)| is_in(pointer, at));
            let (root, base) = base.map_or(("", ""), |(at, base)| (at.as_str(), base.as_str()));
            let at = At {
                pointer,
                root,
                base,
            };
            let find = |text: &str| known.find(&original, &at, text);
            let Some(members) = draft.as_object_mut() else {
                return;
            };
            for key in ["$ref", "$dynamicRef"] {
                let Some((_, reference)) = members.get_mut(key) else {
                    continue;
                };
                let text = reference.as_text().unwrap_or_default();
                if key == "$dynamicRef" && known.is_dynamic(text) {
                    continue;
                }
                if let Some(found) = find(text) {
                    *reference = Draft::made(&found.into(), reference.span);
                }
            }
            let mapping = members
                .get_mut("discriminator")
                .filter(|_| place.is_schema());
            let mapping = mapping.and_then(|(_, d)| d.pointer_mut("/mapping")?.as_object_mut());
            for (_, target) in mapping.into_iter().flat_map(|mapping| mapping.values_mut()) {
                let text = target.as_text().filter(|text| text.contains(['#', '/']));
                if let Some(found) = text.and_then(find) {
                    *target = Draft::made(&found.into(), target.span);
                }
            }
        },
    );
    known.take(draft);
}

/// Where a reference stands.
struct At<'a> {
    pointer: &'a str,
    /// The schema around it that has an `$id`.
    root: &'a str,
    base: &'a str,
}

#[derive(Default)]
struct Known {
    /// Where a URI of its own begins, by JSON pointer.
    resources: Vec<(String, String)>,
    /// Pointers by URI, with anchors.
    targets: HashMap<String, String>,
    /// How many schemas have a dynamic anchor.
    dynamic: HashMap<String, usize>,
    /// The pointers of `$defs`, and the components that they become.
    definitions: Vec<(String, String)>,
}

impl Known {
    fn of(draft: &mut Draft) -> Self {
        let mut known = Self::default();
        if let Some(own) = draft.text("$self") {
            known.resources.push((String::new(), own.to_owned()));
            known.targets.insert(own.to_owned(), String::new());
        }
        walk(
            draft,
            Place::Document,
            &mut String::new(),
            &mut |draft, place, pointer| {
                if place.is_schema() {
                    known.add(draft, pointer);
                }
            },
        );
        known
    }

    fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.targets.is_empty() && self.definitions.is_empty()
    }

    fn add(&mut self, schema: &Draft, pointer: &str) {
        let around = self.resources.iter().filter(|(at, _)| is_in(pointer, at));
        let around = around.max_by_key(|(at, _)| at.len());
        let mut base = around.map(|(_, base)| base.clone()).unwrap_or_default();
        if let Some(id) = schema.text("$id") {
            base = joined(&base, id.trim_end_matches('#'));
            self.resources.push((pointer.to_owned(), base.clone()));
            self.targets
                .entry(base.clone())
                .or_insert_with(|| pointer.to_owned());
        }
        for key in ["$anchor", "$dynamicAnchor"] {
            let Some(anchor) = schema.text(key) else {
                continue;
            };
            let target = format!("{base}#{anchor}");
            self.targets
                .entry(target)
                .or_insert_with(|| pointer.to_owned());
            if key == "$dynamicAnchor" {
                *self.dynamic.entry(anchor.to_owned()).or_default() += 1;
            }
        }
        // The second is what the first was called before 2019.
        for key in ["$defs", "definitions"] {
            let definitions = schema.get(key).and_then(Draft::as_object);
            for name in definitions.into_iter().flat_map(|d| d.keys()) {
                let pointer = format!("{pointer}/{key}/{}", escaped(name));
                self.definitions.push((pointer, String::new()));
            }
        }
    }

    /// Whether what an anchor means depends on how one came to it.
    fn is_dynamic(&self, reference: &str) -> bool {
        let anchor = reference.rsplit('#').next().unwrap_or_default();
        self.dynamic.get(anchor).is_some_and(|count| *count > 1)
    }

    /// Gives a name to each definition that no component has, nor one that differs by its case only.
    fn name(&mut self, draft: &Draft) {
        let key = |name: &str| crate::names::pascal(name).to_lowercase();
        let schemas = draft
            .pointer("/components/schemas")
            .and_then(Draft::as_object);
        let schemas = schemas.into_iter().flat_map(|schemas| schemas.keys());
        let mut taken: HashSet<String> = schemas.map(|name| key(name)).collect();
        for (pointer, name) in &mut self.definitions {
            let own = unescaped(pointer.rsplit('/').next().unwrap_or_default());
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            let own: String = own
                .chars()
                .map(|c| if is_plain(c) { c } else { '_' })
                .collect();
            let tries = (2..).map(|number| format!("{own}_{number}"));
            let free = std::iter::once(own.clone()).chain(tries);
            *name = free
                .into_iter()
                .find(|name| taken.insert(key(name)))
                .unwrap_or_default();
        }
    }

    /// The pointer that a reference stands for, when it is not one that already is right.
    fn find(&self, document: &Draft, at: &At<'_>, text: &str) -> Option<String> {
        let (uri, fragment) = text.split_once('#').unwrap_or((text, ""));
        let uri = match uri.is_empty() {
            true => at.base.to_owned(),
            false => joined(at.base, uri),
        };
        let mut root = match uri == at.base {
            true => at.root,
            false => self.targets.get(&uri)?,
        };
        let pointer = if fragment.starts_with('/') {
            let is_there = |root: &str| document.pointer(&format!("{root}{fragment}")).is_some();
            if !is_there(root) {
                // What is meant is the document, or else what stands around the reference.
                let mut around = vec![""];
                around.extend(
                    at.pointer
                        .rmatch_indices('/')
                        .map(|(end, _)| &at.pointer[..end]),
                );
                root = around.into_iter().find(|root| is_there(root))?;
            }
            format!("{root}{fragment}")
        } else if fragment.is_empty() {
            root.to_owned()
        } else {
            let anchor = self.targets.get(&format!("{uri}#{fragment}"));
            anchor.or_else(|| self.only(fragment))?.clone()
        };
        let moved = self
            .definitions
            .iter()
            .filter(|(from, _)| is_in(&pointer, from));
        let moved = moved.max_by_key(|(from, _)| from.len());
        Some(match moved {
            Some((from, name)) => format!("#{SECTION}{name}{}", &pointer[from.len()..]),
            None => format!("#{pointer}"),
        })
    }

    /// The one anchor of a name that there is anywhere.
    fn only(&self, anchor: &str) -> Option<&String> {
        let end = format!("#{anchor}");
        let mut found = self.targets.iter().filter(|(uri, _)| uri.ends_with(&end));
        let (_, pointer) = found.next()?;
        found.next().is_none().then_some(pointer)
    }

    /// Moves the definitions, those within others first.
    fn take(mut self, draft: &mut Draft) {
        self.definitions
            .sort_by_key(|(pointer, _)| std::cmp::Reverse(pointer.len()));
        let mut moved = Vec::new();
        for (pointer, name) in self.definitions {
            let Some((parent, own)) = pointer.rsplit_once('/') else {
                continue;
            };
            let parent = draft.pointer_mut(parent).and_then(Draft::as_object_mut);
            if let Some(definition) = parent.and_then(|parent| parent.shift_remove(&unescaped(own)))
            {
                moved.push((name, definition));
            }
        }
        draft.object_under("components");
        let components = draft.pointer_mut("/components");
        if let Some(schemas) = components.and_then(|components| components.object_under("schemas"))
        {
            schemas.extend(moved.into_iter().rev());
        }
    }
}

/// Whether a pointer is another one, or leads into it.
fn is_in(pointer: &str, other: &str) -> bool {
    let rest = pointer.strip_prefix(other);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A reference to a resource, in the place of another one (RFC 3986, without dots).
fn joined(base: &str, reference: &str) -> String {
    let has_scheme = |uri: &str| {
        uri.split(['/', '?'])
            .next()
            .is_some_and(|s| s.contains(':'))
    };
    if base.is_empty() || has_scheme(reference) {
        return reference.to_owned();
    }
    let authority = base.find("://").map_or(0, |at| at + 3);
    let path = base[authority..]
        .find('/')
        .map_or(base.len(), |at| at + authority);
    if reference.starts_with('/') {
        return format!("{}{reference}", &base[..path]);
    }
    let reference = reference.trim_start_matches("./");
    match base[path..].rfind('/') {
        Some(end) => format!("{}{reference}", &base[..=path + end]),
        None if authority > 0 => format!("{base}/{reference}"),
        None => match base.rfind('/') {
            Some(end) => format!("{}{reference}", &base[..=end]),
            None => reference.to_owned(),
        },
    }
}
