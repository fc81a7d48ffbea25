//! A schema with what it refers to and what its `allOf` adds, in one place.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::keywords;

/// More schemas than one value is ever described by. They may refer to each other in many ways.
pub(crate) const MAX_PARTS: usize = 1000;

/// What is not said of a schema by itself.
const LISTS: [&str; 3] = ["allOf", "oneOf", "anyOf"];

/// What a schema and its parts say together.
pub(crate) struct Flat<'a> {
    /// Without `$ref`, `allOf`, `oneOf` and `anyOf`. Most schemas have none of them, and stand for themselves.
    pub(crate) says: Cow<'a, Map<String, Value>>,
    pub(crate) choices: Vec<Choice<'a>>,
    /// The references that were followed.
    pub(crate) references: Vec<String>,
}

/// The alternatives of one `oneOf` or `anyOf`.
pub(crate) struct Choice<'a> {
    pub(crate) alternatives: &'a [Value],
    pub(crate) discriminator: Option<&'a Value>,
}

impl<'a> Flat<'a> {
    pub(crate) fn of(document: &'a Value, schema: &'a Value) -> Self {
        let mut flat = Self::nothing();
        if let Some(schema) = schema.as_object() {
            flat.add(document, schema, &mut { MAX_PARTS });
        }
        flat
    }

    pub(crate) fn of_members(document: &'a Value, schema: &'a Map<String, Value>) -> Self {
        let mut flat = Self::nothing();
        flat.add(document, schema, &mut { MAX_PARTS });
        flat
    }

    pub(crate) fn of_reference(document: &'a Value, reference: &str) -> Self {
        let mut flat = Self::nothing();
        flat.follow(document, reference, &mut { MAX_PARTS - 1 });
        flat
    }

    fn nothing() -> Self {
        Self {
            says: Cow::Owned(Map::new()),
            choices: Vec::new(),
            references: Vec::new(),
        }
    }

    /// The type, or the one that the other keywords are for.
    pub(crate) fn kind(&self) -> Option<&str> {
        keywords::kind(&self.says)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.says.get(key)
    }

    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.get(key) == Some(&Value::Bool(true))
    }

    pub(crate) fn list(&self, key: &str) -> &[Value] {
        let list = self.get(key).and_then(Value::as_array);
        list.map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn properties(&self) -> impl Iterator<Item = (&String, &Value)> {
        let properties = self.get("properties").and_then(Value::as_object);
        properties.into_iter().flatten()
    }

    pub(crate) fn requires(&self, name: &str) -> bool {
        self.list("required").iter().any(|one| one == name)
    }

    fn add(&mut self, document: &'a Value, schema: &'a Map<String, Value>, left: &mut usize) {
        if *left == 0 {
            return;
        }
        *left -= 1;
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.follow(document, reference, left);
        }
        if self.says.is_empty() && !LISTS.iter().any(|key| schema.contains_key(*key)) {
            self.says = Cow::Borrowed(schema);
            return;
        }
        for (key, value) in schema {
            match (key.as_str(), value) {
                ("allOf", _) => {}
                ("oneOf" | "anyOf", Value::Array(list)) => self.choices.push(Choice {
                    alternatives: list,
                    discriminator: schema.get("discriminator"),
                }),
                _ => self.say(key, value),
            }
        }
        let parts = schema.get("allOf").and_then(Value::as_array);
        let parts: Vec<&Value> = parts.into_iter().flatten().collect();
        for part in parts.iter().filter_map(|part| part.as_object()) {
            self.add(document, part, left);
        }
        // What comes first has the word: a part says only for itself that it may be null.
        if !parts.is_empty() && schema.get("nullable").is_none() {
            let is_nullable = |part: &&Value| may_be_null(document, part, left);
            match parts.iter().all(is_nullable) {
                true => self.says.to_mut().insert("nullable".into(), json!(true)),
                false => self.says.to_mut().shift_remove("nullable"),
            };
        }
    }

    fn follow(&mut self, document: &'a Value, reference: &str, left: &mut usize) {
        let target = reference.strip_prefix('#');
        if let Some(target) = target.and_then(|pointer| document.pointer(pointer)) {
            self.references.push(reference.to_owned());
            if let Some(target) = target.as_object() {
                self.add(document, target, left);
            }
        }
    }

    /// Adds what one more schema says.
    fn say(&mut self, key: &str, value: &Value) {
        let says = self.says.to_mut();
        let Some(old) = says.get_mut(key) else {
            says.insert(key.to_owned(), value.clone());
            return;
        };
        match (key, &mut *old, value) {
            ("properties", Value::Object(old), Value::Object(new)) => {
                for (name, property) in new {
                    match old.get_mut(name) {
                        Some(old) => *old = json!({"allOf": [old.take(), property]}),
                        None => _ = old.insert(name.clone(), property.clone()),
                    }
                }
            }
            ("required", Value::Array(old), Value::Array(new)) => old.extend(new.iter().cloned()),
            ("enum", Value::Array(old), Value::Array(new)) => old.retain(|one| new.contains(one)),
            ("items", old, new) => *old = json!({"allOf": [old.take(), new]}),
            ("additionalProperties", old, new) if new.is_boolean() || old.is_boolean() => {
                if *new == json!(false) || *old == json!(true) {
                    *old = new.clone();
                }
            }
            ("additionalProperties", old, new) => *old = json!({"allOf": [old.take(), new]}),
            ("type", old, new) if *old == "number" && *new == "integer" => *old = new.clone(),
            _ => {
                let (one, other) = (old.as_f64(), value.as_f64());
                let (Some(one), Some(other)) = (one, other) else {
                    return;
                };
                let is_narrower = match key {
                    "minimum" | "minLength" | "minItems" | "minProperties" => other > one,
                    "maximum" | "maxLength" | "maxItems" | "maxProperties" => other < one,
                    _ => false,
                };
                if is_narrower {
                    *old = value.clone();
                }
            }
        }
    }
}

