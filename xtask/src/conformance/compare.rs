//! Our description of an operation next to the official one, fact by fact.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::descriptions::{Description, Operation};
use super::schema;

/// One official description against ours.
pub(crate) struct Comparison {
    /// Such as `ghes-3.4`.
    pub(crate) description: String,
    pub(crate) operations: Vec<Compared>,
}

/// One operation in both.
pub(crate) struct Compared {
    /// Our `operationId`; method and path of an operation that we do not have.
    pub(crate) name: String,
    /// Whether we have it.
    pub(crate) ours: bool,
    /// The statuses that the official description declares, or `None` where the operation is not
    /// there.
    pub(crate) declared: Option<BTreeSet<String>>,
    pub(crate) equal: usize,
    pub(crate) differences: Vec<Difference>,
}

/// A fact that is not the same in both.
pub(crate) struct Difference {
    /// Such as `200.user.login required`.
    pub(crate) what: String,
    pub(crate) official: String,
    pub(crate) ours: String,
}

/// Collects facts.
#[derive(Default)]
pub(crate) struct Facts {
    equal: usize,
    differences: Vec<Difference>,
}

impl Facts {
    pub(crate) fn note(
        &mut self,
        what: impl Into<String>,
        official: impl ToString,
        ours: impl ToString,
    ) {
        let (official, ours) = (official.to_string(), ours.to_string());
        if official == ours {
            self.equal += 1;
        } else {
            self.differences.push(Difference {
                what: what.into(),
                official,
                ours,
            });
        }
    }

    /// Notes whether both have something.
    pub(crate) fn presence(&mut self, what: &str, official: bool, ours: bool) {
        let word = |there| if there { "present" } else { "absent" };
        self.note(what, word(official), word(ours));
    }

    /// Notes what only one of two objects has, and goes through what both have.
    pub(crate) fn each(
        &mut self,
        what: impl Fn(&str) -> String,
        official: &Map<String, Value>,
        ours: &Map<String, Value>,
        mut visit: impl FnMut(&mut Self, &str, &Value, &Value),
    ) {
        let names: BTreeSet<_> = official.keys().chain(ours.keys()).collect();
        for name in names {
            let pair = (official.get(name), ours.get(name));
            self.presence(&what(name), pair.0.is_some(), pair.1.is_some());
            if let (Some(official), Some(ours)) = pair {
                visit(self, name, official, ours);
            }
        }
    }
}

pub(crate) fn compare(official: &Description, ours: &Description) -> Comparison {
    let keys: BTreeSet<_> = official
        .operations
        .keys()
        .chain(ours.operations.keys())
        .collect();
    let operations = keys.into_iter().map(|key| {
        let (official, ours) = (official.operations.get(key), ours.operations.get(key));
        let mut facts = Facts::default();
        facts.presence("operation", official.is_some(), ours.is_some());
        if let (Some(official), Some(ours)) = (official, ours) {
            operation(&mut facts, official, ours);
        }
        let id = ours.and_then(|ours| ours.object["operationId"].as_str());
        Compared {
            name: id.unwrap_or(key).to_owned(),
            ours: ours.is_some(),
            declared: official.map(|official| official.statuses().cloned().collect()),
            equal: facts.equal,
            differences: facts.differences,
        }
    });
    Comparison {
        description: official.name.clone(),
        operations: operations.collect(),
    }
}

fn operation(facts: &mut Facts, official: &Operation, ours: &Operation) {
    facts.note("security", &official.security, &ours.security);
    let (official, ours) = (&official.object, &ours.object);
    facts.each(
        str::to_owned,
        &parameters(official),
        &parameters(ours),
        |facts, name, official, ours| {
            required(facts, name, official, ours);
            schema::compare(facts, name, &official["schema"], &ours["schema"]);
        },
    );
    let bodies = (&official["requestBody"], &ours["requestBody"]);
    facts.presence("body", bodies.0.is_object(), bodies.1.is_object());
    if bodies.0.is_object() && bodies.1.is_object() {
        required(facts, "body", bodies.0, bodies.1);
        content(facts, "body", bodies.0, bodies.1);
    }
    facts.each(
        |status| format!("status {status}"),
        &object(&official["responses"]),
        &object(&ours["responses"]),
        content,
    );
}

