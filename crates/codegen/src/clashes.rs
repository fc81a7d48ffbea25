//! Properties, and values of an `enum`, that would have one name in Rust.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value};

use crate::flat::Flat;
use crate::names::{are_variants, numbered, pascal, snake};
use crate::prepare::{Part, schemas_in};
use crate::reserved::field;

/// The fields of the properties that need another name than their own. One that is declared in
/// several places has the same in all of them: parts of an `allOf` are put together.
pub(crate) fn fields(document: &Value) -> BTreeMap<String, String> {
    let mut together = Together::default();
    schemas_in(document, Part::Document, &mut |schema| {
        for names in objects(document, schema) {
            together.add(names);
        }
    });
    let own: BTreeSet<String> = together.others.keys().map(|name| field(name)).collect();
    let mut fields: IndexMap<String, String> = IndexMap::new();
    for (name, others) in &together.others {
        let taken = others.iter().filter_map(|other| fields.get(other));
        let taken: BTreeSet<String> = taken.cloned().collect();
        // What it would be called may be the own name of what stands beside it elsewhere.
        let wanted = field(name);
        let found = numbered(&wanted, "_", |one| {
            !taken.contains(one) && (one == wanted || !own.contains(one))
        });
        fields.insert(name.clone(), found);
    }
    let fields = fields.into_iter();
    fields
        .filter(|(name, found)| *found != snake(name))
        .collect()
}

/// Every property, with those that would have its name and that some object has beside it.
#[derive(Default)]
struct Together {
    others: IndexMap<String, BTreeSet<String>>,
}

impl Together {
    fn add(&mut self, names: Vec<String>) {
        let mut by_field: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in names {
            self.others.entry(name.clone()).or_default();
            by_field.entry(field(&name)).or_default().push(name);
        }
        for names in by_field.into_values().filter(|names| names.len() > 1) {
            for name in &names {
                let others = names.iter().filter(|other| *other != name).cloned();
                self.others.entry(name.clone()).or_default().extend(others);
            }
        }
    }
}

/// The properties that an object of this schema has, in order: of a choice, those of each alternative with
/// those beside it.
fn objects(document: &Value, schema: &Map<String, Value>) -> Vec<Vec<String>> {
    let is_put_together =
        schema.contains_key("allOf") || schema.contains_key("properties") && is_choice(schema);
    if !is_put_together {
        return vec![properties(schema)];
    }
    let flat = Flat::of_members(document, schema);
    let own = properties(&flat.says);
    let alternatives = flat.choices.iter().flat_map(|choice| choice.alternatives);
    let all = alternatives.map(|alternative| {
        let mut all = own.clone();
        for name in properties(&Flat::of(document, alternative).says) {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        all
    });
    let mut all: Vec<_> = all.collect();
    all.push(own);
    all
}

fn is_choice(schema: &Map<String, Value>) -> bool {
    ["oneOf", "anyOf"]
        .iter()
        .any(|key| schema.contains_key(*key))
}

fn properties(says: &Map<String, Value>) -> Vec<String> {
    let properties = says.get("properties").and_then(Value::as_object);
    let properties = properties.into_iter().flat_map(Map::keys).cloned();
    let required = says.get("required").and_then(Value::as_array);
    let required = required.into_iter().flatten().filter_map(Value::as_str);
    let mut names: IndexSet<String> = properties.collect();
    names.extend(required.map(str::to_owned));
    names.into_iter().collect()
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
    let own: Vec<String> = values.iter().map(|value| pascal(value)).collect();
    let names = values.iter().zip(&own).map(|(value, wanted)| {
        let is_other = |name: &str| name != wanted && own.iter().any(|own| own == name);
        let name = numbered(wanted, "", |name| !seen.contains(name) && !is_other(name));
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
            "D": {"properties": {"p-q": {}, "p_q": {}}},
            "E": {"properties": {"p_q": {}, "p_q_2": {}}},
            "F": {"properties": {"pQ": {}, "p-q": {}}},
            "G": {"properties": {"k-l": {}}, "oneOf": [{"properties": {"k_l": {}}}]},
        }}});
        let fields = fields(&document);
        let expected = [
            ("a_b", "a_b_3"),
            ("aB", "a_b_4"),
            ("x_y", "x_y_2"),
            ("extra", "extra_"),
            ("p_q", "p_q_3"),
            ("pQ", "p_q_3"),
            ("k_l", "k_l_2"),
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
