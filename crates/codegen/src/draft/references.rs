//! References that point to anything but a component: OpenAPI lets them lead to every place of a document.
//! What they point to becomes a component of its own.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::Value;

use super::parts::{self, Part};
use super::{Draft, Kind, component_names, pointers};
use crate::report::Finding;

/// Makes every reference into the document one to a component. Those that lead nowhere, or to something of
/// another kind, stay as they are.
pub(super) fn lower(root: &mut Draft, file: &str, findings: &mut Vec<Finding>) {
    let plan = Plan::of(root, file, findings);
    plan.rename(root);
    plan.extract(root);
    parts::visit_mut(root, Part::Document, &mut |draft, part| {
        plan.rewrite(draft, part)
    });
}

/// The section of a reference, and what it says.
type Reference = (&'static str, String);

#[derive(Default)]
struct Plan {
    /// What becomes of each reference.
    rewritten: HashMap<Reference, String>,
    /// The new names of schemas that cannot keep theirs.
    renamed: HashMap<String, String>,
    /// The names of what becomes a component.
    named: IndexMap<(&'static str, Vec<String>), String>,
}

impl Plan {
    fn of(root: &Draft, file: &str, findings: &mut Vec<Finding>) -> Self {
        let mut plan = Self::default();
        let mut taken = component_names::taken(root);
        plan.renamed = component_names::renamed(root, &mut taken, findings);
        let mut next = references(root, Part::Document);
        let mut seen = HashSet::new();
        while let Some((section, text)) = next.pop() {
            if !seen.insert((section, text.clone())) {
                continue;
            }
            let steps = pointers::steps(&text, file);
            let Some(steps) = steps.and_then(|steps| pointers::find(root, steps, file)) else {
                continue;
            };
            if let [first, found, name] = &steps[..]
                && first == "components"
                && found == section
            {
                let new = plan.renamed.get(name).filter(|_| section == "schemas");
                let reference = pointers::to_component(section, new.unwrap_or(name));
                plan.rewritten.insert((section, text), reference);
                continue;
            }
            let Some(target) = root
                .at(&steps)
                .filter(|target| is_kind(target, section, &steps))
            else {
                continue;
            };
            let name = plan
                .named
                .entry((section, steps))
                .or_insert_with_key(|(_, steps)| {
                    // What nobody read before has references of its own.
                    next.extend(references(target, Part::Component(section)));
                    let telling = component_names::telling(root, steps);
                    component_names::free(&telling, section, &mut taken)
                });
            let reference = pointers::to_component(section, name);
            plan.rewritten.insert((section, text), reference);
        }
        plan
    }

    fn rename(&self, root: &mut Draft) {
        let components = root.step_mut("components");
        let schemas = components.and_then(|components| components.step_mut("schemas"));
        if let Some(Kind::Object(schemas)) = schemas.map(|schemas| &mut schemas.kind)
            && !self.renamed.is_empty()
        {
            let renamed = std::mem::take(schemas).into_iter();
            let renamed = renamed.map(|(name, schema)| match self.renamed.get(&name) {
                Some(new) => (new.clone(), schema),
                None => (name, schema),
            });
            schemas.extend(renamed);
        }
    }

    /// Takes what has a name now to its new place.
    fn extract(&self, root: &mut Draft) {
        // What stands within another goes first.
        let mut places: Vec<_> = self.named.iter().collect();
        places.sort_by_key(|((_, steps), _)| std::cmp::Reverse(steps.len()));
        let mut found = HashMap::new();
        for ((section, steps), name) in places {
            let Some(target) = root.at_mut(steps) else {
                continue;
            };
            let span = target.span;
            // Elsewhere a reference would not be understood.
            let taken = match parts::at(steps) == Some(Part::Component(section)) {
                true => {
                    let reference = pointers::to_component(section, name);
                    let reference = serde_json::json!({"$ref": reference});
                    std::mem::replace(target, Draft::made(&reference, span))
                }
                false => target.clone(),
            };
            found.insert((*section, name.as_str()), taken);
        }
        for ((section, _), name) in &self.named {
            let Some(target) = found.remove(&(*section, name.as_str())) else {
                continue;
            };
            let span = target.span;
            let empty = || (span, Draft::made(&Value::Object(Default::default()), span));
            let mut members = root.members_mut();
            for key in ["components", section] {
                let (_, member) = members.entry(key.to_owned()).or_insert_with(empty);
                members = member.members_mut();
            }
            members.insert(name.clone(), (span, target));
        }
    }

    /// A schema that stands for the value of its name does so by its new name, too.
    fn keep_tags(&self, schema: &mut Draft) {
        let Some(span) = schema.get("discriminator").map(|one| one.span) else {
            return;
        };
        let lists = ["oneOf", "anyOf"].into_iter();
        let lists = lists.filter_map(|key| schema.get(key)?.as_list());
        let tag = |item: &Draft| {
            let text = item.text("$ref")?;
            let new = self.rewritten.get(&("schemas", text.to_owned()))?;
            let tag = pointers::meant(text.rsplit('/').next()?);
            let is_kept = *new == pointers::to_component("schemas", &tag);
            (!is_kept).then(|| (tag, new.clone()))
        };
        let tags: Vec<_> = lists.flatten().filter_map(tag).collect();
        if tags.is_empty() {
            return;
        }
        let discriminator = schema.get_mut("discriminator");
        let mapping = discriminator.and_then(|discriminator| discriminator.object_under("mapping"));
        if let Some(mapping) = mapping {
            for (tag, new) in tags {
                let made = Draft::made(&new.into(), span);
                mapping.entry(tag).or_insert((span, made));
            }
        }
    }

    fn rewrite(&self, draft: &mut Draft, part: Part) {
        let Part::Component(section) = part else {
            return;
        };
        if section == "schemas" {
            self.keep_tags(draft);
        }
        let rewrite = |draft: &mut Draft, text: String| {
            if let Some(reference) = self.rewritten.get(&(section, text)) {
                draft.kind = Kind::Scalar(reference.clone().into());
            }
        };
        if let Some(reference) = draft.step_mut("$ref")
            && let Some(text) = reference.as_text().map(str::to_owned)
        {
            rewrite(reference, text);
        }
        let mapping = draft
            .step_mut("discriminator")
            .filter(|_| section == "schemas");
        if let Some(Draft {
            kind: Kind::Object(mapping),
            ..
        }) = mapping.and_then(|discriminator| discriminator.step_mut("mapping"))
        {
            for (_, value) in mapping.values_mut() {
                if let Some(text) = value.as_text().map(mapped) {
                    rewrite(value, text);
                }
            }
        }
    }
}

/// The references in a part.
fn references(draft: &Draft, part: Part) -> Vec<Reference> {
    let mut found = Vec::new();
    parts::visit(draft, part, &mut |draft, part| {
        let Part::Component(section) = part else {
            return;
        };
        found.extend(draft.text("$ref").map(|text| (section, text.to_owned())));
        let mapping = draft.get("discriminator").and_then(|d| d.get("mapping"));
        let mapping = mapping.into_iter().flat_map(Draft::members);
        let mapping = mapping.filter_map(|(_, value)| value.as_text());
        found.extend(mapping.map(|text| (section, mapped(text))));
    });
    // So that names are given in the order of the text.
    found.reverse();
    found
}

/// The reference that a value of a `mapping` is, or else the name of a schema.
fn mapped(text: &str) -> String {
    match text.starts_with('#') || text.contains("#/") {
        true => text.to_owned(),
        false => pointers::to_component("schemas", text),
    }
}

/// Whether what stands at a place can be a component of a section.
fn is_kind(target: &Draft, section: &'static str, steps: &[String]) -> bool {
    let has = |key: &str| target.get(key).is_some();
    let is_there = parts::at(steps);
    if !matches!(target.kind, Kind::Object(_)) || is_there == Some(Part::Document) {
        return false;
    }
    if is_there == Some(Part::Component(section)) {
        return true;
    }
    match section {
        "schemas" => {
            let words = [
                "type",
                "properties",
                "allOf",
                "oneOf",
                "anyOf",
                "items",
                "enum",
            ];
            !has("content") && !has("in") && (is_there.is_none() || words.into_iter().any(has))
        }
        "parameters" => has("in") && has("name"),
        "responses" | "requestBodies" => has("content") || has("description") && is_there.is_none(),
        "headers" => has("schema") && !has("in"),
        _ => is_there.is_none(),
    }
}
