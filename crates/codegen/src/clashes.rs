//! Properties, and values of an `enum`, that would have one name in Rust.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::flat::Flat;
use crate::names::{are_variants, pascal, snake};
use crate::prepare::{Part, schemas_in};
use crate::reserved::field;

/// The fields of the properties that need another name than their own. One that is declared in
/// several places has the same in all of them: parts of an `allOf` are put together.
pub(crate) fn fields(document: &Value) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    schemas_in(document, Part::Document, &mut |schema| {
        let names = properties(document, schema);
        let own = |name: &String| field(name);
        if names.iter().all(|name| own(name) == snake(name)) && are_different(names.iter().map(own))
        {
            return;
        }
        let mut taken: BTreeSet<String> = names
            .iter()
            .filter_map(|name| fields.get(name))
            .cloned()
            .collect();
        for name in &names {
            if fields.contains_key(name) {
                continue;
            }
            let is_other = |other: &str| names.iter().any(|name| own(name) == other);
            let found = free(&own(name), "_", &taken, is_other);
            if found != snake(name) {
                fields.insert(name.clone(), found.clone());
            }
            taken.insert(found);
        }
    });
    fields
}

/// A name that nothing else has.
fn free(
    name: &str,
    before_number: &str,
    taken: &BTreeSet<String>,
    is_other: impl Fn(&str) -> bool,
) -> String {
    if !taken.contains(name) {
        return name.to_owned();
    }
    let mut numbered = (2..).map(|number| format!("{name}{before_number}{number}"));
    let found = numbered.find(|name| !taken.contains(name) && !is_other(name));
    found.unwrap_or_default()
}

/// The properties that an object of this schema has, in order.
fn properties(document: &Value, schema: &Map<String, Value>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |says: &Map<String, Value>| {
        let properties = says.get("properties").and_then(Value::as_object);
        let properties = properties.into_iter().flat_map(Map::keys).cloned();
        let required = says.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        for name in properties.chain(required.map(str::to_owned)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    };
    match schema.contains_key("allOf") {
        true => add(&Flat::of(document, &Value::Object(schema.clone())).says),
        false => add(schema),
    }
    names
}

fn are_different(names: impl Iterator<Item = String>) -> bool {
    let mut seen = BTreeSet::new();
    names.into_iter().all(|name| seen.insert(name))
}

/// The values of an `enum` with the names of their variants, if they would have one name.
pub(crate) fn variants(schema: &Map<String, Value>) -> Vec<(String, String)> {
    let values = schema.get("enum").and_then(Value::as_array);
    let values: Vec<&str> = values
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if are_variants(values.iter().copied()) {
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let names = values.iter().map(|value| {
        let is_other = |name: &str| values.iter().any(|value| pascal(value) == name);
        let name = free(&pascal(value), "", &seen, is_other);
        seen.insert(name.clone());
        ((*value).to_owned(), name)
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_second_one_has_a_number() {
        let document = json!({"components": {"schemas": {
            "A": {"properties": {"a-b": {}, "a_b": {}, "aB": {}, "a_b_2": {}, "c": {}}},
            "B": {"allOf": [
                {"$ref": "#/components/schemas/C"},
                {"properties": {"x_y": {}}, "required": ["extra"]},
            ]},
            "C": {"properties": {"xY": {}}},
        }}});
        let fields = fields(&document);
        let expected = [
            ("a_b", "a_b_3"),
            ("aB", "a_b_4"),
            ("x_y", "x_y_2"),
            ("extra", "extra_"),
        ];
        let expected = expected.map(|(name, field)| (name.to_owned(), field.to_owned()));
        assert_eq!(fields, expected.into_iter().collect());
    }

    #[test]
    fn values_have_numbers_only_where_they_need_them() {
        let variants = |values: Value| {
            let schema = json!({"enum": values});
            variants(schema.as_object().unwrap())
        };
        assert_eq!(variants(json!(["a", "b", "A_b", "+1", "-1"])), []);
        let expected = [
            ("a-b", "AB"),
            ("a_b", "AB3"),
            ("A B", "AB4"),
            ("ab2", "Ab2"),
            ("aB2", "AB2"),
            ("", "X"),
        ];
        let expected = expected.map(|(value, name)| (value.to_owned(), name.to_owned()));
        assert_eq!(
            variants(json!(["a-b", "a_b", "A B", "ab2", "aB2", ""])),
            expected
        );
    }
}
