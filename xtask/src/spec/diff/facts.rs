//! A document as a flat list of facts about each operation.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::place::{Part, Place};
use super::schema::{Schema, resolved};
use super::security;

/// What is said at one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) words: BTreeMap<&'static str, String>,
    /// A list or a map that is no type of its own: in Rust, an absent one is empty.
    pub(super) collection: bool,
}

impl Facts {
    /// Empty for what is not said.
    pub(super) fn get(&self, name: &str) -> &str {
        self.words.get(name).map_or("", String::as_str)
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.get(name) == "yes"
    }

    fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.words.insert(name, value.into());
    }

    fn flag(&mut self, name: &'static str, value: bool) {
        self.set(name, if value { "yes" } else { "no" });
    }
}

/// Keys of a schema whose values are compared as they stand.
const PLAIN: [&str; 16] = [
    "default",
    "deprecated",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "uniqueItems",
];

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// All that a document says about its operations.
pub(super) fn collect(document: &Value) -> BTreeMap<Place, Facts> {
    let mut collector = Collector {
        document,
        places: BTreeMap::new(),
    };
    for (path, item) in map(&document["paths"]) {
        let item = resolved(document, item);
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                collector.operation(method, path, item, operation);
            }
        }
    }
    collector.places
}

struct Collector<'a> {
    document: &'a Value,
    places: BTreeMap<Place, Facts>,
}

impl Collector<'_> {
    fn operation(&mut self, method: &str, path: &str, item: &Value, operation: &Value) {
        let method = method.to_uppercase();
        let name = match operation["operationId"].as_str() {
            Some(name) => name.to_owned(),
            None => format!("{method} {path}"),
        };
        let mut facts = Facts::default();
        facts.set("x-retry", operation["x-retry"].as_str().unwrap_or("none"));
        facts.set("security", security::words(self.document, operation));
        facts.flag("x-browser", operation["x-browser"] == Value::Bool(true));
        facts.flag("deprecated", operation["deprecated"] == Value::Bool(true));
        facts.set("method", method);
        facts.set("path", path);
        self.places.insert(Place::new(&name, Part::Call), facts);

        // An operation's own parameter replaces its path's.
        for node in list(&item["parameters"]).chain(list(&operation["parameters"])) {
            self.parameter(&name, node);
        }
        if let Some(body) = operation.get("requestBody") {
            let body = resolved(self.document, body);
            let mut facts = Facts::default();
            facts.flag("required", body["required"] == Value::Bool(true));
            self.content(&name, body, facts, |_, media| Part::Body(media));
        }
        for (status, answer) in map(&operation["responses"]) {
            let answer = resolved(self.document, answer);
            let part = |status: &str, media| Part::Answer(status.to_owned(), media);
            self.content(&name, answer, Facts::default(), |_, media| {
                part(status, media)
            });
            for (header, node) in map(&answer["headers"]) {
                let part = Part::Header(status.clone(), header.to_lowercase());
                self.typed(Place::new(&name, part), resolved(self.document, node));
            }
        }
    }

    fn parameter(&mut self, operation: &str, node: &Value) {
        let node = resolved(self.document, node);
        let word = |key: &str| node[key].as_str().unwrap_or("unnamed");
        let part = Part::Parameter(format!("{} parameter {}", word("in"), word("name")));
        let place = Place::new(operation, part);
        self.places
            .retain(|at, _| at.part != place.part || at.operation != operation);
        self.typed(place, node);
    }

    /// A parameter or a header.
    fn typed(&mut self, place: Place, node: &Value) {
        let mut facts = Facts::default();
        facts.flag("required", node["required"] == Value::Bool(true));
        facts.flag("deprecated", node["deprecated"] == Value::Bool(true));
        for name in ["style", "explode", "allowReserved"] {
            if let Some(value) = node.get(name) {
                facts.set(name, text(value));
            }
        }
        let content = map(&node["content"]).next();
        let schema = match content {
            Some((media, holder)) => {
                facts.set("media type", media);
                &holder["schema"]
            }
            None => &node["schema"],
        };
        self.schema(place, facts, schema, &mut Vec::new());
    }

    /// A body or an answer. Its media type is in the place only where there are several.
    fn content(
        &mut self,
        operation: &str,
        node: &Value,
        mut facts: Facts,
        part: impl Fn(&Self, String) -> Part,
    ) {
        const JSON: &str = "application/json";
        let content: Vec<_> = map(&node["content"]).collect();
        let media: Vec<&str> = content.iter().map(|(media, _)| media.as_str()).collect();
        let first = if media.contains(&JSON) {
            Some(JSON)
        } else {
            media.iter().min().copied()
        };
        facts.set("media type", first.unwrap_or("none"));
        if first.is_none() {
            let place = Place::new(operation, part(self, String::new()));
            self.places.insert(place, facts);
            return;
        }
        for (media, holder) in content {
            let (place, facts) = if Some(media.as_str()) == first {
                (part(self, String::new()), facts.clone())
            } else {
                (part(self, media.clone()), Facts::default())
            };
            let place = Place::new(operation, place);
            self.schema(place, facts, &holder["schema"], &mut Vec::new());
        }
    }

    /// A schema and all below it. `above` has the references that led here, each with the field at
    /// which it stood.
    fn schema(
        &mut self,
        place: Place,
        mut facts: Facts,
        schema: &Value,
        above: &mut Vec<(String, String)>,
    ) {
        let whole = Schema::new(self.document, schema);
        facts.flag("nullable", whole.nullable());
        let loops = above
            .iter()
            .find(|(name, _)| whole.references.contains(name));
        if let Some((_, field)) = loops {
            facts.set("type", format!("the type of {field}"));
            self.places.insert(place, facts);
            return;
        }
        facts.set("type", whole.kind());
        for name in PLAIN {
            // False is what these mean when they are not there.
            match whole.keys.get(name) {
                None | Some(Value::Bool(false)) => {}
                Some(value) => facts.set(name, text(value)),
            }
        }
        if let Some(Value::Array(values)) = whole.keys.get("enum") {
            let mut values: Vec<_> = values.iter().map(text).collect();
            values.sort();
            facts.set("enum", values.join(" "));
        }
        let closed = whole.keys.get("additionalProperties") == Some(&Value::Bool(false));
        facts.flag("closed", closed);
        let is_map = whole.kind() == "object" && whole.fields().next().is_none() && !closed;
        facts.collection = whole.references.is_empty() && (whole.kind() == "array" || is_map);
        self.places.insert(place.clone(), facts);

        let depth = above.len();
        let here = match place.name() {
            name if name.is_empty() => "the whole".to_owned(),
            name => name,
        };
        let names = whole.references.iter().cloned();
        above.extend(names.map(|name| (name, here.clone())));
        for (name, field) in whole.fields() {
            let mut facts = Facts::default();
            facts.flag("required", whole.requires(name));
            self.schema(place.below(format!(".{name}")), facts, field, above);
        }
        let parts = [("[]", whole.keys.get("items")), ("{}", whole.others())];
        for (step, part) in parts {
            if let Some(part) = part.filter(|part| part.is_object()) {
                self.schema(place.below(step.into()), Facts::default(), part, above);
            }
        }
        for (name, part) in whole.alternatives() {
            let place = place.below(format!("|{name}"));
            self.schema(place, Facts::default(), part, above);
        }
        above.truncate(depth);
    }
}

fn map(node: &Value) -> impl Iterator<Item = (&String, &Value)> {
    node.as_object().into_iter().flat_map(Map::iter)
}

fn list(node: &Value) -> impl Iterator<Item = &Value> {
    node.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