/// By their place and name, such as `path client_id`.
fn parameters(operation: &Value) -> Map<String, Value> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    let named = all.map(|parameter| {
        let word = |key: &str| parameter[key].as_str().unwrap_or_default();
        (
            format!("{} {}", word("in"), word("name")),
            parameter.clone(),
        )
    });
    named.collect()
}

fn required(facts: &mut Facts, what: &str, official: &Value, ours: &Value) {
    let word = |value: &Value| match value["required"] {
        Value::Bool(true) => "yes",
        _ => "no",
    };
    facts.note(format!("{what} required"), word(official), word(ours));
}

/// Media types, and what is in them.
fn content(facts: &mut Facts, what: &str, official: &Value, ours: &Value) {
    facts.each(
        |media| format!("{what} {media}"),
        &object(&official["content"]),
        &object(&ours["content"]),
        |facts, _, official, ours| {
            schema::compare(facts, what, &official["schema"], &ours["schema"]);
        },
    );
}

/// An object, which is empty if there is none.
pub(crate) fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::conformance::descriptions;

    const OFFICIAL: &str = r##"
paths:
  /credentials/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: string}}
    post:
      requestBody:
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Body"}
      responses:
        "200": {$ref: "#/components/responses/Done"}
        "204": {description: Nothing.}
components:
  schemas:
    Body:
      type: object
      properties:
        list: {type: array, items: {type: string}}
        map: {type: object, properties: {a: {type: string, enum: [x, y]}}}
        user: {nullable: true, allOf: [{type: object, properties: {id: {type: integer}}}]}
      required: [list]
  responses:
    Done: {description: Done., content: {application/json: {schema: {type: string}}}}
"##;

    /// What is found after a change of the official description.
    fn differences(from: &str, to: &str) -> Vec<String> {
        assert!(OFFICIAL.contains(from));
        let official = descriptions::ours(OFFICIAL).unwrap();
        let ours = descriptions::ours(&OFFICIAL.replace(from, to)).unwrap();
        let compared = super::compare(&official, &ours).operations;
        let found = compared.iter().flat_map(|operation| &operation.differences);
        found
            .map(|d| format!("{}: {} -> {}", d.what, d.official, d.ours))
            .collect()
    }

    #[test]
    fn every_fact_is_compared() {
        for (from, to, found) in [
            ("string", "string", &[][..]),
            (
                "/credentials/{id}",
                "/elsewhere",
                &["operation: present -> absent"],
            ),
            (
                "post:",
                "put:",
                &[
                    "operation: present -> absent",
                    "operation: absent -> present",
                ],
            ),
            (
                "name: id",
                "name: no",
                &["path id: present -> absent", "path no: absent -> present"],
            ),
            (
                "required: true",
                "required: false",
                &["path id required: yes -> no"],
            ),
            ("requestBody", "no", &["body: present -> absent"]),
            (
                "post:",
                "post:\n      security: [{key: []}]",
                &["security: none -> key"],
            ),
            (
                "required: [list]",
                "required: []",
                &["body.list required: yes -> no"],
            ),
            (
                "items: {type: string}",
                "items: {type: integer}",
                &["body.list[] type: string -> integer"],
            ),
            (
                "list: {",
                "lost: {",
                &[
                    "body.list: present -> absent",
                    "body.lost: absent -> present",
                ],
            ),
            (
                "integer",
                "integer, format: int64",
                &["body.user.id format: none -> int64"],
            ),
            ("{nullable: true, ", "{", &["body.user nullable: yes -> no"]),
            (
                "properties: {a: {type: string, enum: [x, y]}}",
                "additionalProperties: {type: string}",
                &[
                    "body.map{}: absent -> present",
                    "body.map.a enum: x/y -> none",
                ],
            ),
            (
                "\"204\"",
                "\"205\"",
                &[
                    "status 204: present -> absent",
                    "status 205: absent -> present",
                ],
            ),
            (
                "Done., content: {application/json",
                "Done., content: {text/plain",
                &[
                    "200 application/json: present -> absent",
                    "200 text/plain: absent -> present",
                ],
            ),
            (
                "schema: {type: string}}}}",
                "schema: {type: object}}}}",
                &["200 type: string -> object"],
            ),
        ] {
            assert_eq!(differences(from, to), found, "{from} -> {to}");
        }
    }
}
