//! Values that a schema allows, for tests that send one through mock and client.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde_json::{Map, Number, Value, json};

use crate::fits::{self, Wanted};
use crate::flat::{Choice, Flat};
use crate::integers;
use crate::prepare::{FILE, MAY_BE_NULL};
use crate::tree::unescaped;

/// How many references deep there is everything that may be. Below, there is what has to be.
const MAX_WITHIN: usize = 4;
/// After so many values, too: where everything refers to a dozen others, four references are no limit.
const MAX_VALUES: usize = 200;
/// More items and characters than anybody wants to send.
const MOST: u64 = 10_000;
/// A string that has to be escaped in JSON, in a form and in a query.
pub(crate) const TEXT: &str = "a \"b\" & c=d+e%é";
/// A string that has to be escaped in a path, and is no pattern for itself.
pub(crate) const SEGMENT: &str = "a.b+c/d e%é";
/// A string that has to be escaped in a query, where spaces and bars stand between them.
pub(crate) const WORD: &str = "\"b\"&c=d+e%é";
/// A string that a header may hold.
pub(crate) const LINE: &str = "a.b+c/d e%";

/// Makes samples of the schemas of a document.
pub(crate) struct Samples<'a> {
    document: &'a Value,
    /// What is behind each reference. Most of a document is there, and is looked at very often.
    flats: HashMap<String, Rc<Flat<'a>>>,
}

impl<'a> Samples<'a> {
    pub(crate) fn new(document: &'a Value) -> Self {
        Self {
            document,
            flats: HashMap::new(),
        }
    }

    /// Values of `schema` with everything in them that may be, and `text` where any string may be.
    /// Every alternative is in one of them: of `oneOf` and `anyOf`, and null where it is allowed.
    ///
    /// There is none where only an endless value would do.
    pub(crate) fn of(&mut self, schema: &Value, text: &str) -> Vec<Value> {
        let mut sampler = self.sampler(text);
        let mut values = Vec::new();
        let mut count = 0;
        for _ in 0..MAX_SAMPLES {
            sampler.count = 0;
            if let Some(value) = sampler.or_null(schema)
                && !values.contains(&value)
            {
                values.push(value);
            }
            count += sampler.count;
            if !sampler.next_round() || count >= MAX_ALL_VALUES {
                break;
            }
        }
        values
    }

    /// The first of them, or null.
    pub(crate) fn first(&mut self, schema: &Value, text: &str) -> Value {
        self.sampler(text).or_null(schema).unwrap_or_default()
    }

    fn sampler<'b>(&'b mut self, text: &'b str) -> Sampler<'a, 'b> {
        Sampler {
            document: self.document,
            flats: &mut self.flats,
            text,
            takes_examples: text == TEXT,
            within: Vec::new(),
            places: HashMap::new(),
            seen: HashSet::new(),
            count: 0,
        }
    }
}

/// More than one operation needs.
const MAX_SAMPLES: usize = 32;
/// More values than all samples together are made of.
const MAX_ALL_VALUES: usize = 1_000;

struct Sampler<'a, 'b> {
    document: &'a Value,
    flats: &'b mut HashMap<String, Rc<Flat<'a>>>,
    text: &'b str,
    /// Whether the examples of schemas are taken, where the client's type keeps all of them. No
    /// example knows that it may have to fit into a header or a segment of a path.
    takes_examples: bool,
    /// The references that are being followed: a schema that holds itself ends there.
    within: Vec<String>,
    /// Of each place with alternatives: how many there are, and which one is next.
    places: HashMap<String, (usize, usize)>,
    /// The places that this sample went through.
    seen: HashSet<String>,
    /// How many values this sample has.
    count: usize,
}

