//! What several schemas say together: the parts of an `allOf`, and the alternatives of a choice.

use std::collections::HashMap;

use super::Lint;
use super::schemas::MAX_PARTS;
use crate::flat::Flat;
use crate::report::quoted;
use crate::tree::Node;

impl<'a> Lint<'a> {
    /// Warns of a property that is of one type in one part and of another in the next. Nothing fits both, and typify
    /// leaves it out. One that is required leaves nothing that fits, which is found when the types are there.
    pub(super) fn contradictions(&mut self, node: Node<'a>) {
        let Some(parts) = node.get("allOf") else {
            return;
        };
        let flat = Flat::of(self.root.value, node.value);
        let mut said: HashMap<&str, String> = HashMap::new();
        for part in std::iter::once(node).chain(parts.items()) {
            let is_own = part.id() == node.id();
            let mut properties = Vec::new();
            self.gather(part, !is_own, &mut properties, &mut { MAX_PARTS });
            for (name, property) in properties {
                let own = Flat::of(self.root.value, property.value);
                let Some(own) = own.kind().map(str::to_owned) else {
                    continue;
                };
                let other = said.entry(name).or_insert_with(|| own.clone());
                let are_numbers = [&*other, &own]
                    .iter()
                    .all(|kind| ["integer", "number"].contains(&&***kind));
                if *other == own || are_numbers || flat.requires(name) {
                    continue;
                }
                let message = format!(
                    "{} is of type `{other}` in another part, and of type `{own}` in this one: no value fits \
                     both, and the client leaves it out",
                    quoted(name)
                );
                let help = "describe it in one of the parts only, or as the same type in both";
                self.warn("schema-contradiction", part, message, help);
            }
        }
    }

    /// The properties of a schema, and of its parts.
    fn gather(
        &self,
        part: Node<'a>,
        with_parts: bool,
        found: &mut Vec<(&'a str, Node<'a>)>,
        left: &mut usize,
    ) {
        let Some(resolved) = self.resolve(part, "schemas").filter(|_| *left > 0) else {
            return;
        };
        *left -= 1;
        found.extend(
            resolved
                .get("properties")
                .into_iter()
                .flat_map(Node::members),
        );
        let parts = resolved.get("allOf").filter(|_| with_parts).into_iter();
        for part in parts.flat_map(Node::items) {
            self.gather(part, true, found, left);
        }
    }

    /// Warns of a tag that an alternative does not have: a server could not read what is sent.
    pub(super) fn untagged(&mut self, node: Node<'a>) {
        let list = node.get("oneOf").or_else(|| node.get("anyOf"));
        let tag = node
            .get("discriminator")
            .and_then(|one| one.get("propertyName"));
        let (Some(list), Some(tag)) = (list, tag) else {
            return;
        };
        let Some(name) = tag.value.as_str() else {
            return;
        };
        let beside = Flat::of(self.root.value, node.value);
        let lacks = |part: &Node<'a>| {
            let flat = Flat::of(self.root.value, part.value);
            let is_open = flat
                .get("additionalProperties")
                .is_some_and(|more| *more != false);
            flat.kind() == Some("object")
                && flat.choices.is_empty()
                && !is_open
                && flat.get("properties").is_some()
                && !flat.properties().any(|(known, _)| known == name)
        };
        let is_beside = beside.properties().any(|(known, _)| known == name);
        if let Some(part) = list.items().find(lacks).filter(|_| !is_beside) {
            let message = format!(
                "this alternative has no property {}, which tells what a value is: the client does not send it",
                quoted(name)
            );
            let help = "declare it as a required string in each alternative";
            self.warn("schema-discriminator", part, message, help);
        }
    }
}
