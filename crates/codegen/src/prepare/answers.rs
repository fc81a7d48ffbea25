//! What a call may be answered with.
//!
//! progenitor knows one type of success and one of failure for each operation, and panics where
//! there are more. It gets to see one success at most; the rest is generated here.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::body::essence;
use super::operations_mut;
use super::references::add_schemas;
use crate::names::{Status, lengthened, pascal};

/// One declared answer.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: Status,
    pub(crate) description: String,
    pub(crate) media: Option<String>,
    /// What a body of JSON is made of.
    pub(crate) schema: Option<Value>,
    pub(crate) examples: Vec<Value>,
}

/// The successes of an operation, as its caller sees them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Success {
    /// One type, which progenitor names.
    Typed,
    /// Nothing that would be decoded.
    Empty,
    /// An enum with a variant for each status.
    Several,
}

/// All that an operation may be answered with, in the order of the spec.
pub(crate) struct Answers {
    pub(crate) successes: Vec<Answer>,
    pub(crate) failures: Vec<Answer>,
}

impl Answers {
    pub(crate) fn read(operation: &Map<String, Value>) -> Self {
        let responses = operation.get("responses").and_then(Value::as_object);
        let all = responses.into_iter().flatten();
        let all = all.filter_map(|(key, response)| answer(Status::parse(key)?, response));
        let (mut successes, failures): (Vec<_>, Vec<_>) =
            all.partition(|answer| answer.status.is_success());
        // Where no success is declared, `default` stands for both.
        let default = failures
            .iter()
            .find(|answer| answer.status == Status::Default);
        if let Some(default) = default.filter(|_| successes.is_empty()) {
            successes.push(Answer {
                status: Status::Range(2),
                ..default.clone()
            });
        }
        let mut answers = Self {
            successes,
            failures,
        };
        // Of a range with a body, this one has none. An enum has room to say so.
        if answers.success() == Success::Several && answers.bodiless().contains(&204) {
            answers.successes.push(Answer {
                status: Status::Code(204),
                description: "Without a body.".into(),
                media: None,
                schema: None,
                examples: Vec::new(),
            });
        }
        answers
    }

    /// The successes that have no body where a range says that there is one.
    pub(crate) fn bodiless(&self) -> Vec<u16> {
        let is_range = |answer: &Answer| answer.status == Status::Range(2);
        let mut answers = self.successes.iter();
        if !answers.any(|answer| is_range(answer) && answer.schema.is_some()) {
            return Vec::new();
        }
        let is_declared = |code| {
            let mut answers = self.successes.iter();
            answers.any(|answer| answer.status == Status::Code(code))
        };
        let empty = (200..300).filter(|code| Status::Code(*code).is_empty());
        empty.filter(|code| !is_declared(*code)).collect()
    }

    pub(crate) fn success(&self) -> Success {
        let mut schemas = self.successes.iter().map(|answer| &answer.schema);
        let first = schemas.next().unwrap_or(&None);
        if schemas.any(|schema| schema != first) {
            Success::Several
        } else if first.is_some() {
            Success::Typed
        } else {
            Success::Empty
        }
    }
}

fn answer(status: Status, response: &Value) -> Option<Answer> {
    let text = |key: &str| response.get(key).and_then(Value::as_str);
    let content = response.get("content").and_then(Value::as_object);
    let (media, body) = content.and_then(|content| content.iter().next()).unzip();
    let is_json = media.is_some_and(|media| is_json(media));
    let body = body.filter(|_| is_json);
    Some(Answer {
        status,
        description: text("description").unwrap_or_default().trim().to_owned(),
        media: media.cloned(),
        schema: body.and_then(|body| body.get("schema")).cloned(),
        examples: body.map(examples).unwrap_or_default(),
    })
}

/// The examples of a body.
pub(crate) fn examples(body: &Value) -> Vec<Value> {
    let several = body.get("examples").and_then(Value::as_object);
    let several = several.into_iter().flatten();
    let several = several.filter_map(|(_, example)| example.get("value"));
    body.get("example")
        .into_iter()
        .chain(several)
        .cloned()
        .collect()
}

