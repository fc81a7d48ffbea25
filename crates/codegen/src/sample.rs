//! Values that a schema allows, for tests that send one through mock and client.

use serde_json::{Map, Number, Value, json};

/// A string that has to be escaped in JSON, in a form and in a query.
pub(crate) const TEXT: &str = "a \"b\" & c=d+e%é";
/// A string that has to be escaped in a path, and is no pattern for itself.
pub(crate) const SEGMENT: &str = "a.b+c/d e%é";
/// A string that a header may hold.
pub(crate) const LINE: &str = "a.b+c/d e%";

/// A value of `schema` with everything in it that may be, and `text` where any string may be.
///
/// It is `null` where only an endless value would do.
pub(crate) fn sample(document: &Value, schema: &Value, text: &str) -> Value {
    let mut sampler = Sampler {
        document,
        text,
        within: Vec::new(),
    };
    sampler.sample(schema).unwrap_or_default()
}

struct Sampler<'a> {
    document: &'a Value,
    text: &'a str,
    /// The references that are being followed: a schema that holds itself ends there.
    within: Vec<&'a str>,
}

impl<'a> Sampler<'a> {
    fn sample(&mut self, schema: &'a Value) -> Option<Value> {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            if self.within.contains(&reference) {
                return None;
            }
            self.within.push(reference);
            let target = reference
                .strip_prefix('#')
                .and_then(|p| self.document.pointer(p));
            let value = target.and_then(|target| self.sample(target));
            self.within.pop();
            return value;
        }
        if let Some(example) = schema.get("example") {
            return Some(example.clone());
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return values.iter().find(|value| !value.is_null()).cloned();
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(choices) = schema.get(keyword).and_then(Value::as_array) {
                return self.choice(schema, choices);
            }
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            return self.all_of(schema, parts);
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => Some(self.string(schema).into()),
            Some("integer") => Some(integer(schema)),
            Some("number") => number(schema),
            Some("boolean") => Some(true.into()),
            Some("array") => self.array(schema),
            Some("object") => self.object(schema),
            _ if schema.get("properties").is_some() => self.object(schema),
            _ if schema.get("items").is_some() => self.array(schema),
            _ => Some(self.text.into()),
        }
    }

    fn choice(&mut self, schema: &'a Value, choices: &'a [Value]) -> Option<Value> {
        let (choice, value) = choices
            .iter()
            .find_map(|choice| Some((choice, self.sample(choice)?)))?;
        let Some(discriminator) = schema.get("discriminator") else {
            return merge(value, self.object(schema)?);
        };
        let name = discriminator.get("propertyName").and_then(Value::as_str)?;
        let reference = choice.get("$ref").and_then(Value::as_str)?;
        let mapping = discriminator.get("mapping").and_then(Value::as_object);
        let mapped = mapping
            .into_iter()
            .flatten()
            .find(|(_, target)| *target == reference);
        let tag = mapped
            .map(|(tag, _)| tag.as_str())
            .or(reference.rsplit('/').next())?;
        merge(value, json!({name: tag}))
    }

    fn all_of(&mut self, schema: &'a Value, parts: &'a [Value]) -> Option<Value> {
        let mut value = self.object(schema)?;
        for part in parts {
            value = merge(value, self.sample(part)?)?;
        }
        Some(value)
    }

    fn object(&mut self, schema: &'a Value) -> Option<Value> {
        let mut object = Map::new();
        let required = schema.get("required").and_then(Value::as_array);
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            let is_required = required.is_some_and(|names| names.contains(&json!(name)));
            match self.sample(property) {
                // An empty list is not written.
                Some(value) if value == json!([]) && !is_required => None,
                Some(value) => object.insert(name.clone(), value),
                None if property.get("nullable") == Some(&Value::Bool(true)) => {
                    object.insert(name.clone(), Value::Null)
                }
                // Left out where it may be; otherwise nothing finite has this property.
                None if is_required => return None,
                None => None,
            };
        }
        let more = match schema.get("additionalProperties") {
            Some(more) if more.is_object() => self.sample(more),
            Some(Value::Bool(false)) => None,
            _ if properties.is_some() || schema.get("type").is_none() => None,
            _ => Some(self.text.into()),
        };
        if let Some(value) = more {
            object.insert("another key".into(), value);
        }
        Some(object.into())
    }

    fn array(&mut self, schema: &'a Value) -> Option<Value> {
        let bound = |name| schema.get(name).and_then(Value::as_u64);
        let at_least = bound("minItems").unwrap_or(0);
        let count = at_least.max(1).min(bound("maxItems").unwrap_or(u64::MAX));
        let any = json!({});
        let item = match schema.get("items") {
            Some(items) => self.sample(items),
            None => Some(any),
        };
        match item {
            Some(item) => Some((0..count).map(|_| item.clone()).collect()),
            None if at_least == 0 => Some(json!([])),
            None => None,
        }
    }

    fn string(&self, schema: &Value) -> String {
        let text = match schema.get("format").and_then(Value::as_str) {
            Some("date-time") => "2026-11-22T10:00:00Z",
            Some("date") => "2026-11-22",
            Some("uuid") => "123e4567-e89b-42d3-a456-426614174000",
            Some("decimal") => "8217.00",
            Some("password") => "e72e16c7e42f292c6912e7710c838347ae178b4a",
            Some("email") => "octocat@example.com",
            Some("uri") => "https://example.com/a?b=c",
            Some("hostname") => "example.com",
            Some("ipv4" | "ip") => "192.0.2.1",
            Some("ipv6") => "2001:db8::1",
            Some("byte") => "YWJj",
            _ => self.text,
        };
        let bound = |name| schema.get(name).and_then(Value::as_u64);
        let longest = bound("maxLength").unwrap_or(u64::MAX);
        let shortest = bound("minLength").unwrap_or(0);
        let longest = usize::try_from(longest).unwrap_or(usize::MAX);
        let mut text: String = text.chars().take(longest).collect();
        let missing = shortest.saturating_sub(text.chars().count() as u64);
        text.extend((0..missing).map(|_| 'x'));
        text
    }
}

