//! Where null may stand.
//!
//! A document may say it of a component, of a part of an `allOf`, of an alternative, or by an `enum`
//! that lists null. typify heeds few of these, and makes of a nullable component a type around an
//! `Option`, and of some two types of one name. So it is said in one way only, of the place: a
//! property, an item, a body.

use serde_json::{Map, Value, json};

use super::{components, is_json, operations_mut};
use crate::flat::{MAX_PARTS, may_be_null};

/// Moves `nullable` to the places whose schemas allow null.
pub(super) fn place(document: &mut Value) {
    let original = components(document);
    let places = Places {
        document: &original,
    };
    let schemas = document.pointer_mut("/components/schemas");
    let schemas = schemas.and_then(Value::as_object_mut).into_iter().flatten();
    schemas.for_each(|(_, schema)| places.part(schema));
    for (_, operation) in operations_mut(document) {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        parameters
            .into_iter()
            .flatten()
            .for_each(|parameter| places.parameter(parameter));
        if let Some(body) = operation.get_mut("requestBody") {
            places.content(body);
        }
        let responses = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        for response in responses.into_iter().flat_map(Map::values_mut) {
            places.content(response);
        }
    }
}

struct Places<'a> {
    document: &'a Value,
}

impl Places<'_> {
    fn allows_null(&self, schema: &Value) -> bool {
        may_be_null(self.document, schema, &mut { MAX_PARTS })
    }

    fn content(&self, node: &mut Value) {
        let content = node.get_mut("content").and_then(Value::as_object_mut);
        for (media, body) in content.into_iter().flatten() {
            match body.get_mut("schema") {
                Some(schema) if is_json(media) => self.place(schema),
                // Nothing else has a null.
                Some(schema) => self.part(schema),
                None => {}
            }
        }
    }

    /// Null cannot be written in a parameter. It is left out instead, unless it is in the path.
    fn parameter(&self, parameter: &mut Value) {
        let Some(schema) = parameter.get_mut("schema") else {
            return;
        };
        let may_be_left_out = self.allows_null(schema);
        self.part(schema);
        if let Some(items) = schema.get_mut("items") {
            self.part(items);
        }
        if may_be_left_out && parameter["in"] != "path" {
            parameter["required"] = json!(false);
        }
    }

    /// A schema of something that may be null by itself.
    fn place(&self, schema: &mut Value) {
        let is_nullable = self.allows_null(schema);
        self.part(schema);
        if is_nullable {
            mark(schema);
        }
    }

    /// What a schema says of all values but null.
    fn part(&self, schema: &mut Value) {
        let Some(fields) = schema.as_object_mut() else {
            return;
        };
        fields.shift_remove("nullable");
        let values = fields.get_mut("enum").and_then(Value::as_array_mut);
        if let Some(values) = values.filter(|values| !values.iter().all(Value::is_null)) {
            values.retain(|value| !value.is_null());
        }
        let properties = fields.get_mut("properties").and_then(Value::as_object_mut);
        for property in properties.into_iter().flat_map(Map::values_mut) {
            self.place(property);
        }
        for key in ["items", "additionalProperties"] {
            if let Some(part) = fields.get_mut(key) {
                self.place(part);
            }
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            let Some(parts) = fields.get_mut(key).and_then(Value::as_array_mut) else {
                continue;
            };
            parts.iter_mut().for_each(|part| self.part(part));
        }
    }
}

/// Whether null is the only value.
fn is_null(schema: &Value) -> bool {
    schema.get("enum") == Some(&json!([null]))
}

/// Says of a schema that null is one of its values, in the words that typify understands.
fn mark(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else {
        return;
    };
    let has = |key: &str| fields.contains_key(key);
    let is_made_of_others = ["allOf", "oneOf", "anyOf"].into_iter().any(has);
    let describes = [
        "enum",
        "format",
        "properties",
        "items",
        "additionalProperties",
    ];
    if is_null(&Value::Object(fields.clone()))
        || !has("type") && !has("$ref") && !is_made_of_others && !describes.into_iter().any(has)
    {
        // Null is among all values anyway.
        return;
    }
    let is_plain = has("type") && !is_made_of_others && !has("enum");
    if is_plain {
        fields.insert("nullable".into(), json!(true));
    } else {
        let description = fields.shift_remove("description");
        *schema = json!({"allOf": [schema.take()], "nullable": true});
        if let Some(description) = description {
            schema["description"] = description;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(user: Value, place: Value) -> Value {
        let mut document = json!({"components": {"schemas": {
            "user": user,
            "ticket": {"type": "object", "properties": {"place": place}},
        }}});
        super::place(&mut document);
        document["components"]["schemas"]["ticket"]["properties"]["place"].take()
    }

    #[test]
    fn the_place_is_nullable_and_not_the_component() {
        let user = json!({"type": "object", "nullable": true});
        let reference = json!({"$ref": "#/components/schemas/user"});
        let wrapped = |schema: Value| json!({"allOf": [schema], "nullable": true});
        let team = json!({"type": "object"});
        for (place, expected) in [
            (reference.clone(), wrapped(reference.clone())),
            (
                json!({"type": "array", "items": reference}),
                json!({"type": "array", "items": wrapped(reference.clone())}),
            ),
            (
                json!({"allOf": [reference], "description": "Who."}),
                json!({
                    "allOf": [{"allOf": [reference]}],
                    "nullable": true,
                    "description": "Who.",
                }),
            ),
            (
                json!({"allOf": [reference, team]}),
                json!({"allOf": [reference, team]}),
            ),
            (
                json!({"oneOf": [team, reference]}),
                wrapped(json!({"oneOf": [team, reference]})),
            ),
            (
                json!({"type": "string", "enum": ["a", null]}),
                wrapped(json!({"type": "string", "enum": ["a"]})),
            ),
            (
                json!({"type": "string", "nullable": true}),
                json!({"type": "string", "nullable": true}),
            ),
            (json!({"nullable": true}), json!({})),
        ] {
            assert_eq!(placed(user.clone(), place.clone()), expected, "{place}");
        }
    }

    #[test]
    fn a_parameter_is_left_out_rather_than_null() {
        let schema = json!({"type": "string", "nullable": true});
        let parameter = |place| json!({"in": place, "required": true, "schema": schema});
        let parameters = json!([parameter("path"), parameter("query")]);
        let mut document = json!({"paths": {"/a": {"get": {"parameters": parameters}}}});
        place(&mut document);
        let parameters = &document["paths"]["/a"]["get"]["parameters"];
        let required = [&parameters[0]["required"], &parameters[1]["required"]];
        assert_eq!(required, [&json!(true), &json!(false)]);
        assert_eq!(parameters[0]["schema"], json!({"type": "string"}));
    }
}