/// Whether a schema allows null, as the client takes it: `nullable` need not stand beside a `type`.
pub(crate) fn may_be_null(document: &Value, schema: &Value, left: &mut usize) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = reference.strip_prefix('#');
        let target = target.and_then(|pointer| document.pointer(pointer));
        return target.is_some_and(|target| may_be_null(document, target, left));
    }
    let list = |key| schema.get(key).and_then(Value::as_array);
    if schema.get("nullable") == Some(&json!(true)) {
        return true;
    }
    if let Some(values) = list("enum") {
        return values.contains(&Value::Null);
    }
    const TYPED: [&str; 5] = [
        "type",
        "format",
        "properties",
        "items",
        "additionalProperties",
    ];
    if TYPED.iter().any(|key| schema.get(key).is_some()) {
        return false;
    }
    let all_of = list("allOf");
    // Beside a reference, it can only be meant of both.
    let is_meant = |part: &Value| {
        part.get("nullable") == Some(&json!(true))
            && TYPED.iter().all(|key| part.get(key).is_none())
    };
    if all_of.is_some_and(|parts| parts.iter().any(is_meant)) {
        return true;
    }
    let all_of = all_of.into_iter().flatten();
    let mut choices = ["oneOf", "anyOf"].into_iter().filter_map(list);
    let mut is_nullable = |part: &Value| may_be_null(document, part, left);
    // Nothing but a description allows everything.
    all_of.into_iter().all(&mut is_nullable)
        && choices.all(|choices| choices.iter().any(&mut is_nullable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_put_together() {
        let name = json!({"type": "string", "maxLength": 5, "example": "a"});
        let document = json!({"components": {"schemas": {"Name": name}}});
        let schema = json!({
            "description": "A short one.",
            "allOf": [{"$ref": "#/components/schemas/Name"}, {"maxLength": 3}, {"minLength": 1}],
        });
        let flat = Flat::of(&document, &schema);
        let expected = json!({
            "description": "A short one.",
            "type": "string",
            "maxLength": 3,
            "example": "a",
            "minLength": 1,
        });
        assert_eq!(Value::Object(flat.says.into_owned()), expected);
        assert_eq!(flat.references, ["#/components/schemas/Name"]);
    }

    #[test]
    fn null_is_allowed_where_every_part_allows_it() {
        let document = json!({"components": {"schemas": {
            "A": {"type": "string", "nullable": true},
            "B": {"type": "string"},
        }}});
        let (a, b) = (
            json!({"$ref": "#/components/schemas/A"}),
            json!({"$ref": "#/components/schemas/B"}),
        );
        for (schema, expected) in [
            (json!({"allOf": [a, {"description": "An A."}]}), true),
            (json!({"allOf": [a, b]}), false),
            (json!({"allOf": [b], "nullable": true}), true),
            (json!({"oneOf": [b, a]}), true),
            (json!({"oneOf": [b, b]}), false),
            (json!({"type": "string", "enum": ["a", null]}), true),
            (json!({"type": "string", "allOf": [a]}), false),
            (json!({"properties": {}}), false),
            (json!({}), true),
        ] {
            let found = may_be_null(&document, &schema, &mut 100);
            assert_eq!(found, expected, "{schema}");
        }
    }
}
