//! Properties that one part of an `allOf` makes a type of the runtime, and another part narrows.
//!
//! progenitor would make one schema of both, which is no longer just that type.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::converted::{Named, of};
use super::walk::{Part, schemas_mut};
use crate::tree::escaped;

/// The properties of these types, by name.
type Fields = HashMap<String, Map<String, Value>>;

/// Makes every part of an `allOf` say the same of such a property.
pub(super) fn settle(document: &mut Value, named: &Named) {
    let components = components(document, named);
    schemas_mut(document, Part::Document, &mut |schema| {
        if schema.get("allOf").is_some_and(Value::is_array) {
            let mut fields = Fields::new();
            collect(schema, named, &components, &mut fields);
            if !fields.is_empty() {
                apply(schema, named, &fields);
            }
        }
    });
}

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
    let parts = schema.get("allOf").and_then(Value::as_array);
    for part in parts.into_iter().flatten().filter_map(Value::as_object) {
        match part.get("$ref").and_then(Value::as_str) {
            Some(target) => {
                let inherited = components.get(target).into_iter().flatten();
                fields.extend(inherited.map(|(name, plain)| (name.clone(), plain.clone())));
            }
            None => collect(part, named, components, fields),
        }
    }
}

fn apply(schema: &mut Map<String, Value>, named: &Named, fields: &Fields) {
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
    let parts = schema.get_mut("allOf").and_then(Value::as_array_mut);
    let parts = parts.into_iter().flatten();
    for part in parts.filter_map(Value::as_object_mut) {
        apply(part, named, fields);
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
            }},
        });
        settle(&mut document, &Named::new());
        let expected = json!({
            "password": {"type": "string", "format": "password", "description": "Mine."},
            "name": {"maxLength": 9},
        });
        let one = &document["components"]["schemas"]["One"];
        assert_eq!(one["allOf"][1]["properties"], expected);
    }
}
