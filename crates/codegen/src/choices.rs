//! What tells the alternatives of a `oneOf` or an `anyOf` apart.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::keywords::kind_of;
use crate::prepare::resolve;
use crate::tree::unescaped;

/// The types that JSON has.
pub(crate) const KINDS: [&str; 6] = ["object", "array", "string", "number", "boolean", "null"];

/// A value is of one of several schemas.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// The property that the `discriminator` names, and which of its values mean which alternative.
    pub(crate) tag: Option<(String, Vec<(String, usize)>)>,
    pub(crate) alternatives: Vec<Alternative>,
}

/// What is known of the values of a schema.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Alternative {
    /// The types of its values; none where it does not say.
    pub(crate) kinds: BTreeSet<&'static str>,
    pub(crate) required: BTreeSet<String>,
    pub(crate) known: BTreeSet<String>,
    /// Whether there are no other properties.
    pub(crate) is_closed: bool,
    /// Whether any other property is as good as a known one.
    pub(crate) is_map: bool,
    /// The values that a property can have, where they are listed.
    pub(crate) values: BTreeMap<String, Vec<Value>>,
    /// Its own values, where they are listed.
    pub(crate) own: Option<Vec<Value>>,
    /// What is known of the items of its lists.
    pub(crate) items: Option<Box<Alternative>>,
}

/// How much is looked at: schemas may refer to each other in many ways, and to themselves.
struct Budget {
    parts: usize,
    depth: usize,
}

impl Budget {
    /// More than anybody makes one choice of.
    fn new() -> Self {
        let (parts, depth) = (1000, 16);
        Self { parts, depth }
    }

    /// Looks one level deeper, if that is in it.
    fn spend<T>(&mut self, look: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.parts = self.parts.checked_sub(1)?;
        self.depth = self.depth.checked_sub(1)?;
        let found = look(self);
        self.depth += 1;
        Some(found)
    }
}

/// The choice that a schema is, or that it narrows by an `allOf`.
pub(crate) fn choice(document: &Value, schema: &Map<String, Value>) -> Option<Choice> {
    choice_within(document, schema, &mut Budget::new())
}

fn choice_within(
    document: &Value,
    schema: &Map<String, Value>,
    left: &mut Budget,
) -> Option<Choice> {
    let list = |key: &str| schema.get(key).and_then(Value::as_array);
    let Some(list) = list("oneOf").or_else(|| list("anyOf")) else {
        let parts = schema.get("allOf")?.as_array()?;
        let parts = parts
            .iter()
            .filter_map(|part| resolve(document, part).as_object());
        let mut choices =
            parts.filter_map(|part| left.spend(|left| choice_within(document, part, left))?);
        let choice = choices.next()?;
        // Of several, typify makes each combination.
        return choices.next().is_none().then_some(choice);
    };
    // Each of them has the properties that stand beside the choice.
    let properties = schema.get("properties").and_then(Value::as_object);
    let alternatives = list.iter().map(|part| {
        let mut one = Alternative::of(document, part, left);
        let names = properties.into_iter().flat_map(Map::keys);
        one.known.extend(names.cloned());
        one
    });
    Some(Choice {
        tag: tag(schema, list),
        alternatives: alternatives.collect(),
    })
}

/// What the `discriminator` says. Without a mapping, the names of the schemas count.
fn tag(schema: &Map<String, Value>, list: &[Value]) -> Option<(String, Vec<(String, usize)>)> {
    let discriminator = schema.get("discriminator")?;
    let property = discriminator.get("propertyName")?.as_str()?;
    let names = list.iter().enumerate().filter_map(|(index, part)| {
        let reference = part.get("$ref")?.as_str()?;
        Some((reference, unescaped(reference.rsplit('/').next()?), index))
    });
    let names: Vec<_> = names.collect();
    let mapping = discriminator.get("mapping").and_then(Value::as_object);
    let mapped = mapping.into_iter().flatten().filter_map(|(value, target)| {
        let target = target.as_str()?;
        let is_it =
            |(reference, name, _): &&(&str, String, usize)| target == *reference || target == *name;
        Some((value.clone(), names.iter().find(is_it)?.2))
    });
    let mut tags: Vec<_> = mapped.collect();
    for (_, name, index) in &names {
        if tags.iter().all(|(value, _)| value != name) {
            tags.push((name.clone(), *index));
        }
    }
    Some((property.to_owned(), tags))
}

impl Choice {
    /// Two alternatives that some value can be of, and nothing says of which.
    pub(crate) fn overlap(&self) -> Option<(usize, usize)> {
        let is_tagged = |index: usize| {
            let tags = self.tag.iter().flat_map(|(_, tags)| tags);
            tags.into_iter().any(|(_, tagged)| *tagged == index)
        };
        let all = self.alternatives.iter().enumerate();
        let mut pairs = all.flat_map(|(second, other)| {
            let before = self.alternatives[..second].iter().enumerate();
            before.map(move |(first, one)| (first, one, second, other))
        });
        let found = pairs.find(|(first, one, second, other)| {
            !(one.differs(other) || is_tagged(*first) && is_tagged(*second))
        });
        found.map(|(first, _, second, _)| (first, second))
    }

    /// Whether no value can be of two of them, by what is listed.
    pub(crate) fn is_exclusive(&self) -> bool {
        let all = &self.alternatives;
        let mut pairs =
            (0..all.len()).flat_map(|second| (0..second).map(move |first| (first, second)));
        self.tag.is_some() || pairs.all(|(first, second)| all[first].excludes(&all[second]))
    }
}

impl Alternative {
    fn of(document: &Value, schema: &Value, left: &mut Budget) -> Self {
        let schema = resolve(document, schema).as_object();
        let found =
            schema.and_then(|schema| left.spend(|left| Self::whole(document, schema, left)));
        found.unwrap_or_default()
    }