fn merge(one: Value, other: Value) -> Option<Value> {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            one.extend(other);
            Some(one.into())
        }
        // A choice among values that are no objects has no properties of its own.
        (one, Value::Object(_)) => Some(one),
        (_, other) => Some(other),
    }
}

fn integer(schema: &Value) -> Value {
    let bound = |name| schema.get(name).and_then(Value::as_i64);
    let is_exclusive = |name| schema.get(name) == Some(&Value::Bool(true));
    let step = bound("multipleOf").filter(|step| *step > 0).unwrap_or(1);
    let least = bound("minimum").map(|m| m + i64::from(is_exclusive("exclusiveMinimum")));
    let most = bound("maximum").map(|m| m - i64::from(is_exclusive("exclusiveMaximum")));
    let value = 1.max(least.unwrap_or(1)).min(most.unwrap_or(i64::MAX));
    // The next multiple that is not below.
    (value + (step - value.rem_euclid(step)) % step).into()
}

fn number(schema: &Value) -> Option<Value> {
    let bound = |name| schema.get(name).and_then(Value::as_f64);
    let value = match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => f64::midpoint(least, most),
        (Some(least), None) => least.max(1.0) + 0.5,
        (None, Some(most)) => most.min(2.0) - 0.5,
        (None, None) => 1.5,
    };
    Number::from_f64(value).map(Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(schema: Value) -> Value {
        let tree = json!({
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                "parent": {"$ref": "#/components/schemas/Tree"},
            },
        });
        let endless = json!({
            "type": "object",
            "required": ["next"],
            "properties": {"next": {"$ref": "#/components/schemas/Endless"}},
        });
        let document = json!({"components": {"schemas": {
            "Tree": tree,
            "Endless": endless,
            "Name": {"type": "string"},
            "Cat": {"type": "object", "properties": {"lives": {"type": "integer"}}},
        }}});
        sample(&document, &schema, "text")
    }

    #[test]
    fn formats_and_bounds_are_kept() {
        for (schema, expected) in [
            (json!({"type": "string"}), json!("text")),
            (json!({"type": "string", "maxLength": 2}), json!("te")),
            (json!({"type": "string", "minLength": 6}), json!("textxx")),
            (
                json!({"type": "string", "format": "date"}),
                json!("2026-11-22"),
            ),
            (
                json!({"type": "string", "enum": [null, "a"], "nullable": true}),
                json!("a"),
            ),
            (json!({"type": "string", "example": "own"}), json!("own")),
            (json!({"type": "integer"}), json!(1)),
            (json!({"type": "integer", "minimum": 5}), json!(5)),
            (
                json!({"type": "integer", "minimum": 5, "exclusiveMinimum": true}),
                json!(6),
            ),
            (json!({"type": "integer", "maximum": -3}), json!(-3)),
            (
                json!({"type": "integer", "minimum": 0, "maximum": 0}),
                json!(0),
            ),
            (
                json!({"type": "integer", "minimum": 5, "multipleOf": 4}),
                json!(8),
            ),
            (json!({"type": "number"}), json!(1.5)),
            (
                json!({"type": "number", "minimum": 3, "maximum": 4}),
                json!(3.5),
            ),
            (json!({"type": "boolean"}), json!(true)),
            (json!({}), json!("text")),
        ] {
            assert_eq!(of(schema.clone()), expected, "{schema}");
        }
    }

    #[test]
    fn everything_that_may_be_is_there() {
        for (schema, expected) in [
            (
                json!({"properties": {"a": {"type": "integer"}}, "additionalProperties": {}}),
                json!({"a": 1, "another key": "text"}),
            ),
            (
                json!({"type": "array", "minItems": 2, "items": {"type": "integer"}}),
                json!([1, 1]),
            ),
            (
                json!({"type": "array", "maxItems": 0, "items": {"type": "integer"}}),
                json!([]),
            ),
            (json!({"type": "object"}), json!({"another key": "text"})),
            (
                json!({"type": "object", "additionalProperties": false}),
                json!({}),
            ),
            (
                json!({"allOf": [
                    {"$ref": "#/components/schemas/Cat"},
                    {"properties": {"name": {"type": "string"}}},
                ]}),
                json!({"lives": 1, "name": "text"}),
            ),
            (
                json!({"oneOf": [{"type": "integer"}, {"type": "string"}]}),
                json!(1),
            ),
            (
                json!({
                    "oneOf": [{"$ref": "#/components/schemas/Cat"}],
                    "discriminator": {"propertyName": "kind"},
                }),
                json!({"lives": 1, "kind": "Cat"}),
            ),
            (
                json!({
                    "oneOf": [{"$ref": "#/components/schemas/Cat"}],
                    "discriminator": {
                        "propertyName": "kind",
                        "mapping": {"cat": "#/components/schemas/Cat"},
                    },
                }),
                json!({"lives": 1, "kind": "cat"}),
            ),
        ] {
            assert_eq!(of(schema.clone()), expected, "{schema}");
        }
    }

    #[test]
    fn a_schema_that_holds_itself_ends() {
        let tree = of(json!({"$ref": "#/components/schemas/Tree"}));
        assert_eq!(tree, json!({"name": "text"}));
        let endless = of(json!({"$ref": "#/components/schemas/Endless"}));
        assert_eq!(endless, Value::Null);
        let missing = of(json!({"$ref": "#/components/schemas/Missing"}));
        assert_eq!(missing, Value::Null);
        // The same schema twice beside itself is no recursion.
        let name = json!({"$ref": "#/components/schemas/Name"});
        let pair = of(json!({"type": "object", "properties": {"a": name, "b": name}}));
        assert_eq!(pair, json!({"a": "text", "b": "text"}));
    }
}
