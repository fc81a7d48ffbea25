//! Choices as typify has to see them.
//!
//! What is no choice becomes a plain schema: an object with any of some properties, a string in several
//! formats. Of the others, each is a `oneOf`, and marked, so that the type that comes of it is found again.

use serde_json::{Map, Value, json};

use super::references::resolve;
use super::walk::{Part, schemas_mut};
use crate::choices::{Choice, choice};
use crate::lint::are_same;

/// Stands around the number of a choice in its description. No description has it.
pub(crate) const MARK: char = '\u{E001}';
/// The key of what a choice stands in that has become one object. No description has it.
const WITHIN: &str = "\u{E001}within";
/// More schemas than anybody makes one object of.
const MAX_PARTS: usize = 100;
/// More objects than are made of all choices of a document: each holds the choices in its parts once more.
const MAX_OBJECTS: usize = 10_000;

/// Rewrites all choices, and gives those that are left by the numbers in their marks.
pub(super) fn mark(document: &mut Value) -> Vec<Choice> {
    let original = document.clone();
    let mut choices = Vec::new();
    let mut left = MAX_OBJECTS;
    schemas_mut(document, Part::Document, &mut |schema| {
        let within = schema.shift_remove(WITHIN).unwrap_or(json!([]));
        // It was wrapped.
        if description(schema).is_some_and(|text| text.contains(MARK)) {
            return;
        }
        secrets_first(&original, schema);
        simplify(&original, schema, within, &mut left);
        let Some(found) = choice(&original, schema) else {
            return;
        };
        if let Some(any) = schema.shift_remove("anyOf") {
            schema.insert("oneOf".into(), any);
        }
        let text = description(schema).unwrap_or_default();
        let description = format!("{text}{MARK}{}{MARK}", choices.len());
        choices.push(found);
        let is_null = schema.shift_remove("nullable") == Some(Value::Bool(true));
        if is_null && schema.contains_key("oneOf") {
            // What is said of such a type stands at the place that may be null.
            let mut inner = std::mem::take(schema);
            inner.insert("description".into(), json!(description));
            schema.insert("allOf".into(), json!([inner]));
            schema.insert("nullable".into(), json!(true));
        } else {
            schema.insert("description".into(), json!(description));
            if is_null {
                schema.insert("nullable".into(), json!(true));
            }
        }
    });
    choices
}

/// The choice that is left of a schema's own `oneOf` or `anyOf`, if one is.
pub(crate) fn of_plain(document: &Value, schema: &Map<String, Value>) -> Option<Choice> {
    let mut schema = schema.clone();
    simplify(document, &mut schema, json!([]), &mut 1);
    schema.shift_remove(WITHIN);
    choice(document, &schema)
}

fn description(schema: &Map<String, Value>) -> Option<&str> {
    schema.get("description")?.as_str()
}

/// Writes a choice that is none as what it is.
fn simplify(document: &Value, schema: &mut Map<String, Value>, within: Value, left: &mut usize) {
    let Some(key) = ["oneOf", "anyOf"]
        .into_iter()
        .find(|key| schema.contains_key(*key))
    else {
        return;
    };
    let Some(list) = schema.get_mut(key).and_then(Value::as_array_mut) else {
        return;
    };
    let count = list.len();
    list.retain(|part| resolve(document, part).get("enum") != Some(&json!([null])));
    let mut others = list.iter().filter(|part| !is_nothing(part)).peekable();
    if others.peek().is_some() && others.all(|part| is_object(document, part)) {
        list.retain(|part| !is_nothing(part));
    }
    let has_null = list.len() < count;
    let list = list.clone();
    let parts: Vec<&Value> = list.iter().map(|part| resolve(document, part)).collect();
    let plain = if parts.iter().all(|part| is_only_required(part)) {
        Some(Map::new())
    } else {
        scalar(&parts).or_else(|| match key {
            "anyOf" => any_object(document, schema, &list).and_then(|object| {
                *left = left.checked_sub(1)?;
                inside(object, &list, within)
            }),
            _ => None,
        })
    };
    if let Some(plain) = plain {
        schema.shift_remove(key);
        schema.extend(plain);
    } else if list.len() == 1 && has_null {
        schema.shift_remove(key);
        schema.insert("allOf".into(), json!(list));
    }
    if has_null {
        schema.insert("nullable".into(), json!(true));
    }
}

