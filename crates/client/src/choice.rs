//! Of which of several schemas a value is.

use std::cmp::Reverse;

use serde::Serialize;
use serde_json::{Map, Value};

/// How many properties have a wrong value, are missing, may not be there, would be lost, and are known.
type Flaws = (usize, usize, usize, usize, Reverse<usize>);

/// A `oneOf` or an `anyOf`.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// The property of the `discriminator`, and which of its values mean which alternative.
    pub tag: Option<(&'static str, &'static [(&'static str, usize)])>,
    /// In the order of the document.
    pub alternatives: &'static [Alternative],
}

/// What is known of the values of one schema.
#[derive(Clone, Copy, Debug)]
pub struct Alternative {
    /// Their types in JSON; none where that is not said.
    pub kinds: &'static [&'static str],
    /// The properties that they have.
    pub required: &'static [&'static str],
    /// Those that they can have.
    pub known: &'static [&'static str],
    /// The values that a property can have, as JSON.
    pub values: &'static [(&'static str, &'static [&'static str])],
    /// Whether they have no other properties.
    pub is_closed: bool,
    /// Whether any other property is as good as a known one.
    pub is_map: bool,
    /// What is known of the items of its lists.
    pub items: Option<&'static Alternative>,
}

impl Choice {
    /// Reads a value as the alternative that it fits best, of those that can be read: an answer is not thrown
    /// away since it breaks a rule. Of those that fit as well, the one counts that keeps most of what is in it.
    pub fn read<T: Serialize>(
        &self,
        value: &Value,
        mut read: impl FnMut(usize) -> Option<T>,
    ) -> Option<T> {
        let tagged = self.tagged(value);
        let order = self.alternatives.iter().zip(0..);
        let order =
            order.filter(|(one, _)| one.kinds.is_empty() || one.kinds.contains(&kind(value)));
        let flaws = |one: &Alternative, index| {
            let is_other = tagged.is_some_and(|tagged| tagged != index);
            (is_other, one.flaws(value))
        };
        let mut order: Vec<_> = order
            .map(|(one, index)| (flaws(one, index), index))
            .collect();
        order.sort();
        let mut best: Option<(usize, T)> = None;
        let mut last = None;
        for (flaws, index) in order {
            if best.is_some() && last.is_some_and(|last| last != flaws) {
                break;
            }
            last = Some(flaws);
            let Some(found) = read(index) else { continue };
            let lost = serde_json::to_value(&found).map_or(usize::MAX, |kept| lost(value, &kept));
            if best.as_ref().is_none_or(|(least, _)| lost < *least) {
                best = Some((lost, found));
            }
            if lost == 0 {
                break;
            }
        }
        best.map(|(_, found)| found)
    }

    fn tagged(&self, value: &Value) -> Option<usize> {
        let (property, tags) = self.tag?;
        let tag = value.get(property)?.as_str()?;
        let (_, index) = tags.iter().find(|(name, _)| *name == tag)?;
        Some(*index)
    }
}

impl Alternative {
    /// What speaks against it, the gravest first. Of a list, the first item counts.
    fn flaws(&self, value: &Value) -> Option<Flaws> {
        match value {
            Value::Object(object) => Some(self.flaws_of(object)),
            Value::Array(list) => match (self.items, list.first()) {
                (Some(items), Some(first)) => items.flaws(first),
                _ => Some(Flaws::default()),
            },
            _ => None,
        }
    }

    fn flaws_of(&self, object: &Map<String, Value>) -> Flaws {
        let is_wrong = |(name, values): &&(&str, &[&str])| {
            let value = object.get(*name);
            value.is_some_and(|value| !values.iter().any(|one| is_it(one, value)))
        };
        let wrong = self.values.iter().filter(is_wrong).count();
        let missing = self
            .required
            .iter()
            .filter(|name| !object.contains_key(**name));
        let known = self
            .known
            .iter()
            .filter(|name| object.contains_key(**name))
            .count();
        let others = object.len() - known;
        let forbidden = if self.is_closed { others } else { 0 };
        let unread = if self.is_map { 0 } else { others };
        (wrong, missing.count(), forbidden, unread, Reverse(known))
    }
}

