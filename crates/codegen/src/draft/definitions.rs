//! Schemas with names that are no components, and references to them: `$defs`, `$id`, `$anchor`.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::Draft;
use super::places::{Place, walk};
use super::uris::joined;
use crate::names::numbered;
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
    let mut rewrite = |draft: &mut Draft, place, pointer: &str| {
        known.rewrite(&original, draft, place, pointer);
    };
    walk(draft, Place::Document, &mut String::new(), &mut rewrite);
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
    resources: HashMap<String, String>,
    /// Pointers by URI, with anchors.
    targets: HashMap<String, String>,
    /// Pointers by the names of anchors, and the names of dynamic ones.
    anchors: HashMap<String, Vec<String>>,
    dynamic: HashSet<String>,
    /// The pointers of `$defs`, and the components that they become.
    definitions: IndexMap<String, String>,
}

impl Known {
    fn of(draft: &mut Draft) -> Self {
        let mut known = Self::default();
        if let Some(own) = draft.text("$self") {
            known.resources.insert(String::new(), own.to_owned());
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
        let around = self.resource(pointer).map(|(_, base)| base.to_owned());
        let mut base = around.unwrap_or_default();
        if let Some(id) = schema.text("$id") {
            base = joined(&base, id.trim_end_matches('#'));
            self.resources.insert(pointer.to_owned(), base.clone());
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
            let pointers = self.anchors.entry(anchor.to_owned()).or_default();
            pointers.push(pointer.to_owned());
            if key == "$dynamicAnchor" {
                self.dynamic.insert(anchor.to_owned());
            }
        }
        // The second is what the first was called before 2019.
        for key in ["$defs", "definitions"] {
            let definitions = schema.get(key).and_then(Draft::as_object);
            for name in definitions.into_iter().flat_map(|d| d.keys()) {
                let pointer = format!("{pointer}/{key}/{}", escaped(name));
                self.definitions.insert(pointer, String::new());
            }
        }
    }

    /// The schema around a place that has a URI of its own.
    fn resource<'a>(&'a self, pointer: &'a str) -> Option<(&'a str, &'a str)> {
        around(pointer).find_map(|at| Some((at, self.resources.get(at)?.as_str())))
    }

    /// Whether what an anchor means depends on how one came to it.
    fn is_dynamic(&self, reference: &str) -> bool {
        let anchor = reference.rsplit('#').next().unwrap_or_default();
        self.dynamic.contains(anchor) && self.only(anchor).is_none()
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
            *name = numbered(&own, "_", |name| taken.insert(key(name)));
        }
    }

    /// Writes the references of one object as pointers.
    fn rewrite(&self, original: &Draft, draft: &mut Draft, place: Place, pointer: &str) {
        let Some(members) = draft.as_object_mut() else {
            return;
        };
        let (root, base) = self.resource(pointer).unwrap_or_default();
        let at = At {
            pointer,
            root,
            base,
        };
        let find = |text: &str| self.find(original, &at, text);
        for key in ["$ref", "$dynamicRef"] {
            let Some((_, reference)) = members.get_mut(key) else {
                continue;
            };
            let text = reference.as_text();
            let text = text.filter(|text| key == "$ref" || !self.is_dynamic(text));
            if let Some(found) = text.and_then(find) {
                *reference = Draft::made(&found.into(), reference.span);
            }
        }
        let discriminator = members
            .get_mut("discriminator")
            .filter(|_| place.is_schema());
        let mapping = discriminator.and_then(|(_, d)| d.pointer_mut("/mapping")?.as_object_mut());
        for (_, target) in mapping.into_iter().flat_map(|mapping| mapping.values_mut()) {
            let text = target.as_text().filter(|text| text.contains(['#', '/']));
            if let Some(found) = text.and_then(find) {
                *target = Draft::made(&found.into(), target.span);
            }
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
                let mut roots = std::iter::once("").chain(around(at.pointer));
                root = roots.find(|root| is_there(root))?;
            }
            format!("{root}{fragment}")
        } else if fragment.is_empty() {
            root.to_owned()
        } else {
            let anchor = self.targets.get(&format!("{uri}#{fragment}"));
            anchor.or_else(|| self.only(fragment))?.clone()
        };
        let moved = around(&pointer).find_map(|from| Some((from, self.definitions.get(from)?)));
        Some(match moved {
            Some((from, name)) => format!("#{SECTION}{name}{}", &pointer[from.len()..]),
            None => format!("#{pointer}"),
        })
    }

    /// The one anchor of a name that there is anywhere.
    fn only(&self, anchor: &str) -> Option<&String> {
        match self.anchors.get(anchor)?.as_slice() {
            [pointer] => Some(pointer),
            _ => None,
        }
    }

    /// Moves the definitions, those within others first.
    fn take(mut self, draft: &mut Draft) {
        self.definitions
            .sort_by_key(|pointer, _| std::cmp::Reverse(pointer.len()));
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

/// A pointer, and those to all that is around it, up to the document.
fn around(pointer: &str) -> impl Iterator<Item = &str> {
    let ends = pointer.rmatch_indices('/').map(|(end, _)| &pointer[..end]);
    std::iter::once(pointer).chain(ends)
}