/// `application/json`, or something built on it.
pub(crate) fn is_json(media: &str) -> bool {
    let media = essence(media).to_ascii_lowercase();
    ["application/json", "text/json", "application/x-json"].contains(&&*media)
        || media.ends_with("+json")
}

/// The media type of an answer that is decoded, if there is one: plain JSON, or else the first that is
/// built on it.
pub(crate) fn decoded(content: &Map<String, Value>) -> Option<&str> {
    let plain = content
        .keys()
        .find(|key| essence(key).eq_ignore_ascii_case("application/json"));
    let json = plain.or_else(|| content.keys().find(|key| is_json(key)));
    json.map(String::as_str)
}

/// Takes out what is said of bodies that cannot be there: those of answers to HEAD, and of some
/// statuses.
pub(super) fn empty(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let items = paths.into_iter().flat_map(Map::values_mut);
    let items = items.filter_map(Value::as_object_mut).flatten();
    for (method, operation) in items {
        let responses = operation.get_mut("responses");
        let responses = responses.and_then(Value::as_object_mut);
        for (key, response) in responses.into_iter().flatten() {
            let is_empty = Status::parse(key).is_some_and(Status::is_empty);
            if let Some(response) = response.as_object_mut()
                && (is_empty || method == "head")
            {
                response.shift_remove("content");
            }
        }
    }
}

/// Leaves one media type of each answer: the first JSON, or else the first.
pub(super) fn choose(operation: &mut Map<String, Value>) {
    let responses = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut);
    for response in responses.into_iter().flat_map(Map::values_mut) {
        let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else {
            continue;
        };
        let json = decoded(content).map(str::to_owned);
        if let Some(chosen) = json.or_else(|| content.keys().next().cloned()) {
            content.retain(|key, _| *key == chosen);
            // Nothing is made of what is not decoded.
            if let Some(body) = content.get_mut(&chosen).and_then(Value::as_object_mut)
                && !is_json(&chosen)
            {
                body.shift_remove("schema");
            }
        }
    }
}

/// Gives a name to the schemas that stand for variants of an enum: those of failures, and of
/// successes that differ.
pub(super) fn name(document: &mut Value) {
    let schemas = document
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    let taken = schemas
        .into_iter()
        .flat_map(Map::keys)
        .map(|name| pascal(name));
    let taken: HashSet<String> = taken.collect();
    let mut named: Vec<(String, Value)> = Vec::new();
    for (_, operation) in operations_mut(document) {
        let id = operation.get("operationId").and_then(Value::as_str);
        let id = pascal(id.unwrap_or_default());
        let answers = Answers::read(operation);
        let several = answers.success() == Success::Several;
        let responses = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        for (key, response) in responses.into_iter().flatten() {
            let Some(status) = Status::parse(key) else {
                continue;
            };
            let content = response.get_mut("content").and_then(Value::as_object_mut);
            let json = content.into_iter().flatten().find(|(key, _)| is_json(key));
            let schema = json.and_then(|(_, body)| body.get_mut("schema"));
            let Some(schema) = schema.filter(|schema| schema.get("$ref").is_none()) else {
                continue;
            };
            let only_default = status == Status::Default && answers.successes.len() == 1;
            if !status.is_success() || several || only_default {
                let name = format!("{id}{}", status.variant());
                let name = lengthened(name, "Body", |name| !taken.contains(name));
                let reference = json!({"$ref": format!("#/components/schemas/{name}")});
                named.push((name, std::mem::replace(schema, reference)));
            }
        }
    }
    add_schemas(document, named);
}

/// Leaves what progenitor needs to know: the one type of success, or that there is none.
pub(super) fn reduce(operation: &mut Map<String, Value>) {
    let answers = Answers::read(operation);
    let mut response = json!({"description": ""});
    if let (Success::Typed, [answer, ..]) = (answers.success(), &answers.successes[..]) {
        response["content"] = json!({"application/json": {"schema": answer.schema}});
    }
    operation.insert("responses".into(), json!({"2XX": response}));
}
