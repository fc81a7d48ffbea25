//! Schemas that typify would put together without an end, or for longer than anybody waits.
//!
//! typify makes one schema of all parts of an `allOf`, of what they say of the same property, and of each
//! alternative with what stands beside it. What comes of it has no name, so what leads back to itself on this way
//! overflows the stack, which no caller survives.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Map, Value};

use crate::prepare::{Part, resolve, schemas_in};

/// More steps than any description needs.
const MAX_STEPS: usize = 3_000;
/// What the stack of any thread has room for.
const MAX_DEPTH: usize = 30;

const LISTS: [&str; 3] = ["allOf", "oneOf", "anyOf"];

/// Whether there is an end to what typify does with a document.
pub(crate) fn end(document: &Value) -> bool {
    let mut merge = Merge {
        document,
        on_way: HashSet::new(),
        done: HashSet::new(),
        steps: 0,
    };
    let mut ends = true;
    schemas_in(document, Part::Document, &mut |schema| {
        if ends && LISTS.iter().any(|key| schema.contains_key(*key)) {
            merge.steps = 0;
            ends = merge.one_ends(schema);
        }
    });
    ends
}

/// One of the schemas that are put together.
#[derive(Clone, Copy)]
struct Piece<'a> {
    schema: &'a Map<String, Value>,
    /// Whether no alternative has been chosen yet.
    is_open: bool,
}

/// Which pieces they are, and whether each is there more than once: what is said twice is put together, too.
type Key = BTreeMap<(usize, bool), bool>;

struct Merge<'a> {
    document: &'a Value,
    on_way: HashSet<Key>,
    done: HashSet<Key>,
    steps: usize,
}

impl<'a> Merge<'a> {
    /// The pieces before `next` have their parts beside them.
    fn ends(&mut self, mut pieces: Vec<Piece<'a>>, mut next: usize) -> bool {
        while let Some(piece) = pieces.get(next).copied() {
            next += 1;
            let parts = piece.schema.get("allOf").and_then(Value::as_array);
            pieces.extend(
                parts
                    .into_iter()
                    .flatten()
                    .filter_map(|part| self.piece(part)),
            );
            if pieces.len() > MAX_STEPS {
                return false;
            }
        }
        let address = |piece: &Piece| (std::ptr::from_ref(piece.schema) as usize, piece.is_open);
        let mut key = Key::new();
        for piece in &pieces {
            let is_repeated = key.contains_key(&address(piece));
            key.insert(address(piece), is_repeated);
        }
        if self.done.contains(&key) {
            return true;
        }
        self.steps += 1;
        if self.steps > MAX_STEPS
            || self.on_way.len() > MAX_DEPTH
            || !self.on_way.insert(key.clone())
        {
            return false;
        }
        let ends = self.alternatives_end(&pieces) && self.members_end(&pieces);
        self.on_way.remove(&key);
        self.done.insert(key);
        ends
    }

    /// What is put together with each alternative of the first choice among them.
    fn alternatives_end(&mut self, pieces: &[Piece<'a>]) -> bool {
        let list = |piece: &Piece<'a>| {
            let list = piece
                .schema
                .get("oneOf")
                .or_else(|| piece.schema.get("anyOf"));
            list.and_then(Value::as_array).filter(|_| piece.is_open)
        };
        let Some((index, list)) = pieces
            .iter()
            .enumerate()
            .find_map(|(i, p)| Some((i, list(p)?)))
        else {
            return true;
        };
        list.iter().all(|alternative| {
            let mut pieces = pieces.to_vec();
            pieces[index].is_open = false;
            let next = pieces.len();
            pieces.extend(self.piece(alternative));
            self.ends(pieces, next)
        })
    }

