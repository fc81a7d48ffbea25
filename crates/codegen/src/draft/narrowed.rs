//! Members of a schema that are the schema itself and something more, such as the items of its own list.
//!
//! typify makes a type without a name of what is put together, and one more of each that is in it. With a name
//! there is an end to that.

use serde_json::json;

use super::{Draft, Kind, component_names, pointers};

/// What says nothing that types would be put together for.
const ANNOTATIONS: [&str; 11] = [
    "title",
    "description",
    "default",
    "example",
    "examples",
    "nullable",
    "readOnly",
    "writeOnly",
    "deprecated",
    "externalDocs",
    "xml",
];

/// Makes components of them.
pub(super) fn lower(root: &mut Draft) {
    let mut taken = component_names::taken(root);
    let schemas = root.pointer_mut("/components/schemas");
    let Some(schemas) = schemas.and_then(Draft::as_object_mut) else {
        return;
    };
    let mut named = Vec::new();
    for (name, (_, schema)) in schemas.iter_mut() {
        let own = pointers::to_component("schemas", name);
        members(schema, false, &mut |draft| {
            if !narrows(draft, &own) {
                return;
            }
            let new = component_names::free(&format!("{name}Part"), "schemas", &mut taken);
            let reference = json!({"$ref": pointers::to_component("schemas", &new)});
            let reference = Draft::made(&reference, draft.span);
            named.push((new, std::mem::replace(draft, reference)));
        });
    }
    schemas.extend(
        named
            .into_iter()
            .map(|(name, schema)| (name, (schema.span, schema))),
    );
}

/// Calls `found` with what stands in the objects and the lists of a schema, also in alternatives and parts.
fn members(schema: &mut Draft, is_member: bool, found: &mut impl FnMut(&mut Draft)) {
    if is_member {
        found(schema);
    }
    for (key, (_, draft)) in schema.as_object_mut().into_iter().flatten() {
        match (key.as_str(), &mut draft.kind) {
            ("items" | "additionalProperties", _) => members(draft, true, found),
            ("properties", Kind::Object(properties)) => {
                let properties = properties.values_mut();
                properties.for_each(|(_, property)| members(property, true, found));
            }
            ("allOf" | "oneOf" | "anyOf", Kind::List(list)) => {
                list.iter_mut()
                    .for_each(|part| members(part, is_member, found));
            }
            _ => {}
        }
    }
}

/// Whether a schema is another one, and something more.
fn narrows(schema: &Draft, of: &str) -> bool {
    let says = |schema: &Draft| {
        let mut keys = schema.members().map(|(key, _)| key);
        keys.any(|key| !ANNOTATIONS.contains(&key) && !key.starts_with("x-") && key != "allOf")
    };
    let parts = schema
        .get("allOf")
        .and_then(Draft::as_list)
        .unwrap_or_default();
    let is_it = |part: &Draft| part.text("$ref") == Some(of);
    parts.iter().any(is_it) && (says(schema) || parts.iter().any(|part| !is_it(part) && says(part)))
}