    fn whole(document: &Value, schema: &Map<String, Value>, left: &mut Budget) -> Self {
        let mut found = Self::plain(document, schema, left);
        for key in ["allOf", "oneOf", "anyOf"] {
            let parts = schema.get(key).and_then(Value::as_array);
            let parts = parts.into_iter().flatten();
            let parts = parts.map(|part| Self::of(document, part, left));
            let whole = match key {
                "allOf" => parts.reduce(Self::and),
                _ => parts.reduce(Self::or),
            };
            found = whole.into_iter().fold(found, Self::and);
        }
        found
    }

    /// What a schema says itself.
    fn plain(document: &Value, schema: &Map<String, Value>, left: &mut Budget) -> Self {
        let mut found = Self::default();
        let properties = schema.get("properties").and_then(Value::as_object);
        let kind = schema.get("type").and_then(Value::as_str);
        let kind = match kind {
            Some("integer") => Some("number"),
            None if properties.is_some() => Some("object"),
            None if schema.contains_key("items") => Some("array"),
            kind => kind,
        };
        found
            .kinds
            .extend(KINDS.iter().find(|name| kind == Some(name)));
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            if found.kinds.is_empty() {
                found.kinds.extend(values.iter().map(kind_of));
            }
            found.own = Some(values.clone());
        }
        if schema.get("nullable") == Some(&Value::Bool(true)) && !found.kinds.is_empty() {
            found.kinds.insert("null");
        }
        let required = schema.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        found.required.extend(required.map(str::to_owned));
        for (name, property) in properties.into_iter().flatten() {
            found.known.insert(name.clone());
            if let Some(values) = listed(document, property, left) {
                found.values.insert(name.clone(), values.clone());
            }
        }
        let items = schema.get("items").filter(|_| kind == Some("array"));
        found.items = items.map(|items| Box::new(Self::of(document, items, left)));
        let more = schema.get("additionalProperties");
        found.is_closed = more == Some(&Value::Bool(false));
        let is_free = kind == Some("object") && properties.is_none() && more.is_none();
        found.is_map = is_free || more.is_some_and(|more| *more != Value::Bool(false));
        found
    }

    /// What is of both.
    fn and(mut self, other: Self) -> Self {
        match self.kinds.is_empty() {
            true => self.kinds = other.kinds,
            false if !other.kinds.is_empty() => {
                self.kinds.retain(|kind| other.kinds.contains(kind))
            }
            false => {}
        }
        self.required.extend(other.required);
        self.known.extend(other.known);
        self.is_map |= other.is_map;
        self.items = self.items.or(other.items);
        for (name, values) in other.values {
            let own = self.values.entry(name).or_insert_with(|| values.clone());
            own.retain(|value| values.contains(value));
        }
        self.own = match (self.own.take(), other.own) {
            (Some(one), Some(other)) => {
                Some(one.into_iter().filter(|v| other.contains(v)).collect())
            }
            (one, other) => one.or(other),
        };
        self
    }

    /// What is of one of the two.
    fn or(mut self, other: Self) -> Self {
        match self.kinds.is_empty() || other.kinds.is_empty() {
            true => self.kinds.clear(),
            false => self.kinds.extend(other.kinds),
        }
        self.required.retain(|name| other.required.contains(name));
        self.known.extend(other.known);
        self.is_closed &= other.is_closed;
        self.is_map |= other.is_map;
        self.values
            .retain(|name, _| other.values.contains_key(name));
        for (name, values) in &mut self.values {
            values.extend(other.values[name].iter().cloned());
        }
        self.own = self.own.zip(other.own).map(|(mut one, other)| {
            one.extend(other);
            one
        });
        self
    }

    /// Whether something says of which of the two a value is.
    fn differs(&self, other: &Self) -> bool {
        let has_more = |one: &Self, other: &Self| {
            one.required
                .iter()
                .any(|name| !other.known.contains(name) && !other.is_map)
        };
        let items = self.items.as_ref().zip(other.items.as_ref());
        let are_lists = items.is_some_and(|(one, other)| one.differs(other));
        self.excludes(other) || has_more(self, other) || has_more(other, self) || are_lists
    }

    /// Whether no value can be of both.
    fn excludes(&self, other: &Self) -> bool {
        let are_kinds = !self.kinds.is_empty() && !other.kinds.is_empty();
        // Null is the same in both, and nothing is lost.
        let mut both = self.kinds.intersection(&other.kinds);
        if are_kinds && both.all(|kind| *kind == "null") {
            return true;
        }
        let differ =
            |one: &[Value], other: &[Value]| one.iter().all(|value| !other.contains(value));
        let own = self.own.as_deref().zip(other.own.as_deref());
        if own.is_some_and(|(one, other)| differ(one, other)) {
            return true;
        }
        let is_tag = |(name, values): (&String, &Vec<Value>)| {
            let is_required = self.required.contains(name) || other.required.contains(name);
            is_required
                && other
                    .values
                    .get(name)
                    .is_some_and(|others| differ(values, others))
        };
        let has_foreign = |one: &Self, other: &Self| {
            other.is_closed && one.required.iter().any(|name| !other.known.contains(name))
        };
        self.values.iter().any(is_tag) || has_foreign(self, other) || has_foreign(other, self)
    }
}

/// The values that a schema lists.
fn listed<'a>(document: &'a Value, schema: &'a Value, left: &mut Budget) -> Option<&'a Vec<Value>> {
    let schema = resolve(document, schema);
    let parts = || schema.get("allOf")?.as_array();
    schema.get("enum").and_then(Value::as_array).or_else(|| {
        let mut parts = parts()?.iter();
        parts.find_map(|part| left.spend(|left| listed(document, part, left))?)
    })
}
