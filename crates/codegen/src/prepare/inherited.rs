//! What one part of a schema makes a type of the runtime, and another part narrows or shows.
//!
//! progenitor would make one schema of both parts of an `allOf`, which is no longer just that type. Of two
//! alternatives, a value may be read as the one that shows what is a secret in the other.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::converted::{Named, of};
use super::walk::{Part, schemas, schemas_mut};
use crate::flat::Flat;
use crate::tree::escaped;

/// What is put together with what stands beside it.
const LISTS: [&str; 3] = ["allOf", "oneOf", "anyOf"];
/// More schemas than anybody puts together.
const MAX_PARTS: usize = 1000;
/// Deeper than anybody describes one thing twice.
const MAX_DEPTH: usize = 64;
/// More than descriptions have of what is put together. Some that nobody means have a power of two.
const MAX_SEEN: usize = 5_000;

/// Makes all parts say the same of such a thing. Gives a pointer to the first in which there is too much to look at,
/// so that a secret might print.
pub(super) fn settle(document: &mut Value, named: &Named) -> Option<String> {
    let (mut is_any, mut has_secret) = (false, false);
    schemas(document, Part::Document, &mut |schema| {
        let plain = of(schema, named);
        is_any |= plain.is_some();
        has_secret |= plain.is_some_and(|plain| is_secret(&plain));
    });
    if !is_any {
        return None;
    }
    let mut cut = None;
    let mut found = HashMap::new();
    // A component that narrows a secret somewhere is one that has it, everywhere.
    loop {
        let before = found.len();
        let mut settle = Settle {
            document,
            named,
            seen: HashSet::new(),
            is_cut: false,
            found,
        };
        schemas(document, Part::Document, &mut |schema| {
            if is_list(schema) {
                settle.together(vec![Piece::new(schema)], 0);
                cut = cut.or_else(|| settle.is_cut.then(|| address(schema)));
            }
        });
        let is_cut = settle.is_cut;
        found = settle.found;
        if is_cut || found.len() == before {
            break;
        }
    }
    let cut = cut.filter(|_| has_secret);
    let cut = cut.map(|cut| component(document, cut));
    if found.is_empty() {
        return cut;
    }
    // Nothing is moved while this replaces what was found.
    schemas_mut(document, Part::Document, &mut |schema| {
        if let Some(plain) = found.remove(&address(schema)) {
            *schema = plain;
        }
    });
    cut
}

/// A pointer to the component in which a schema stands, or else to the document.
fn component(document: &Value, schema: usize) -> String {
    let components = document.pointer("/components/schemas");
    let mut components = components.and_then(Value::as_object).into_iter().flatten();
    let found = components.find(|(_, component)| {
        let mut is_in = false;
        schemas(component, Part::Schema, &mut |one| {
            is_in |= address(one) == schema
        });
        is_in
    });
    found.map_or_else(String::new, |(name, _)| {
        format!("/components/schemas/{}", escaped(name))
    })
}

fn is_list(schema: &Map<String, Value>) -> bool {
    LISTS.iter().any(|key| schema.contains_key(*key))
}

fn address(schema: &Map<String, Value>) -> usize {
    std::ptr::from_ref(schema) as usize
}

/// A schema that says something of the same value as others.
#[derive(Clone, Copy)]
struct Piece<'a> {
    schema: &'a Map<String, Value>,
    /// Whether a reference leads to it, so that others may have it, too.
    is_shared: bool,
    /// Whether a value may be of another schema instead.
    is_alternative: bool,
}

impl<'a> Piece<'a> {
    fn new(schema: &'a Map<String, Value>) -> Self {
        Self {
            schema,
            is_shared: false,
            is_alternative: false,
        }
    }

    /// The same of what is in it.
    fn with(self, schema: &'a Value) -> Option<Self> {
        let schema = schema.as_object()?;
        Some(Self { schema, ..self })
    }
}

/// What schemas can say together of a value.
#[derive(PartialEq, Eq, Hash)]
enum Member<'a> {
    Property(&'a str),
    Items,
    /// Every other property.
    Rest,
}

