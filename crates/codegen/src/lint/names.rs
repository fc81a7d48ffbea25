//! The Rust names that the generator makes of the names in a spec.

use std::collections::{HashMap, HashSet};
use std::ptr;

use indexmap::IndexMap;
use serde_json::Value;

use super::Lint;
use super::operations::Seen;
use crate::names::{lengthened, pascal};
use crate::report::Severity;
use crate::tree::Node;

/// What two schemas may differ in and still be the same type.
const ANNOTATIONS: [&str; 6] = [
    "title",
    "description",
    "example",
    "externalDocs",
    "deprecated",
    "xml",
];

/// The letters of a type's name. Where its capitals are depends on how it came about.
fn letters(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Types by their letters.
type Types<'a> = HashMap<String, Node<'a>>;

impl<'a> Lint<'a> {
    /// Component schemas become types of their names; inline ones are named after what they stand
    /// in. Of two types of one name the generator keeps one, so the second gets a name of its own.
    pub(super) fn type_names(&mut self, seen: &Seen<'a>) {
        let mut names = HashSet::new();
        let mut types = Types::new();
        let schemas = self.root.get("components").and_then(|c| c.get("schemas"));
        let schemas = schemas.into_iter().flat_map(Node::members);
        let schemas: Vec<_> = schemas
            .filter(|(name, _)| self.used.contains(&("schemas", *name)))
            .collect();
        for (name, schema) in &schemas {
            types.insert(letters(name), *schema);
            names.insert(pascal(name));
        }
        for (name, schema) in &schemas {
            self.inner_types(&pascal(name), *schema, &mut types);
        }
        for (name, schema) in &schemas {
            self.inherited_types(&pascal(name), *schema, &mut types);
        }
        for (name, schema) in &seen.inline {
            self.inline_type(name, *schema, &mut types);
        }
        for (name, schema) in &seen.answers {
            // As the generation copy names it beside a component.
            let name = lengthened(name.clone(), "Body", |name| !names.contains(name));
            self.named_type(name, *schema, &mut types);
        }
    }

    /// The types of what a schema inherits, which are made anew by its own name. What several parts declare is put
    /// together.
    fn inherited_types(&mut self, name: &str, schema: Node<'a>, types: &mut Types<'a>) {
        let mut parts = vec![(schema, false)];
        let mut seen = HashSet::from([ptr::from_ref(schema.value)]);
        let mut next = 0;
        while let Some((part, is_inherited)) = parts.get(next).copied() {
            next += 1;
            let list: Vec<_> = part
                .get("allOf")
                .into_iter()
                .flat_map(Node::items)
                .collect();
            // Of the only part there is the type that it has.
            let is_alone = list.len() == 1 && part.get("properties").is_none();
            for one in list {
                let is_reference = one.value.get("$ref").is_some();
                if !(is_alone && is_reference)
                    && let Some(one) = self.resolve(one, "schemas")
                    && seen.insert(ptr::from_ref(one.value))
                {
                    parts.push((one, is_inherited || is_reference));
                }
            }
        }
        let mut found: IndexMap<&str, Vec<(Node<'a>, bool)>> = IndexMap::new();
        for (part, is_inherited) in parts {
            for (property, schema) in part.get("properties").into_iter().flat_map(Node::members) {
                let all = found.entry(property).or_default();
                all.push((schema, is_inherited));
            }
        }
        for (property, all) in found {
            if let [(schema, true)] = all[..] {
                self.inline_type(&pascal(&format!("{name}-{property}")), schema, types);
            }
        }
    }

    fn inline_type(&mut self, name: &str, schema: Node<'a>, types: &mut Types<'a>) {
        if !has_name(schema) {
            return self.inner_types(name, schema, types);
        }
        if let Some(first) = types.get(&letters(name))
            && are_same(first.value, schema.value)
        {
            return;
        }
        self.named_type(name.to_owned(), schema, types);
    }

    fn named_type(&mut self, mut name: String, schema: Node<'a>, types: &mut Types<'a>) {
        if let Some(first) = types.get(&letters(&name)).copied() {
            // What several operations refer to has been moved for one of them.
            let pointer = schema.pointer();
            if self.moves.iter().any(|(moved, _)| *moved == pointer) {
                return;
            }
            name = lengthened(name, "Inline", |name| !types.contains_key(&letters(name)));
            let message = format!("this schema becomes `{name}`, since the name is taken");
            let help = "keep it under `components`, by a name of its own";
            self.clash(
                Severity::Warning,
                "type-taken",
                schema,
                first,
                message,
                help,
            );
            self.moves.push((pointer, name.clone()));
        }
        types.insert(letters(&name), schema);
        self.inner_types(&name, schema, types);
    }

    fn inner_types(&mut self, name: &str, schema: Node<'a>, types: &mut Types<'a>) {
        for (property, schema) in schema.get("properties").into_iter().flat_map(Node::members) {
            // Of a name without letters nothing is left.
            let name = pascal(&format!("{name}-{property}"));
            self.inline_type(&name, schema, types);
        }
        // Beside properties they are in a field `extra`.
        let more = match schema.get("properties") {
            Some(_) => "ExtraValue",
            None => "Value",
        };
        for (key, word) in [("items", "Item"), ("additionalProperties", more)] {
            if let Some(schema) = schema.get(key) {
                self.inline_type(&format!("{name}{word}"), schema, types);
            }
        }
        for part in schema.get("allOf").into_iter().flat_map(Node::items) {
            self.inner_types(name, part, types);
        }
        for key in ["oneOf", "anyOf"] {
            for (index, part) in schema
                .get(key)
                .into_iter()
                .flat_map(Node::items)
                .enumerate()
            {
                self.inner_types(&format!("{name}Variant{index}"), part, types);
            }
        }
    }
}

/// Whether a schema becomes a type of its own.
fn has_name(schema: Node<'_>) -> bool {
    let is_secret = schema.text("format") == Some("password");
    let mut keys = [
        "properties",
        "enum",
        "oneOf",
        "anyOf",
        "allOf",
        "minLength",
        "maxLength",
    ]
    .iter();
    !is_secret && keys.any(|key| schema.value.get(*key).is_some())
}

/// Whether two schemas say the same but for their words.
pub(crate) fn are_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let says = |key: &&String| !ANNOTATIONS.contains(&key.as_str());
            let mut more = other.keys().filter(says);
            more.all(|key| one.contains_key(key))
                && one.keys().filter(says).all(|key| {
                    let other = other.get(key);
                    other.is_some_and(|other| are_same(&one[key], other))
                })
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| are_same(a, b))
        }
        _ => one == other,
    }
}