/// Of what can be anything, and a secret as well, the secret is read first.
fn secrets_first(document: &Value, schema: &mut Map<String, Value>) {
    let is_anything = |part: &Value| {
        let says = resolve(document, part).as_object();
        says.is_some_and(|says| {
            says.keys()
                .all(|key| key == "description" || key == "title")
        })
    };
    for key in ["oneOf", "anyOf"] {
        if let Some(list) = schema.get_mut(key).and_then(Value::as_array_mut)
            && list.iter().any(may_hold_secret)
        {
            list.sort_by_key(is_anything);
        }
    }
}

/// Tells the choices in an object which choices it was made of. An object that holds its own choice, here or in
/// one of those, would be written out without an end: none is made.
fn inside(
    object: Map<String, Value>,
    list: &[Value],
    mut within: Value,
) -> Option<Map<String, Value>> {
    let own = json!(json!(list).to_string());
    let all = within.as_array_mut()?;
    if all.contains(&own) {
        return None;
    }
    all.push(own);
    let mut object = Value::Object(object);
    schemas_mut(&mut object, Part::Schema, &mut |schema| {
        if schema.contains_key("anyOf") {
            schema.insert(WITHIN.into(), within.clone());
        }
    });
    match object {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// What OData's converters write for null beside a reference: a reference itself cannot be nullable.
fn is_nothing(part: &Value) -> bool {
    let fields = part.as_object().into_iter().flatten();
    let mut keys = fields.map(|(key, _)| key.as_str());
    part.get("nullable") == Some(&json!(true))
        && part.get("type") == Some(&json!("object"))
        && keys.all(|key| ["nullable", "type", "title", "description"].contains(&key))
}

/// A reference to what may be an object.
fn is_object(document: &Value, part: &Value) -> bool {
    let kind = resolve(document, part).get("type").and_then(Value::as_str);
    part.get("$ref").is_some() && kind.is_none_or(|kind| kind == "object")
}

/// Which of some properties have to be there is not checked.
fn is_only_required(part: &Value) -> bool {
    let fields = part.as_object().into_iter().flatten();
    let mut keys = fields.map(|(key, value)| (key.as_str(), value));
    part.get("required").is_some()
        && keys.all(|(key, value)| match key {
            "required" | "title" | "description" => true,
            "type" => value == "object",
            _ => false,
        })
}

/// Alternatives that are all strings, or all numbers.
fn scalar(parts: &[&Value]) -> Option<Map<String, Value>> {
    let types = parts.iter().map(|part| part.get("type")?.as_str());
    let mut types = types.collect::<Option<Vec<&str>>>()?;
    types.sort_unstable();
    types.dedup();
    let kind = match types[..] {
        [kind @ ("string" | "integer" | "number" | "boolean")] => kind,
        ["integer", "number"] => "number",
        _ => return None,
    };
    let mut plain = Map::new();
    plain.insert("type".into(), json!(kind));
    let format = |part: &&Value| part.get("format").cloned();
    let first = parts.first().and_then(format);
    let is_secret = parts
        .iter()
        .any(|part| part.get("format") == Some(&json!("password")));
    match first {
        _ if is_secret && kind == "string" => _ = plain.insert("format".into(), json!("password")),
        Some(first)
            if parts
                .iter()
                .all(|part| format(part).as_ref() == Some(&first)) =>
        {
            plain.insert("format".into(), first);
        }
        _ => {}
    }
    let values = parts.iter().map(|part| part.get("enum")?.as_array());
    if let Some(values) = values.collect::<Option<Vec<_>>>() {
        let mut all: Vec<&Value> = Vec::new();
        for value in values.into_iter().flatten() {
            if !all.contains(&value) {
                all.push(value);
            }
        }
        plain.insert("enum".into(), json!(all));
    }
    if parts
        .iter()
        .any(|part| part.get("nullable") == Some(&json!(true)))
    {
        plain.insert("nullable".into(), json!(true));
    }
    Some(plain)
}

/// A value of `anyOf` can be of several of its objects at once, so it has the properties of all of them.
fn any_object(
    document: &Value,
    schema: &Map<String, Value>,
    list: &[Value],
) -> Option<Map<String, Value>> {
    let is_exclusive = choice(document, schema).is_some_and(|choice| choice.is_exclusive());
    if is_exclusive || schema.contains_key("discriminator") {
        return None;
    }
    let mut left = MAX_PARTS;
    let objects = list
        .iter()
        .map(|part| Object::of(document, part, &mut left));
    let mut objects = objects.collect::<Option<Vec<_>>>()?.into_iter();
    let mut all = objects.next()?;
    for object in objects {
        all.required.retain(|name| object.required.contains(name));
        all.add(document, object.properties)?;
        all.more = match (all.more, object.more) {
            (one, other) if one == other => one,
            (Some(Value::Bool(false)), other) | (other, Some(Value::Bool(false))) => other,
            (one, other) if [&one, &other].into_iter().flatten().any(may_hold_secret) => {
                return None;
            }
            _ => Some(json!({})),
        };
    }
    let own = Object::plain(schema);
    all.required.extend(own.required);
    all.add(document, own.properties)?;
    let mut plain = Map::new();
    plain.insert("type".into(), json!("object"));
    plain.insert("properties".into(), Value::Object(all.properties));
    if !all.required.is_empty() {
        plain.insert("required".into(), json!(all.required));
    }
    if let Some(more) = own.more.or(all.more) {
        plain.insert("additionalProperties".into(), more);
    }
    Some(plain)
}

/// What an object is made of.
struct Object {
    properties: Map<String, Value>,
    required: Vec<Value>,
    more: Option<Value>,
}

impl Object {
    fn of(document: &Value, schema: &Value, left: &mut usize) -> Option<Self> {
        *left = left.checked_sub(1)?;
        let schema = resolve(document, schema).as_object()?;
        let is_object = match schema.get("type") {
            Some(kind) => kind == "object",
            None => schema.contains_key("properties") || schema.contains_key("allOf"),
        };
        let is_more = ["oneOf", "anyOf", "not", "enum"]
            .iter()
            .any(|key| schema.contains_key(*key));
        if !is_object || is_more || schema.get("nullable") == Some(&json!(true)) {
            return None;
        }
        let mut object = Self::plain(schema);
        let parts = schema.get("allOf").and_then(Value::as_array);
        for part in parts.into_iter().flatten() {
            let part = Self::of(document, part, left)?;
            object.required.extend(part.required);
            object.add(document, part.properties)?;
            object.more = object.more.or(part.more);
        }
        Some(object)
    }

    fn plain(schema: &Map<String, Value>) -> Self {
        let properties = schema.get("properties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array);
        Self {
            properties: properties.cloned().unwrap_or_default(),
            required: required.cloned().unwrap_or_default(),
            more: schema.get("additionalProperties").cloned(),
        }
    }

    /// Adds properties. What is said of one in two ways can be anything, unless that would show a secret.
    fn add(&mut self, document: &Value, properties: Map<String, Value>) -> Option<()> {
        for (name, schema) in properties {
            match self.properties.get_mut(&name) {
                Some(own) if are_same(own, &schema) => {}
                Some(own) => {
                    let both = [&*own, &schema].map(|schema| resolve(document, schema));
                    let is_secret = both.iter().any(|one| may_hold_secret(one));
                    *own = match scalar(&both) {
                        Some(plain) => Value::Object(plain),
                        None if is_secret => return None,
                        None => json!({}),
                    };
                }
                None => _ = self.properties.insert(name, schema),
            }
        }
        Some(())
    }
}

/// Whether something in it is a secret, or is described elsewhere.
fn may_hold_secret(schema: &Value) -> bool {
    match schema {
        Value::Object(fields) => {
            let is_secret = fields.get("format") == Some(&json!("password"));
            is_secret || fields.contains_key("$ref") || fields.values().any(may_hold_secret)
        }
        Value::Array(items) => items.iter().any(may_hold_secret),
        _ => false,
    }
}