struct Settle<'a> {
    document: &'a Value,
    named: &'a Named,
    /// What was looked at together.
    seen: HashSet<Vec<usize>>,
    /// Whether there was more of it.
    is_cut: bool,
    /// What schemas become, by their addresses.
    found: HashMap<usize, Map<String, Value>>,
}

impl<'a> Settle<'a> {
    /// Looks at schemas that are about the same value.
    fn together(&mut self, pieces: Vec<Piece<'a>>, depth: usize) {
        if self.is_cut {
            return;
        }
        let pieces = self.parts(pieces);
        let mut key: Vec<_> = pieces.iter().map(|piece| address(piece.schema)).collect();
        key.sort_unstable();
        if self.seen.contains(&key) {
            return;
        }
        if depth > MAX_DEPTH || self.seen.len() > MAX_SEEN {
            self.is_cut = true;
            return;
        }
        self.seen.insert(key);
        let alternatives = pieces.iter().filter(|piece| piece.is_alternative);
        let alternatives: Vec<_> = alternatives.copied().collect();
        self.same(&alternatives, true);
        let mut members: IndexMap<Member<'a>, Vec<Piece<'a>>> = IndexMap::new();
        for piece in &pieces {
            let properties = piece.schema.get("properties").and_then(Value::as_object);
            let properties = properties.into_iter().flatten();
            let properties = properties.map(|(name, one)| (Member::Property(name), one));
            let items = piece.schema.get("items").map(|one| (Member::Items, one));
            let rest = piece.schema.get("additionalProperties");
            let rest = rest.map(|one| (Member::Rest, one));
            for (member, schema) in properties.chain(items).chain(rest) {
                if let Some(piece) = piece.with(schema) {
                    members.entry(member).or_default().push(piece);
                }
            }
        }
        // A part says by its rest what it thinks of the properties of the others.
        let rest = members.get(&Member::Rest).into_iter().flatten();
        let rest: Vec<_> = rest.filter(|one| !one.is_alternative).copied().collect();
        for (member, mut pieces) in members {
            if let Member::Property(_) = member
                && pieces.iter().all(|one| !one.is_alternative)
            {
                pieces.extend(&rest);
            }
            if pieces.len() > 1 && !self.same(&pieces, false) {
                self.together(pieces, depth + 1);
            }
        }
    }

    /// The schemas that some are made of.
    fn parts(&self, mut pieces: Vec<Piece<'a>>) -> Vec<Piece<'a>> {
        let mut seen = HashSet::new();
        let mut next = 0;
        while let Some(piece) = pieces.get(next).copied() {
            next += 1;
            if !seen.insert(address(piece.schema)) || pieces.len() > MAX_PARTS {
                continue;
            }
            if let Some(target) = self.target(piece.schema) {
                pieces.push(Piece {
                    schema: target,
                    is_shared: true,
                    ..piece
                });
            }
            for key in LISTS {
                let list = piece.schema.get(key).and_then(Value::as_array);
                let is_alternative = key != "allOf" || piece.is_alternative;
                pieces.extend(list.into_iter().flatten().filter_map(|part| {
                    Some(Piece {
                        is_alternative,
                        ..piece.with(part)?
                    })
                }));
            }
        }
        // What a reference means that stands here is replaced where it stands.
        pieces.retain(|piece| !piece.is_shared || has_members(piece.schema));
        pieces
    }

    fn target(&self, schema: &Map<String, Value>) -> Option<&'a Map<String, Value>> {
        let reference = schema.get("$ref")?.as_str()?;
        let target = self.document.pointer(reference.strip_prefix('#')?)?;
        target.as_object()
    }

    /// What a schema becomes, if it is a type of the runtime.
    fn plain(&self, schema: &Map<String, Value>) -> Option<Map<String, Value>> {
        let found = self.found.get(&address(schema)).cloned();
        let found = found.filter(|found| found.contains_key("format"));
        found.or_else(|| of(schema, self.named))
    }

