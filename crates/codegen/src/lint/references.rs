//! `$ref`: it must point to a component of the right kind.

use std::collections::{HashMap, HashSet};

use super::Lint;
use crate::literal::decoded;
use crate::report::quoted;
use crate::tree::{Node, unescaped};

/// Longer chains of references than anybody writes.
const MAX_CHAIN: usize = 20;

/// Everything under `components`, by section and name.
pub(super) fn components(root: Node<'_>) -> HashMap<(&str, &str), Node<'_>> {
    let sections = root.get("components").into_iter();
    let sections = sections.flat_map(|components| components.members());
    let components = sections.flat_map(|(section, components)| {
        let members = components.members();
        members.map(move |(name, component)| ((section, name), component))
    });
    components.collect()
}

impl<'a> Lint<'a> {
    /// The name of the component that a `$ref` points to.
    fn target(&self, node: Node<'a>, section: &str) -> Option<&'a str> {
        let reference = node.text("$ref")?;
        let path = reference.strip_prefix("#/components/")?;
        let name = path.strip_prefix(section)?.strip_prefix('/')?;
        if name.contains('/') {
            return None;
        }
        let meant = unescaped(name);
        if meant == name {
            return Some(name);
        }
        let components = self.root.value.get("components");
        let components = components.and_then(|all| all.get(section)?.as_object());
        let found = components.and_then(|components| components.get_key_value(&meant));
        Some(found.map_or(name, |(name, _)| name))
    }

    /// The object itself or the one that its `$ref` points to. None when there is none.
    pub(super) fn resolve(&self, mut node: Node<'a>, section: &'a str) -> Option<Node<'a>> {
        for _ in 0..MAX_CHAIN {
            if node.value.get("$ref").is_none() {
                return node.value.is_object().then_some(node);
            }
            node = *self
                .components
                .get(&(section, self.target(node, section)?))?;
        }
        None
    }

    /// Whether this is a `$ref`, which is checked here and nowhere else.
    pub(super) fn is_reference(&mut self, node: Node<'a>, section: &'a str) -> bool {
        let Some(reference) = node.get("$ref") else {
            return false;
        };
        if !self.fits(reference, "`$ref`", super::shape::Kind::Text) {
            return true;
        }
        let text = node.text("$ref").unwrap_or_default();
        match self.target(node, section) {
            Some(name) if self.components.contains_key(&(section, name)) => {
                if self.is_used && !self.in_page && self.used.insert((section, name)) {
                    self.next.push((section, name));
                }
            }
            Some(name) => {
                let message = format!("there is no {} under `components/{section}`", quoted(name));
                let help = "correct the name, or add the component";
                self.error("reference-missing", reference, message, help);
            }
            None => self.astray(text, reference, section),
        }
        let mut siblings = node.members().filter(|(name, _)| *name != "$ref");
        if let Some((name, sibling)) = siblings.next() {
            let message = format!("{} has no effect beside `$ref`", quoted(name));
            let help = "leave it out, or wrap the reference: `allOf: [{ $ref: ... }]`";
            self.warn("reference-siblings", sibling, message, help);
        }
        true
    }

    /// A reference that no component could be made for.
    fn astray(&mut self, text: &str, reference: Node<'a>, section: &str) {
        if text.is_empty() {
            let help = format!("write `#/components/{section}/NAME`, or leave it out");
            return self.error(
                "reference-missing",
                reference,
                "this `$ref` is empty",
                &help,
            );
        }
        let Some(pointer) = text.strip_prefix('#') else {
            let message = format!("{} lies outside of this file", quoted(text));
            let help = "put everything into one file before, as `npx @redocly/cli bundle` does";
            return self.error("reference-outside", reference, message, help);
        };
        let help = format!("correct it, or write `#/components/{section}/NAME`");
        let places = [pointer, &*decoded(pointer)];
        if places
            .iter()
            .any(|place| self.root.value.pointer(place).is_some())
        {
            let message = format!("{} is not one of the {section}", quoted(text));
            self.error("reference-kind", reference, message, &help);
        } else {
            let message = format!("there is nothing at {}", quoted(text));
            self.error("reference-missing", reference, message, &help);
        }
    }

    /// Finds components that are made of themselves: no type can be that.
    pub(super) fn loops(&mut self) {
        let used = self
            .components
            .iter()
            .filter(|(key, _)| self.used.contains(*key));
        let mut components: Vec<_> = used.map(|(k, v)| (*k, *v)).collect();
        components.sort_by_key(|(_, node)| node.id());
        let mut done = HashSet::new();
        for (key, node) in components {
            // The references that are still to be followed from each component on the way.
            let mut way = vec![(key, parts(node, key.0))];
            let mut on_way = HashSet::from([key]);
            while let Some((key, references)) = way.last_mut() {
                let Some(reference) = references.pop().filter(|_| !done.contains(key)) else {
                    done.insert(*key);
                    on_way.remove(key);
                    way.pop();
                    continue;
                };
                let Some(name) = self.target(reference, key.0) else {
                    continue;
                };
                let next = (key.0, name);
                let Some(component) = self.components.get(&next).copied() else {
                    continue;
                };
                if on_way.contains(&next) {
                    let message = format!("{} is made of itself through this `$ref`", quoted(name));
                    let help = "let the reference stand in a property or in `items`";
                    self.error("reference-loop", reference, message, help);
                } else if !done.contains(&next) {
                    on_way.insert(next);
                    way.push((next, parts(component, next.0)));
                }
            }
        }
    }
}

/// The references of which a component consists: its own, and those in its `allOf` and the like.
fn parts<'a>(node: Node<'a>, section: &str) -> Vec<Node<'a>> {
    if node.value.get("$ref").is_some() {
        return vec![node];
    }
    if section != "schemas" {
        return Vec::new();
    }
    let lists = ["allOf", "oneOf", "anyOf"]
        .into_iter()
        .filter_map(|key| node.get(key));
    lists
        .flat_map(Node::items)
        .flat_map(|item| parts(item, section))
        .collect()
}
