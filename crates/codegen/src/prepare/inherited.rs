//! Properties that one part of an `allOf` makes a type of the runtime, and another part narrows.
//!
//! progenitor would make one schema of both, which is no longer just that type.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::converted::{Named, of};
use super::walk::{Part, schemas_mut};
use crate::tree::escaped;

/// The properties of these types, by name.
type Fields = HashMap<String, Map<String, Value>>;

/// Makes every part of an `allOf` say the same of such a property.
pub(super) fn settle(document: &mut Value, named: &Named) {
    let components = components(document, named);
    let mut next = Vec::new();
    schemas_mut(document, Part::Document, &mut |schema| {
        if LISTS
            .iter()
            .any(|key| schema.get(*key).is_some_and(Value::is_array))
        {
            let mut fields = Fields::new();
            collect(schema, named, &components, &mut fields);
            if !fields.is_empty() {
                apply(schema, named, &fields, &mut next);
            }
        }
    });
    // A component that narrows a secret somewhere is one that has it.
    let mut seen = HashSet::new();
    while let Some((target, fields)) = next.pop() {
        let mut names: Vec<_> = fields.keys().cloned().collect();
        names.sort();
        let pointer = target.strip_prefix('#').unwrap_or_default();
        if seen.insert((target.clone(), names))
            && let Some(Value::Object(schema)) = document.pointer_mut(pointer)
        {
            apply(schema, named, &fields, &mut next);
        }
    }
}

/// What is put together with the properties beside it.
const LISTS: [&str; 3] = ["allOf", "oneOf", "anyOf"];

/// The fields of each component, by the reference to it.
fn components(document: &Value, named: &Named) -> HashMap<String, Fields> {
    let schemas = document.pointer("/components/schemas");
    let schemas = schemas.and_then(Value::as_object);
    let mut components: HashMap<String, Fields> = HashMap::new();
    // A component may have the fields of one that comes later.
    loop {
        let mut has_grown = false;
        for (name, schema) in schemas.into_iter().flatten() {
            let mut fields = Fields::new();
            if let Some(schema) = schema.as_object() {
                collect(schema, named, &components, &mut fields);
            }
            let reference = format!("#/components/schemas/{}", escaped(name));
            let before = components.get(&reference).map_or(0, HashMap::len);
            if fields.len() > before {
                has_grown = true;
                components.insert(reference, fields);
            }
        }
        if !has_grown {
            return components;
        }
    }
}

fn collect(
    schema: &Map<String, Value>,
    named: &Named,
    components: &HashMap<String, Fields>,
    fields: &mut Fields,
) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        if let Some(plain) = of(property, named) {
            fields.insert(name.clone(), plain);
        }
    }
    // What one alternative keeps secret, no other one shows.
    let lists = ["allOf", "oneOf", "anyOf"].map(|key| schema.get(key).and_then(Value::as_array));
    let parts = lists.into_iter().flatten().flatten();
    for part in parts.filter_map(Value::as_object) {
        match part.get("$ref").and_then(Value::as_str) {
            Some(target) => {
                let inherited = components.get(target).into_iter().flatten();
                fields.extend(inherited.map(|(name, plain)| (name.clone(), plain.clone())));
            }
            None => collect(part, named, components, fields),
        }
    }
}

/// `next` are the components in which the secrets among them have to be secrets, too.
fn apply(
    schema: &mut Map<String, Value>,
    named: &Named,
    fields: &Fields,
    next: &mut Vec<(String, Fields)>,
) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if let Some(plain) = fields.get(name)
            && of(property, named).is_none()
        {
            let description = property.get("description").cloned();
            *property = Value::Object(plain.clone());
            if let Some(description) = description {
                property["description"] = description;
            }
        }
    }
    for key in LISTS {
        let parts = schema.get_mut(key).and_then(Value::as_array_mut);
        let parts = parts.into_iter().flatten();
        for part in parts.filter_map(Value::as_object_mut) {
            match part.get("$ref").and_then(Value::as_str) {
                Some(target) => {
                    let secrets = fields
                        .iter()
                        .filter(|(_, plain)| plain["format"] == "password");
                    let secrets: Fields = secrets.map(|(n, p)| (n.clone(), p.clone())).collect();
                    if !secrets.is_empty() {
                        next.push((target.to_owned(), secrets));
                    }
                }
                None => apply(part, named, fields, next),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_part_that_narrows_a_secret_leaves_it_one() {
        let secret = json!({"type": "string", "format": "password"});
        let mut document = json!({
            "components": {"schemas": {
                "One": {"allOf": [
                    {"$ref": "#/components/schemas/Later"},
                    {"properties": {
                        "password": {"minLength": 8, "description": "Mine."},
                        "name": {"maxLength": 9},
                    }},
                ]},
                "Later": {"allOf": [{"$ref": "#/components/schemas/Base"}]},
                "Base": {"properties": {"password": secret, "name": {"type": "string"}}},
                "Narrow": {"properties": {"password": {"type": "string", "maxLength": 9}}},
                "Two": {"allOf": [
                    {"$ref": "#/components/schemas/Base"},
                    {"$ref": "#/components/schemas/Narrow"},
                ]},
                "Three": {
                    "properties": {"pin": secret},
                    "oneOf": [{"properties": {"pin": {"minLength": 4}}}, {"required": ["pin"]}],
                },
            }},
        });
        settle(&mut document, &Named::new());
        let expected = json!({
            "password": {"type": "string", "format": "password", "description": "Mine."},
            "name": {"maxLength": 9},
        });
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["One"]["allOf"][1]["properties"], expected);
        assert_eq!(schemas["Narrow"]["properties"]["password"], secret);
        assert_eq!(schemas["Three"]["oneOf"][0]["properties"]["pin"], secret);
    }
}