/// How much of a value is not there any more, below it too.
fn lost(value: &Value, kept: &Value) -> usize {
    match (value, kept) {
        (Value::Object(value), Value::Object(kept)) => {
            let lost = value.iter().map(|(name, value)| match kept.get(name) {
                Some(kept) => lost(value, kept),
                // What is absent says the same.
                None => usize::from(!is_nothing(value)),
            });
            lost.sum()
        }
        (Value::Array(value), Value::Array(kept)) => value
            .iter()
            .zip(kept)
            .map(|(value, kept)| lost(value, kept))
            .sum(),
        _ => 0,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

fn is_it(json: &str, value: &Value) -> bool {
    match value {
        Value::Number(number) => json.parse().ok() == number.as_f64(),
        value => serde_json::from_str(json).is_ok_and(|one: Value| one == *value),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const OPEN: Alternative = Alternative {
        kinds: &["object"],
        required: &[],
        known: &[],
        values: &[],
        is_closed: false,
        is_map: false,
        items: None,
    };

    /// In which order the alternatives are tried.
    fn order(choice: &Choice, value: Value) -> Vec<usize> {
        let mut order = Vec::new();
        choice.read(&value, |index| {
            order.push(index);
            None::<()>
        });
        order
    }

    #[test]
    fn of_what_fits_as_well_the_one_counts_that_keeps_most() {
        const ONE: Alternative = Alternative {
            known: &["all"],
            ..OPEN
        };
        let choice = Choice {
            tag: None,
            alternatives: &[ONE, ONE, ONE],
        };
        let value = json!({"all": [{"a": 1, "b": null, "c": {"d": [{"e": 1}]}}]});
        let kept = [
            json!({"all": [{"c": {}}]}),
            json!({"all": [{"a": 1.0, "c": {"d": [{"e": 1}], "f": 2}}]}),
            value.clone(),
        ];
        let read = |last: usize| choice.read(&value, |index| (index < last).then(|| &kept[index]));
        assert_eq!(read(3), Some(&kept[1]));
        assert_eq!(read(1), Some(&kept[0]));
        assert_eq!(read(0), None);
    }

    #[test]
    fn the_best_comes_first() {
        const CAT: Alternative = Alternative {
            known: &["kind", "ok"],
            values: &[("kind", &["\"cat\""]), ("ok", &["true"])],
            required: &["kind"],
            ..OPEN
        };
        const DOG: Alternative = Alternative {
            known: &["kind", "age"],
            values: &[("kind", &["\"dog\""]), ("age", &["1"])],
            required: &["kind"],
            ..OPEN
        };
        const MAP: Alternative = Alternative {
            is_map: true,
            ..OPEN
        };
        const LIST: Alternative = Alternative {
            kinds: &["array"],
            ..OPEN
        };
        let choice = Choice {
            tag: None,
            alternatives: &[CAT, DOG, MAP, LIST],
        };
        for (value, expected) in [
            (json!({"kind": "dog"}), vec![1, 2, 0]),
            (json!({"kind": "cat", "ok": true}), vec![0, 2, 1]),
            (json!({"kind": "cat", "ok": false}), vec![2, 0, 1]),
            (json!({"kind": "dog", "age": 1.0}), vec![1, 2, 0]),
            (json!({"kind": "bird"}), vec![2, 0, 1]),
            (json!({}), vec![2, 0, 1]),
            (json!(["cat"]), vec![3]),
            (json!("cat"), vec![]),
        ] {
            assert_eq!(order(&choice, value.clone()), expected, "{value}");
        }
        let tagged = Choice {
            tag: Some(("kind", &[("cat", 1)])),
            ..choice
        };
        assert_eq!(order(&tagged, json!({"kind": "cat"}))[0], 1);
        assert_eq!(order(&tagged, json!({"kind": "dog"}))[0], 1);
    }
}