    /// What they say of the same property, or of the same items.
    fn members_end(&mut self, pieces: &[Piece<'a>]) -> bool {
        let properties =
            |piece: &Piece<'a>| piece.schema.get("properties").and_then(Value::as_object);
        let names: BTreeSet<&String> = pieces
            .iter()
            .filter_map(properties)
            .flat_map(Map::keys)
            .collect();
        let more = |piece: &Piece<'a>| piece.schema.get("additionalProperties");
        names.into_iter().all(|name| {
            let said = pieces.iter().filter_map(|piece| {
                properties(piece)
                    .and_then(|properties| properties.get(name))
                    .or_else(|| more(piece))
            });
            self.member_ends(said.collect())
        }) && self.member_ends(pieces.iter().filter_map(more).collect())
            && self.member_ends(
                pieces
                    .iter()
                    .filter_map(|piece| piece.schema.get("items"))
                    .collect(),
            )
    }

    /// What all refer to has a name. Everything else becomes a type where it stands.
    fn member_ends(&mut self, mut schemas: Vec<&'a Value>) -> bool {
        // `true` and `false` are put together with nothing.
        schemas.retain(|schema| schema.is_object());
        let [first, others @ ..] = &schemas[..] else {
            return true;
        };
        if others.is_empty() {
            return first.as_object().is_none_or(|first| self.one_ends(first));
        }
        let reference = first.get("$ref");
        if reference.is_some() && others.iter().all(|other| other.get("$ref") == reference) {
            return true;
        }
        let pieces = schemas
            .iter()
            .filter_map(|schema| self.piece(schema))
            .collect();
        self.ends(pieces, 0)
    }

    /// What stands by itself.
    fn one_ends(&mut self, schema: &'a Map<String, Value>) -> bool {
        if let Some(parts) = apart(schema) {
            let mut parts = parts.iter().filter_map(Value::as_object);
            return parts.all(|part| self.one_ends(part));
        }
        let is_open = true;
        self.ends(vec![Piece { schema, is_open }], 0)
    }

    fn piece(&self, schema: &'a Value) -> Option<Piece<'a>> {
        let schema = resolve(self.document, schema).as_object()?;
        Some(Piece {
            schema,
            is_open: true,
        })
    }
}

/// The schemas that typify makes a type of each, and puts nothing together: none for a reference, the alternatives
/// of a choice that nothing is said beside, the only part of an `allOf`.
fn apart(schema: &Map<String, Value>) -> Option<&[Value]> {
    const WORDS: [&str; 6] = [
        "nullable",
        "title",
        "description",
        "default",
        "example",
        "discriminator",
    ];
    if schema.contains_key("$ref") {
        return Some(&[]);
    }
    let mut more = schema
        .iter()
        .filter(|(key, _)| !WORDS.contains(&key.as_str()) && !key.starts_with("x-"));
    match (more.next(), more.next()) {
        (Some((key, list)), None) if LISTS.contains(&key.as_str()) => {
            let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
            (key != "allOf" || list.len() == 1).then_some(list)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_leads_back_to_itself_has_no_end() {
        let of = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let object = |property: Value| json!({"type": "object", "properties": {"p": property}});
        let nullable = |name: &str| json!({"allOf": [of(name)], "nullable": true});
        for (schemas, expected) in [
            (json!({"A": object(nullable("A"))}), true),
            (
                json!({"A": object(json!({"allOf": [{"oneOf": [of("A")]}], "nullable": true}))}),
                true,
            ),
            (json!({"A": object(of("A"))}), true),
            (
                json!({"A": {"allOf": [{"additionalProperties": true}, object(of("A"))]}}),
                true,
            ),
            (
                json!({"A": object(of("A")), "B": {"allOf": [of("A"), object(of("A"))]}}),
                true,
            ),
            (
                json!({"A": {"allOf": [of("B"), object(of("A"))]}, "B": object(of("B"))}),
                false,
            ),
            (
                json!({"A": object(nullable("D")), "D": {"oneOf": [of("A"), {}]}, "E": {"allOf": [of("A"), of("D")]}}),
                false,
            ),
            (
                json!({"A": {"type": "array", "items": {"anyOf": [of("A")], "properties": {"p": {}}}}}),
                false,
            ),
            (
                json!({"A": object(json!({"anyOf": [{"type": "string"}, of("A")]}))}),
                true,
            ),
            (
                json!({"A": object(json!({"anyOf": [object(json!({"allOf": [of("A"), object(of("B"))]})), of("A")]}))}),
                false,
            ),
            (
                json!({"A": {"oneOf": [of("B"), of("C")]}, "B": object(of("A")), "C": object(of("B"))}),
                true,
            ),
        ] {
            let document = json!({"components": {"schemas": schemas}});
            assert_eq!(end(&document), expected, "{document}");
        }
    }

    #[test]
    fn what_would_take_too_long_is_left() {
        let choice =
            |n: usize| json!({"oneOf": [{"title": format!("{n}a")}, {"title": format!("{n}b")}]});
        let all: Vec<Value> = (0..30).map(choice).collect();
        assert!(!end(
            &json!({"components": {"schemas": {"A": {"allOf": all}}}})
        ));
        assert!(end(
            &json!({"components": {"schemas": {"A": {"allOf": all[..4]}}}})
        ));
    }
}
