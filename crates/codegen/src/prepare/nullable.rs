//! Components that may be null.
//!
//! typify makes of each a type around an `Option`, and of some two types of one name. What may be
//! null is rather the place where a component stands.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::walk::{Part, schemas_mut};
use crate::tree::escaped;

/// Moves `nullable` from components to the properties and items that refer to them.
pub(super) fn place(document: &mut Value) {
    let schemas = document.pointer_mut("/components/schemas");
    let schemas = schemas.and_then(Value::as_object_mut).into_iter().flatten();
    let nullable = schemas.filter_map(|(name, schema)| {
        let schema = schema.as_object_mut()?;
        let nullable = schema.shift_remove("nullable") == Some(Value::Bool(true));
        nullable.then(|| format!("#/components/schemas/{}", escaped(name)))
    });
    let nullable: HashSet<String> = nullable.collect();
    schemas_mut(document, Part::Document, &mut |schema, _| {
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for property in properties.into_iter().flat_map(Map::values_mut) {
            wrap(property, &nullable);
        }
        for key in ["items", "additionalProperties"] {
            if let Some(part) = schema.get_mut(key) {
                wrap(part, &nullable);
            }
        }
    });
}

fn wrap(schema: &mut Value, nullable: &HashSet<String>) {
    let target = schema.get("$ref").and_then(Value::as_str);
    if target.is_some_and(|target| nullable.contains(target)) {
        *schema = json!({"allOf": [schema.take()], "nullable": true});
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_nullable_and_not_the_component() {
        let reference = json!({"$ref": "#/components/schemas/user"});
        let mut document = json!({"components": {"schemas": {
            "user": {"oneOf": [], "nullable": true},
            "team": {"type": "object", "nullable": false, "properties": {
                "lead": reference,
                "members": {"type": "array", "items": reference},
                "name": {"type": "string", "nullable": true},
            }},
        }}});
        place(&mut document);
        let wrapped = json!({"allOf": [reference], "nullable": true});
        let expected = json!({
            "user": {"oneOf": []},
            "team": {"type": "object", "properties": {
                "lead": wrapped,
                "members": {"type": "array", "items": wrapped},
                "name": {"type": "string", "nullable": true},
            }},
        });
        assert_eq!(document["components"]["schemas"], expected);
    }
}