impl<'a> Sampler<'a, '_> {
    fn flat<'s>(&mut self, schema: &'s Value) -> Rc<Flat<'s>>
    where
        'a: 's,
    {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
            return Rc::new(Flat::of(self.document, schema));
        };
        if let Some(flat) = self.flats.get(reference) {
            return Rc::clone(flat);
        }
        let flat = Rc::new(Flat::of_reference(self.document, reference));
        self.flats.insert(reference.to_owned(), Rc::clone(&flat));
        flat
    }

    /// Which of so many alternatives is meant this time.
    fn pick(&mut self, place: String, count: usize) -> usize {
        let (_, next) = *self.places.entry(place.clone()).or_insert((count, 0));
        self.seen.insert(place);
        next % count.max(1)
    }

    /// Moves on. False when every alternative has been there.
    fn next_round(&mut self) -> bool {
        for place in self.seen.drain() {
            if let Some((_, next)) = self.places.get_mut(&place) {
                *next += 1;
            }
        }
        self.places.values().any(|(count, next)| next < count)
    }

    fn sample(&mut self, schema: &Value) -> Option<Value> {
        self.count += 1;
        let flat = self.flat(schema);
        if schema.get("$ref").is_some() && flat.references.is_empty() {
            return None;
        }
        if flat.references.iter().any(|one| self.within.contains(one)) {
            return None;
        }
        let depth = self.within.len();
        self.within.extend(flat.references.iter().cloned());
        let value = self.of(&flat, schema);
        self.within.truncate(depth);
        value
    }

    fn of(&mut self, flat: &Flat, schema: &Value) -> Option<Value> {
        let kept = |value: &&Value| {
            fits::mismatch(self.document, schema, value, Wanted::Kept).is_none() && !value.is_null()
        };
        let example = flat.get("example").filter(|_| self.takes_examples);
        if let Some(example) = example.filter(kept) {
            return Some(example.clone());
        }
        if flat.get("enum").is_some_and(Value::is_array) {
            let mut values: Vec<_> = flat.list("enum").iter().collect();
            // None of these texts can be sent as a segment of a path, or between spaces or bars.
            let is_cut = |value: &Value| {
                let text = value.as_str().unwrap_or_default();
                self.text == WORD && text.contains([' ', '|'])
            };
            values.sort_by_key(|value| {
                let is_none = ["", ".", ".."].map(|no| *value == no);
                (value.is_null(), is_none, is_cut(value))
            });
            return values.first().copied().cloned();
        }
        if !flat.choices.is_empty() {
            let has_own = flat.get("properties").is_some()
                || flat
                    .get("additionalProperties")
                    .is_some_and(Value::is_object);
            let mut value = match has_own {
                true => self.object(flat)?,
                false => json!({}),
            };
            for choice in &flat.choices {
                value = self.choice(value, choice)?;
            }
            return Some(value);
        }
        match flat.kind() {
            Some("string") if flat.get("format").is_some_and(|format| format == FILE) => {
                Some(file())
            }
            Some("string") => Some(self.string(flat).into()),
            Some("integer") => Some(integer(flat)),
            Some("number") => number(flat),
            Some("boolean") => Some(true.into()),
            Some("array") => self.array(flat),
            Some("object") => self.object(flat),
            _ => Some(self.text.into()),
        }
    }

    /// A value, or null in its turn where that is allowed.
    fn or_null(&mut self, schema: &Value) -> Option<Value> {
        let flat = self.flat(schema);
        let is_open = flat.kind().is_none() && flat.choices.is_empty();
        if flat.is_true("nullable") && !is_open {
            let place = format!("null {schema}");
            if self.pick(place, 2) == 1 {
                return Some(Value::Null);
            }
        }
        self.sample(schema)
    }

    /// Adds an alternative to the properties beside it.
    fn choice(&mut self, beside: Value, choice: &Choice) -> Option<Value> {
        let alternatives = &choice.alternatives;
        let place = serde_json::to_string(alternatives).unwrap_or_default();
        let first = self.pick(place, alternatives.len());
        // One that has no end is no sample.
        let order = (first..alternatives.len()).chain(0..first);
        let (alternative, value) = order
            .filter_map(|index| alternatives.get(index))
            .find_map(|one| Some((one, self.sample(one)?)))?;
        let flat = self.flat(alternative);
        let says_nothing = flat.kind().is_none() && flat.choices.is_empty();
        let value = match says_nothing && beside != json!({}) && flat.get("enum").is_none() {
            // It only says which of the properties beside it are required.
            true => beside,
            false => merge(beside, value)?,
        };
        let Some(discriminator) = &choice.discriminator else {
            return Some(value);
        };
        let name = discriminator.get("propertyName").and_then(Value::as_str)?;
        let mut properties = flat.properties().map(|(name, _)| name).peekable();
        let is_declared = value.get(name).is_some()
            || properties.peek().is_none()
            || properties.any(|property| property == name)
            || flat
                .get("additionalProperties")
                .is_some_and(Value::is_object);
        // The type of the alternative has no place for it.
        if !is_declared {
            return Some(value);
        }
        let reference = alternative.get("$ref").and_then(Value::as_str)?;
        let mapping = discriminator.get("mapping").and_then(Value::as_object);
        let mapped = mapping
            .into_iter()
            .flatten()
            .find(|(_, target)| *target == reference);
        let tag = match mapped {
            Some((tag, _)) => tag.clone(),
            None => unescaped(reference.rsplit('/').next()?),
        };
        merge(value, json!({name: tag}))
    }

    fn object(&mut self, flat: &Flat) -> Option<Value> {
        let mut object = Map::new();
        for (name, property) in flat.properties() {
            let is_required = flat.requires(name);
            // Otherwise things that all refer to each other would be in each other in every order.
            let is_much = self.within.len() >= MAX_WITHIN || self.count >= MAX_VALUES;
            if !is_required && is_much && refers(property) {
                continue;
            }
            let description = property.get("description").and_then(Value::as_str);
            let is_told_apart = description.is_some_and(|text| text.contains(MAY_BE_NULL));
            let declared = self.flat(property);
            let is_struct = declared.properties().next().is_some();
            let value = match is_required || is_told_apart {
                true => self.or_null(property),
                false => self.sample(property),
            };
            match value {
                // An empty list or map is not written.
                Some(value) if !is_required && fits::is_empty(&value) && !is_struct => None,
                Some(value) => object.insert(name.clone(), value),
                None if is_required && property.get("nullable") == Some(&Value::Bool(true)) => {
                    object.insert(name.clone(), Value::Null)
                }
                // Left out where it may be; otherwise nothing finite has this property.
                None if is_required => return None,
                None => None,
            };
        }
        // What is required and not declared is anything.
        let required = flat.list("required").iter().filter_map(Value::as_str);
        for name in required {
            if !object.contains_key(name) && !flat.properties().any(|(known, _)| known == name) {
                let more = flat.get("additionalProperties");
                let value = match more.filter(|more| more.is_object()) {
                    Some(more) => self.or_null(more)?,
                    None => self.text.into(),
                };
                object.insert(name.to_owned(), value);
            }
        }
        let has_properties = flat.properties().next().is_some();
        let more = match flat.get("additionalProperties") {
            Some(more) if more.is_object() => self.or_null(more),
            Some(Value::Bool(false)) => None,
            _ if has_properties || flat.get("type").is_none() => None,
            _ => Some(self.text.into()),
        };
        if let Some(value) = more {
            let key = match self.text {
                WORD => "another-key",
                _ => "another key",
            };
            object.insert(key.into(), value);
        }
        Some(object.into())
    }

    fn array(&mut self, flat: &Flat) -> Option<Value> {
        let bound = |name| flat.get(name).and_then(Value::as_u64);
        let at_least = bound("minItems").unwrap_or(0);
        if at_least > MOST {
            return None;
        }
        let count = at_least.max(1).min(bound("maxItems").unwrap_or(u64::MAX));
        let any = json!({});
        let item = match flat.get("items") {
            Some(items) => self.or_null(items),
            None => Some(any),
        };
        match item {
            Some(item) => Some((0..count).map(|_| item.clone()).collect()),
            None if at_least == 0 => Some(json!([])),
            None => None,
        }
    }

    fn string(&self, schema: &Flat) -> String {
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
        let missing = shortest
            .saturating_sub(text.chars().count() as u64)
            .min(MOST);
        text.extend((0..missing).map(|_| 'x'));
        text
    }
}

