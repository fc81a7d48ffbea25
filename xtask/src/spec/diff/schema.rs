//! What a schema means, whatever it is made of.

use serde_json::{Map, Value, json};

/// A schema with what it refers to and the parts of its `allOf` in it.
pub(super) struct Schema {
    pub(super) keys: Map<String, Value>,
    /// The references that were followed to get here.
    pub(super) references: Vec<String>,
    /// Whether it says that null is allowed; without a type, it says nothing.
    null: Option<bool>,
}

impl Schema {
    pub(super) fn new(document: &Value, schema: &Value) -> Self {
        let mut whole = Self {
            keys: Map::new(),
            references: Vec::new(),
            null: None,
        };
        whole.take(document, schema);
        whole
    }

    fn take(&mut self, document: &Value, schema: &Value) {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            // One that leads back to itself says nothing new.
            if !self.references.iter().any(|seen| seen == reference) {
                self.references.push(reference.to_owned());
                match target(document, reference) {
                    Some(target) => self.take(document, target),
                    None => self.add("type", &json!(format!("unknown {reference}"))),
                }
            }
            return;
        }
        if schema.get("type").is_some() {
            let null = schema.get("nullable") == Some(&Value::Bool(true));
            self.null = Some(self.null.unwrap_or(true) && null);
        }
        for (key, value) in schema.as_object().into_iter().flatten() {
            if key != "allOf" {
                self.add(key, value);
            }
        }
        let parts = schema.get("allOf").and_then(Value::as_array);
        for part in parts.into_iter().flatten() {
            self.take(document, part);
        }
    }

    fn add(&mut self, key: &str, value: &Value) {
        match (self.keys.get_mut(key), value) {
            (Some(Value::Object(fields)), Value::Object(more)) if key == "properties" => {
                for (name, field) in more {
                    match fields.get_mut(name) {
                        Some(known) => *known = json!({"allOf": [known, field]}),
                        None => drop(fields.insert(name.clone(), field.clone())),
                    }
                }
            }
            (Some(Value::Array(names)), Value::Array(more)) if key == "required" => {
                names.extend(more.iter().cloned());
            }
            (Some(_), _) => {}
            (None, value) => drop(self.keys.insert(key.to_owned(), value.clone())),
        }
    }

    pub(super) fn nullable(&self) -> bool {
        self.null == Some(true)
    }

    pub(super) fn requires(&self, field: &str) -> bool {
        let names = self.keys.get("required").and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|name| name == field))
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = (&String, &Value)> {
        let fields = self.keys.get("properties").and_then(Value::as_object);
        fields.into_iter().flatten()
    }

    /// The schemas of which one has to fit, each with the name that its Rust variant has.
    pub(super) fn alternatives(&self) -> Vec<(String, &Value)> {
        let lists = ["oneOf", "anyOf"].into_iter();
        let schemas = lists.filter_map(|key| self.keys.get(key)?.as_array());
        let name = |(index, schema): (usize, &Value)| match schema["title"].as_str() {
            Some(title) => title.to_owned(),
            None => index.to_string(),
        };
        schemas
            .flatten()
            .enumerate()
            .map(|(index, schema)| (name((index, schema)), schema))
            .collect()
    }

    /// What the values of a map are, and `None` where any other field may have any value.
    pub(super) fn others(&self) -> Option<&Value> {
        match self.keys.get("additionalProperties") {
            None | Some(Value::Bool(true)) => None,
            Some(Value::Object(any)) if any.is_empty() => None,
            others => others,
        }
    }

    pub(super) fn kind(&self) -> String {
        let kind = self.keys.get("type").and_then(Value::as_str);
        match kind {
            Some(kind) => kind.to_owned(),
            None if !self.alternatives().is_empty() => "alternatives".into(),
            None if self.keys.contains_key("properties") => "object".into(),
            None => "any".into(),
        }
    }
}

/// What stands where a reference points to.
pub(super) fn target<'a>(document: &'a Value, reference: &str) -> Option<&'a Value> {
    document.pointer(reference.strip_prefix('#')?)
}

/// What a parameter, a body or an answer says, if need be elsewhere.
pub(super) fn resolved<'a>(document: &'a Value, mut node: &'a Value) -> &'a Value {
    /// Longer chains of references than this are loops.
    const LONGEST: usize = 16;
    for _ in 0..LONGEST {
        match node.get("$ref").and_then(Value::as_str) {
            Some(reference) => node = target(document, reference).unwrap_or(&Value::Null),
            None => return node,
        }
    }
    &Value::Null
}
