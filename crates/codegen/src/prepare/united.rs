//! Objects of which two parts declare one property.
//!
//! typify keeps of both what it knows: not that a request tells null from nothing, and not that the
//! name of its type is taken. So the parts are put together here.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::components;
use super::references::add_schemas;
use super::walk::{Part, schemas_mut};
use crate::flat::{Flat, MAX_PARTS, may_be_null};
use crate::names::{lengthened, pascal};
use crate::tree::escaped;

/// The key of what stands in a schema that was put together. No description has it.
const UNITED: &str = "\u{E001}united";

pub(super) fn unite(document: &mut Value) {
    let original = components(document);
    schemas_mut(document, Part::Document, &mut |schema| {
        // What leads back to itself would be put together without an end.
        if schema.shift_remove(UNITED).is_some() {
            return;
        }
        let may_be_null =
            |(_, property): (&String, &Value)| may_be_null(&original, property, &mut { MAX_PARTS });
        if let Some(flat) = twice(&original, schema)
            && (both(&flat).any(may_be_null) || is_open(&flat))
        {
            let mut says = Value::Object(flat.says.into_owned());
            schemas_mut(&mut says, Part::Schema, &mut |schema| {
                schema.insert(UNITED.into(), json!(true));
            });
            if let Value::Object(mut says) = says {
                says.shift_remove(UNITED);
                *schema = says;
            }
        }
    });
    let schemas = document.pointer_mut("/components/schemas");
    let Some(schemas) = schemas.and_then(Value::as_object_mut) else {
        return;
    };
    let mut taken: BTreeSet<String> = schemas.keys().map(|name| pascal(name)).collect();
    let mut named = Vec::new();
    for (name, schema) in schemas.iter_mut() {
        let Some(fields) = schema.as_object() else {
            continue;
        };
        let Some(mut flat) = twice(&original, fields) else {
            continue;
        };
        let type_name = |property: &str| pascal(&format!("{name}-{property}"));
        let clash = both(&flat).map(|(property, _)| property.clone());
        let clash: Vec<String> = clash
            .filter(|property| taken.contains(&type_name(property)))
            .collect();
        for property in &clash {
            let own = lengthened(type_name(property), "Inline", |name| {
                taken.insert(name.to_owned())
            });
            let reference = json!({"$ref": format!("#/components/schemas/{}", escaped(&own))});
            if let Some(Value::Object(properties)) = flat.says.to_mut().get_mut("properties")
                && let Some(schema) = properties.insert(property.clone(), reference)
            {
                named.push((own, schema));
            }
        }
        if !clash.is_empty() {
            *schema = Value::Object(flat.says.into_owned());
        }
    }
    add_schemas(document, named);
}

/// The schema as one, if it is made of several parts, and no choice.
fn twice<'a>(document: &'a Value, schema: &'a Map<String, Value>) -> Option<Flat<'a>> {
    let parts = schema.get("allOf")?.as_array()?;
    if parts.len() < 2 && !schema.contains_key("properties") {
        return None;
    }
    let flat = Flat::of_members(document, schema);
    flat.choices.is_empty().then_some(flat)
}

/// The properties of which several parts say something.
fn both<'a>(flat: &'a Flat<'_>) -> impl Iterator<Item = (&'a String, &'a Value)> {
    flat.properties().filter(|(_, property)| {
        let parts = property.get("allOf").and_then(Value::as_array);
        parts.is_some_and(|parts| parts.len() > 1)
    })
}

/// Whether a part says that further properties are anything, and each property is of one part: typify would put
/// that "anything" together with all that a property refers to, and have a second type of it, of the same name.
fn is_open(flat: &Flat<'_>) -> bool {
    let more = flat.get("additionalProperties").and_then(Value::as_object);
    let mut said = more.into_iter().flat_map(Map::keys);
    more.is_some()
        && said.all(|key| ["title", "description", "example"].contains(&key.as_str()))
        && both(flat).next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_further_properties_are_is_not_put_together_with_a_property() {
        let reference = json!({"$ref": "#/components/schemas/A"});
        let more = json!({"description": "Anything"});
        let mut document = json!({"components": {"schemas": {
            "A": {"allOf": [{"type": "object"}, {"type": "object", "additionalProperties": more}]},
            "B": {"allOf": [
                {"type": "object", "properties": {"a": reference}},
                reference,
            ]},
        }}});
        unite(&mut document);
        let united = json!({
            "type": "object",
            "properties": {"a": reference},
            "additionalProperties": more,
        });
        assert_eq!(document["components"]["schemas"]["B"], united);
    }

    #[test]
    fn what_would_have_a_name_that_is_taken_gets_another() {
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let links =
            |name: &str| json!({"type": "object", "properties": {(name): {"type": "string"}}});
        let mut document = json!({"components": {"schemas": {
            "account": {"type": "object", "properties": {"links": reference("account_links")}},
            "team": {"allOf": [
                reference("account"),
                {"type": "object", "properties": {"links": reference("team_links")}},
            ]},
            "account_links": links("a"),
            "team_links": links("b"),
        }}});
        unite(&mut document);
        let schemas = &document["components"]["schemas"];
        let team = json!({
            "type": "object",
            "properties": {"links": reference("TeamLinksInline")},
        });
        assert_eq!(schemas["team"], team);
        let both = json!({"allOf": [reference("account_links"), reference("team_links")]});
        assert_eq!(schemas["TeamLinksInline"], both);
    }
}
