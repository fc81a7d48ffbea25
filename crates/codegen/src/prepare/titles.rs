//! Titles, by which typify names types that have no other name.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::schemas::for_each_schema;
use crate::names::pascal;

/// Takes out the titles that are the name of a component: there would be two types of one name.
pub(super) fn settle(document: &mut Value) {
    let schemas = document.pointer("/components/schemas");
    let schemas = schemas.and_then(Value::as_object).into_iter().flatten();
    let taken: HashSet<String> = schemas.map(|(name, _)| pascal(name)).collect();
    for_each_schema(document, &mut |schema, _| {
        if title(schema).is_some_and(|name| taken.contains(&name)) {
            schema.shift_remove("title");
        }
    });
}

fn title(schema: &Map<String, Value>) -> Option<String> {
    schema.get("title").and_then(Value::as_str).map(pascal)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_title_is_not_the_name_of_a_component() {
        let mut document = json!({"components": {"schemas": {"team-simple": {"properties": {
            "a": {"title": "Team Simple", "type": "string"},
            "title": {"title": "Other", "type": "string"},
        }}}}});
        settle(&mut document);
        let expected = json!({"team-simple": {"properties": {
            "a": {"type": "string"},
            "title": {"title": "Other", "type": "string"},
        }}});
        assert_eq!(document["components"]["schemas"], expected);
    }
}
