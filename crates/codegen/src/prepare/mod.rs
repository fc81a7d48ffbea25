//! The generation copy: the spec in the shape that the rest of the generator reads.
//!
//! Here is handled what progenitor cannot digest and what can be handled rightly. What cannot, the
//! lint has refused before.

mod answers;
mod body;
mod choices;
mod converted;
mod inherited;
mod integers;
mod multipart;
mod nullable;
mod parameters;
mod plain;
mod references;
mod schemas;
mod sent;
mod styled;
mod united;
mod walk;

use serde_json::{Map, Value, json};

use crate::choices::Choice;
use crate::ids;

pub(crate) use answers::{Answer, Answers, Success, decoded, examples, is_json};
pub(crate) use body::{
    CONTENT_TYPE, FORM, Writing, best, content_type, essence, is_ignored_in, is_media_type,
};
pub(crate) use choices::{MARK, of_plain as choice_of};
pub(crate) use converted::is_secret;
pub(crate) use multipart::{FILE, is_file};
pub(crate) use parameters::{ARGUMENT, argument, arguments, holds_cookies, is_ignored};
pub(crate) use references::resolve;
pub(crate) use schemas::components as components_of;
pub(crate) use sent::{MAY_BE_NULL, is_held};
pub(crate) use styled::{Styled, is_object, is_style, meant, styled, usual_style};
pub(crate) use walk::{Part, schemas as schemas_in, schemas_mut};

/// The operations of one path item: its other keys are not HTTP methods.
pub(crate) const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// A copy in which every operation stands for itself.
pub(crate) struct Prepared {
    pub(crate) copy: Value,
    /// The choices that are marked in it.
    pub(crate) choices: Vec<Choice>,
    /// A pointer to where there was too much to look at, so that a secret might print.
    pub(crate) shown: Option<String>,
}

/// Makes the copy. `moves` names the inline schemas that become components.
pub(crate) fn prepare(document: &Value, moves: &[(String, String)]) -> Prepared {
    let mut copy = document.clone();
    // In its words it is written, whatever it was before.
    copy["openapi"] = "3.0.3".into();
    references::move_schemas(&mut copy, moves);
    for ((path, method), id) in ids::missing(document) {
        copy["paths"][path][method]["operationId"] = id.into();
    }
    remove_pages(&mut copy);
    references::inline(&mut copy);
    walk::schemas_mut(&mut copy, Part::Document, &mut take_marks);
    walk::schemas_mut(&mut copy, Part::Document, &mut plain::schema);
    let shown = converted::reduce(&mut copy);
    answers::empty(&mut copy);
    for (path, operation) in operations_mut(&mut copy) {
        parameters::complete(path, operation);
        answers::choose(operation);
    }
    body::choose(&mut copy);
    multipart::mark(&mut copy);
    answers::name(&mut copy);
    schemas::prune(&mut copy);
    let choices = choices::mark(&mut copy);
    // What was a choice with a secret in it may be one now, and has no limits.
    let again = converted::reduce(&mut copy);
    // Of what is one object now, nobody needs the parts.
    schemas::prune(&mut copy);
    integers::widen(&mut copy);
    sent::directions(&mut copy);
    sent::defaults(&mut copy);
    schemas::loosen(&mut copy);
    united::unite(&mut copy);
    nullable::place(&mut copy);
    sent::absence(&mut copy);
    converted::name_bodies(&mut copy);
    styled::name_objects(&mut copy);
    Prepared {
        copy,
        choices,
        shown: shown.or(again),
    }
}

/// The copy of the copy that progenitor reads: of each operation, it sees one answer at most.
pub(crate) fn for_progenitor(original: &Value) -> Value {
    let mut copy = original.clone();
    for_machines(&mut copy);
    for (_, operation) in operations_mut(&mut copy) {
        styled::reduce(original, operation);
        answers::reduce(operation);
        body::reduce(operation);
        for key in ["tags", "externalDocs", "servers", "callbacks"] {
            operation.shift_remove(key);
        }
        // It would generate a stream, which needs a runtime of its own.
        operation.shift_remove("x-dropshot-pagination");
    }
    copy
}

/// Leaves out what only people read, and what progenitor would refuse it for.
fn for_machines(copy: &mut Value) {
    let text = |key: &str| copy["info"][key].as_str().unwrap_or_default().to_owned();
    let info = json!({
        "title": text("title"),
        "description": text("description"),
        "version": text("version"),
    });
    if let Some(document) = copy.as_object_mut() {
        document.retain(|key, _| ["openapi", "paths", "components"].contains(&key.as_str()));
        document.insert("info".into(), info);
    }
    // It knows fewer types of security schemes than there are.
    if let Some(components) = copy.get_mut("components").and_then(Value::as_object_mut) {
        components.retain(|section, _| section == "schemas");
    }
}

/// Takes out of descriptions what marks schemas here: nobody else's word is taken for one.
fn take_marks(schema: &mut Map<String, Value>) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        text.retain(|c| c != MARK && !MAY_BE_NULL.contains(c));
    }
}

/// Takes out what is no path, and the operations with `x-browser: true`: a person opens them, and no client
/// calls them.
fn remove_pages(document: &mut Value) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    paths.retain(|path, item| {
        if !path.starts_with('/') {
            return false;
        }
        let Some(item) = item.as_object_mut() else {
            return true;
        };
        item.retain(|_, operation| operation.get("x-browser") != Some(&Value::Bool(true)));
        METHODS.iter().any(|method| item.contains_key(*method))
    });
}

/// What references lead to, while the document is changed.
fn components(document: &Value) -> Value {
    json!({"components": document.get("components")})
}

/// Changes the paths of a document, and not what they refer to.
pub(crate) fn change_paths(document: &mut Value, change: impl FnOnce(&mut Value, &Value)) {
    if let Some(paths) = document.get_mut("paths").map(Value::take) {
        let mut apart = Value::Object([("paths".to_owned(), paths)].into_iter().collect());
        change(&mut apart, document);
        document["paths"] = apart["paths"].take();
    }
}

/// Every operation, with its path.
pub(crate) fn operations_mut(
    document: &mut Value,
) -> impl Iterator<Item = (&str, &mut Map<String, Value>)> {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    paths.into_iter().flatten().flat_map(|(path, item)| {
        let item = item.as_object_mut().into_iter().flatten();
        item.filter(|(method, _)| METHODS.contains(&method.as_str()))
            .filter_map(|(_, operation)| Some((path.as_str(), operation.as_object_mut()?)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_taken_out() {
        let page = json!({"operationId": "page", "x-browser": true});
        let call = json!({"operationId": "call"});
        let mut document = json!({"paths": {
            "/page": {"get": page, "parameters": []},
            "/both": {"get": page, "post": call},
            "/call": {"post": call},
        }});
        remove_pages(&mut document);
        let expected = json!({"paths": {"/both": {"post": call}, "/call": {"post": call}}});
        assert_eq!(document, expected);
    }
}