/// Whether there is a reference in it.
fn refers(schema: &Value) -> bool {
    match schema {
        Value::Object(fields) => fields.contains_key("$ref") || fields.values().any(refers),
        Value::Array(items) => items.iter().any(refers),
        _ => false,
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

/// A file, as the client's type writes it: no text in any encoding, and a name with all that is escaped.
fn file() -> Value {
    json!({"file_name": "a \"b\" é.png", "media_type": "image/png", "base64": "AP8NCi0tYQ=="})
}

fn integer(schema: &Flat) -> Value {
    let (least, most) = integers::limits(|name| schema.get(name).cloned());
    let step = schema.get("multipleOf").and_then(integers::whole);
    let step = step.filter(|step| *step > 0).unwrap_or(1);
    let value = 1.max(least.unwrap_or(1)).min(most.unwrap_or(i128::MAX));
    // The next multiple that is not below.
    let value = value + (step - value.rem_euclid(step)) % step;
    let small = i64::try_from(value).map(Value::from);
    small.unwrap_or_else(|_| json!(u64::try_from(value).unwrap_or(u64::MAX)))
}

fn number(schema: &Flat) -> Option<Value> {
    let bound = |name| schema.get(name).and_then(Value::as_f64);
    let value = match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => f64::midpoint(least, most),
        (Some(least), None) => least.max(1.0) + 0.5,
        (None, Some(most)) => most.min(2.0) - 0.5,
        (None, None) => 1.5,
    };
    // What the type has room for: a middle may have more digits.
    let is_float = schema.get("format").is_some_and(|format| format == "float");
    let short = (value as f32).to_string().parse().ok();
    let value = short.filter(|_| is_float).unwrap_or(value);
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
        let map = json!({
            "type": "object",
            "properties": {"inside": {
                "type": "object",
                "additionalProperties": {"$ref": "#/components/schemas/Map"},
            }},
        });
        let document = json!({"components": {"schemas": {
            "Tree": tree,
            "Endless": endless,
            "Map": map,
            "Name": {"type": "string"},
            "Cat": {"type": "object", "properties": {"lives": {"type": "integer"}}},
        }}});
        let samples = Samples::new(&document).of(&schema, TEXT);
        samples.into_iter().next().unwrap_or_default()
    }

    #[test]
    fn every_alternative_has_its_turn() {
        let of = |schema: Value| Samples::new(&json!({})).of(&schema, TEXT);
        let either =
            json!({"oneOf": [{"type": "integer"}, {"type": "string"}, {"type": "boolean"}]});
        assert_eq!(of(either.clone()), [json!(1), json!(TEXT), json!(true)]);
        let nested = json!({"anyOf": [
            {"type": "boolean"},
            {"type": "array", "items": either},
        ]});
        let all = [json!(true), json!([1]), json!([TEXT]), json!([true])];
        assert_eq!(of(nested), all);
        let null = json!({
            "type": "object",
            "required": ["a"],
            "properties": {
                "a": {"type": "integer", "nullable": true},
                "b": {"type": "integer", "nullable": true},
            },
        });
        assert_eq!(
            of(null),
            [json!({"a": 1, "b": 1}), json!({"a": null, "b": 1})]
        );
        let beside = json!({
            "properties": {"a": {"type": "integer"}},
            "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        });
        assert_eq!(of(beside), [json!({"a": 1})]);
    }

    #[test]
    fn formats_and_bounds_are_kept() {
        for (schema, expected) in [
            (json!({"type": "string"}), json!(TEXT)),
            (json!({"type": "string", "maxLength": 2}), json!("a ")),
            (
                json!({"type": "string", "minLength": 17}),
                json!("a \"b\" & c=d+e%éxx"),
            ),
            (
                json!({"type": "string", "format": "date"}),
                json!("2026-11-22"),
            ),
            (
                json!({"type": "string", "enum": [null, "a"], "nullable": true}),
                json!("a"),
            ),
            (
                json!({"type": "string", "enum": [null, "", "a", "b"]}),
                json!("a"),
            ),
            (json!({"type": "string", "enum": [null, ""]}), json!("")),
            (json!({"type": "string", "example": "own"}), json!("own")),
            (json!({"type": "integer", "example": "own"}), json!(1)),
            (json!({"type": "integer", "example": null}), json!(1)),
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
            (
                json!({"type": "number", "format": "float", "minimum": 0.001, "maximum": 2_000_000}),
                json!(1_000_000.0),
            ),
            (json!({"type": "boolean"}), json!(true)),
            (json!({}), json!(TEXT)),
        ] {
            assert_eq!(of(schema.clone()), expected, "{schema}");
        }
    }

    #[test]
    fn everything_that_may_be_is_there() {
        for (schema, expected) in [
            (
                json!({"properties": {"a": {"type": "integer"}}, "additionalProperties": {}}),
                json!({"a": 1, "another key": TEXT}),
            ),
            (
                json!({"type": "array", "minItems": 2, "items": {"type": "integer"}}),
                json!([1, 1]),
            ),
            (
                json!({"type": "array", "maxItems": 0, "items": {"type": "integer"}}),
                json!([]),
            ),
            (json!({"type": "object"}), json!({"another key": TEXT})),
            (
                json!({"type": "object", "additionalProperties": false}),
                json!({}),
            ),
            (
                json!({"allOf": [
                    {"$ref": "#/components/schemas/Cat"},
                    {"properties": {"name": {"type": "string"}}},
                ]}),
                json!({"lives": 1, "name": TEXT}),
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
                json!({"lives": 1}),
            ),
            (
                json!({
                    "properties": {"kind": {"type": "string"}},
                    "oneOf": [{"$ref": "#/components/schemas/Cat"}],
                    "discriminator": {"propertyName": "kind"},
                }),
                json!({"lives": 1, "kind": "Cat"}),
            ),
            (
                json!({
                    "properties": {"kind": {"type": "string"}},
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
        assert_eq!(tree, json!({"name": TEXT}));
        let map = of(json!({"$ref": "#/components/schemas/Map"}));
        assert_eq!(map, json!({}));
        let endless = of(json!({"$ref": "#/components/schemas/Endless"}));
        assert_eq!(endless, Value::Null);
        let missing = of(json!({"$ref": "#/components/schemas/Missing"}));
        assert_eq!(missing, Value::Null);
        // The same schema twice beside itself is no recursion.
        let name = json!({"$ref": "#/components/schemas/Name"});
        let pair = of(json!({"type": "object", "properties": {"a": name, "b": name}}));
        assert_eq!(pair, json!({"a": TEXT, "b": TEXT}));
    }
}