    /// Makes all of them what one of them is, if one is a type of the runtime. Of one choice, what can be anything
    /// is read after a secret anyway.
    fn same(&mut self, pieces: &[Piece<'a>], is_choice: bool) -> bool {
        let plain = pieces
            .iter()
            .filter_map(|piece| Some((piece.is_alternative, self.plain(piece.schema)?)));
        // A secret is one, whatever else is said of it.
        let Some((is_alternative, plain)) =
            plain.min_by_key(|(is_alternative, plain)| (!is_secret(plain), *is_alternative))
        else {
            return false;
        };
        for piece in pieces {
            let own = self.plain(piece.schema);
            let is_settled = match is_secret(&plain) {
                true => own.is_some_and(|own| is_secret(&own)),
                false => own.is_some() || piece.is_shared,
            };
            if is_settled {
                continue;
            }
            let new = match is_alternative {
                false => Some(plain.clone()),
                true => self.instead(piece.schema, &plain, is_choice),
            };
            if let Some(mut new) = new {
                let own = piece.schema;
                for key in ["description", "nullable"] {
                    if let Some(said) = own.get(key) {
                        new.insert(key.into(), said.clone());
                    } else if key == "nullable" && own.contains_key("type") {
                        new.shift_remove(key);
                    }
                }
                self.found.insert(address(own), new);
            }
        }
        true
    }

    /// What a schema becomes if another one makes a secret of the same value. Nothing that is a secret there
    /// prints here.
    fn instead(
        &self,
        schema: &Map<String, Value>,
        plain: &Map<String, Value>,
        is_choice: bool,
    ) -> Option<Map<String, Value>> {
        let schema = Value::Object(schema.clone());
        let hidden = || self.hidden(&schema, plain, is_choice, &mut { MAX_PARTS });
        is_secret(plain).then(hidden)?
    }

    /// A text becomes the secret, and what can be a text and something else a choice. `is_choice` where that
    /// choice is there.
    fn hidden(
        &self,
        schema: &Value,
        plain: &Map<String, Value>,
        is_choice: bool,
        left: &mut usize,
    ) -> Option<Map<String, Value>> {
        *left = left.checked_sub(1)?;
        let flat = Flat::of(self.document, schema);
        let mut limits = ["minLength", "maxLength"].iter();
        let is_text = match flat.kind() {
            Some(kind) => kind == "string",
            None => limits.any(|key| flat.get(key).is_some()),
        };
        let is_other = flat.kind().is_some()
            || flat.get("enum").is_some() && !flat.list("enum").iter().any(Value::is_string);
        let mut new = match &flat.choices[..] {
            _ if is_text => plain.clone(),
            _ if is_other => return None,
            [choice] => self.hidden_among(choice.alternatives, plain, left)?,
            _ if is_choice => return None,
            // The secret is read first.
            _ => one_of(vec![json!(plain), schema.clone()]),
        };
        if flat.is_true("nullable") {
            new.insert("nullable".into(), json!(true));
        }
        Some(new)
    }

    /// A choice that shows no secret, where this one does.
    fn hidden_among(
        &self,
        list: &[Value],
        plain: &Map<String, Value>,
        left: &mut usize,
    ) -> Option<Map<String, Value>> {
        let is_one = |part: &Value| {
            let own = part.as_object().and_then(|part| self.plain(part));
            own.is_some_and(|own| is_secret(&own))
        };
        let hidden = list.iter().map(|part| match is_one(part) {
            true => part.clone(),
            false => self
                .hidden(part, plain, false, left)
                .map_or_else(|| part.clone(), Value::Object),
        });
        let mut hidden: Vec<Value> = hidden.collect();
        // What can be anything beside a secret is read after it.
        if hidden.iter().any(is_one) {
            for (new, old) in hidden.iter_mut().zip(list).filter(|(new, _)| !is_one(new)) {
                *new = old.clone();
            }
        }
        match hidden.iter().all(is_one) {
            true => Some(plain.clone()),
            false => (hidden != list).then(|| one_of(hidden)),
        }
    }
}

fn one_of(list: Vec<Value>) -> Map<String, Value> {
    Map::from_iter([("oneOf".to_owned(), Value::Array(list))])
}

/// Whether it says something of what is in its values.
fn has_members(schema: &Map<String, Value>) -> bool {
    let mut keys = ["$ref", "properties", "items", "additionalProperties"].iter();
    keys.any(|key| schema.contains_key(*key)) || is_list(schema)
}

fn is_secret(plain: &Map<String, Value>) -> bool {
    plain
        .get("format")
        .is_some_and(|format| format == "password")
}

#[cfg(test)]
mod tests {
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
                "Narrow": {"properties": {"password": {"type": "string", "maxLength": 9}}},
                "Two": {"allOf": [
                    {"$ref": "#/components/schemas/Base"},
                    {"$ref": "#/components/schemas/Narrow"},
                ]},
                "Three": {
                    "properties": {"pin": secret},
                    "oneOf": [{"properties": {"pin": {"minLength": 4}}}, {"required": ["pin"]}],
                },
            }},
        });
        settle(&mut document, &Named::new());
        let expected = json!({
            "password": {"type": "string", "format": "password", "description": "Mine."},
            "name": {"maxLength": 9},
        });
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["One"]["allOf"][1]["properties"], expected);
        assert_eq!(schemas["Narrow"]["properties"]["password"], secret);
        assert_eq!(schemas["Three"]["oneOf"][0]["properties"]["pin"], secret);
    }

    #[test]
    fn what_is_too_deep_to_look_at_is_told_of() {
        let text = json!({"type": "string"});
        let secret = json!({"type": "string", "format": "password"});
        for (leaf, depth, expected) in [
            (&secret, 20, None),
            (&secret, 70, Some("/components/schemas/A~1")),
            (&text, 70, None),
        ] {
            let deep = |leaf: &Value| {
                (0..depth).fold(leaf.clone(), |inner, _| json!({"properties": {"a": inner}}))
            };
            let parts = json!({"allOf": [deep(&text), deep(leaf)]});
            let mut document = json!({"components": {"schemas": {"A/": parts}}});
            let cut = settle(&mut document, &Named::new());
            assert_eq!(cut.as_deref(), expected);
        }
    }

    #[test]
    fn a_choice_behind_a_reference_shows_no_secret_of_another_alternative() {
        let secret = json!({"type": "string", "format": "password"});
        let number = json!({"type": "integer"});
        for key in ["oneOf", "anyOf"] {
            let mut document = json!({"components": {"schemas": {
                "A": {(key): [{"$ref": "#/components/schemas/Either"}, secret]},
                "Either": {"oneOf": [{"type": "string"}, number]},
            }}});
            settle(&mut document, &Named::new());
            let hidden = json!({"oneOf": [secret, number]});
            assert_eq!(document["components"]["schemas"]["A"][key][0], hidden);
        }
    }

    #[test]
    fn a_secret_in_a_list_or_a_map_is_one_in_every_part() {
        let secret = json!({"type": "string", "format": "password"});
        let text = json!({"type": "string", "maxLength": 9});
        let list = |items: &Value| json!({"type": "array", "items": items});
        let map = |rest: &Value| json!({"type": "object", "additionalProperties": rest});
        let object = |one: &Value| json!({"type": "object", "properties": {"p": one}});
        for of in [&list as &dyn Fn(&Value) -> Value, &map, &object] {
            for key in ["allOf", "oneOf", "anyOf"] {
                for deep in [false, true] {
                    let wrap = |one: &Value| match deep {
                        true => list(&object(&of(one))),
                        false => of(one),
                    };
                    let mut document = json!({"components": {"schemas": {
                        "A": {(key): [wrap(&text), {"$ref": "#/components/schemas/B"}]},
                        "B": wrap(&secret),
                    }}});
                    settle(&mut document, &Named::new());
                    assert_eq!(
                        document["components"]["schemas"]["A"][key][0],
                        wrap(&secret)
                    );
                }
            }
        }
        let mut document = json!({"components": {"schemas": {
            "A": {"allOf": [map(&secret), object(&text)]},
            "B": {"oneOf": [map(&secret), object(&text)]},
        }}});
        settle(&mut document, &Named::new());
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["A"]["allOf"][1], object(&secret));
        assert_eq!(schemas["B"]["oneOf"][1], object(&text));
    }
}
