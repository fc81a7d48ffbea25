//! Finds what progenitor cannot digest, and no rule of the lint knows.
//!
//! progenitor stops at the first such thing, and does not say where it stands. So each operation
//! and each schema is tried by itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::adapt::Problem;
use crate::names::pascal;
use crate::prepare::{METHODS, Part, components_of, schemas_in};
use crate::progenitor;
use crate::report::{Finding, Severity};
use crate::spec::Spec;
use crate::tree::escaped;

/// A finding for each part of the generation copy that fails by itself. `words` are progenitor's
/// about the whole.
pub(crate) fn find(spec: &Spec, copy: &Value, words: &str) -> Vec<Finding> {
    let schemas = copy
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    let empty = Map::new();
    let schemas = schemas.unwrap_or(&empty);
    let alone = |paths: Value, roots: Vec<String>| {
        progenitor::run(json!({
            "openapi": "3.0.3",
            "info": {"title": "", "version": ""},
            "paths": paths,
            "components": {"schemas": closure(schemas, roots)},
        }))
    };
    let finding = |pointer: String, words: &str| {
        let message = format!("the generator does not support this: {words}");
        let finding = spec.find(&pointer, Severity::Error, "unsupported", message);
        finding.with_help("describe it in a simpler way, or leave it out")
    };
    let mut findings = Vec::new();

    let bad: BTreeMap<&String, String> = schemas
        .keys()
        .filter_map(|name| Some((name, alone(json!({}), vec![name.clone()]).err()?)))
        .collect();
    let blame = |name: &String, words: &str| {
        let pointer = format!("/components/schemas/{}", escaped(name));
        // The document may not have it under this name, or not in these operations.
        let users = operations(copy).filter(|(_, operation)| {
            let roots = components_of(operation, Part::Operation);
            closure(schemas, roots).contains_key(name)
        });
        let users = users.map(|((path, method), _)| (path.clone(), method));
        finding(pointer, words).with_operations(users.collect())
    };
    for (name, words) in &bad {
        // A schema fails with each one that it refers to, and that one is the culprit.
        let mut others = components_of(&schemas[*name], Part::Schema).into_iter();
        if !others.any(|other| other != **name && bad.contains_key(&other)) {
            findings.push(blame(name, words));
        }
    }
    // Those that only fail with each other are culprits together.
    if findings.is_empty()
        && let Some((name, words)) = bad.first_key_value()
    {
        findings.push(blame(name, words));
    }
    for ((path, method), operation) in operations(copy) {
        let roots = components_of(operation, Part::Operation);
        if roots.iter().any(|name| bad.contains_key(name)) {
            continue;
        }
        if let Err(words) = alone(json!({path: {method: operation}}), roots) {
            let pointer = format!("/paths/{}/{method}", escaped(path));
            findings.push(finding(pointer, &words));
        }
    }
    if findings.is_empty() {
        findings.push(unknown(spec, words));
    }
    findings
}

/// A finding for each type that is not as described, at the schema or the operation that it is named after. Any JSON
/// value prints, so no secret is read as one.
pub(crate) fn types(spec: &Spec, copy: &Value, problems: &[Problem]) -> Vec<Finding> {
    let empty = Map::new();
    let schemas = copy.pointer("/components/schemas");
    let schemas = schemas.and_then(Value::as_object).unwrap_or(&empty);
    let operations = operations(copy).filter_map(|((path, method), operation)| {
        let id = operation.get("operationId")?.as_str()?;
        let pointer = format!("/paths/{}/{method}", escaped(path));
        Some((pascal(id), pointer, operation))
    });
    let operations: Vec<_> = operations.collect();
    let find = |problem: &Problem| {
        let names = schemas.keys();
        let names = names.filter(|name| problem.name.starts_with(&pascal(name)));
        let name = names.max_by_key(|name| name.len());
        let operation = operations.iter();
        let operation = operation.filter(|(id, ..)| problem.name.starts_with(id));
        let operation = operation.max_by_key(|(id, ..)| id.len());
        let operation = operation.filter(|(id, ..)| name.is_none_or(|name| name.len() < id.len()));
        let name = name.filter(|_| operation.is_none());
        let place = name.map(|name| {
            let rest = &problem.name[pascal(name).len()..];
            let pointer = format!("/components/schemas/{}", escaped(name));
            property(&schemas[name], rest, pointer)
        });
        let (pointer, part, described) = match (place, operation) {
            (Some((pointer, schema)), _) => (pointer, Part::Schema, schema),
            (None, Some((_, pointer, operation))) => (pointer.clone(), Part::Operation, *operation),
            (None, None) => (String::new(), Part::Document, copy),
        };
        let mut has_secret = false;
        let mut look = |schema: &Map<String, Value>| {
            has_secret |= schema.get("format") == Some(&json!("password"));
        };
        schemas_in(described, part, &mut look);
        let used = closure(schemas, components_of(described, part));
        let used = used.values();
        used.for_each(|schema| schemas_in(schema, Part::Schema, &mut look));
        match problem.is_mended {
            true => {
                let help = "its parts exclude each other: leave out one of them";
                let code = "schema-contradiction";
                let severity = match has_secret {
                    true => Severity::Error,
                    false => Severity::Warning,
                };
                let finding = spec.find(&pointer, severity, code, &problem.words);
                finding.with_help(help)
            }
            false => spec.find(&pointer, Severity::Error, "unsupported", &problem.words),
        }
    };
    problems.iter().map(find).collect()
}

/// What is said of parts and alternatives that nobody could look at to the end.
pub(crate) fn shown(spec: &Spec, pointer: &str) -> Finding {
    let message = "there is more in these parts and alternatives than the generator looks at: what one of \
                   them makes a secret, another one may print";
    let finding = spec.find(pointer, Severity::Warning, "secret-shown", message);
    finding.with_help("write `format: password` in each of them")
}

/// The property of a schema, or of a property in it, that a type is named after.
fn property<'a>(schema: &'a Value, name: &str, pointer: String) -> (String, &'a Value) {
    let properties = schema.get("properties").and_then(Value::as_object);
    let named = properties.into_iter().flatten();
    let named = named.filter(|(property, _)| name.starts_with(&pascal(property)));
    match named.max_by_key(|(property, _)| property.len()) {
        Some((found, schema)) => {
            let pointer = format!("{pointer}/properties/{}", escaped(found));
            property(schema, &name[pascal(found).len()..], pointer)
        }
        None => (pointer, schema),
    }
}

/// The operations of a document, by path and method.
fn operations(copy: &Value) -> impl Iterator<Item = ((&String, &'static str), &Value)> {
    let paths = copy.get("paths").and_then(Value::as_object);
    paths.into_iter().flatten().flat_map(|(path, item)| {
        let methods = METHODS.into_iter();
        methods.filter_map(move |method| Some(((path, method), item.get(method)?)))
    })
}

/// What cannot be traced to a part of the spec.
pub(crate) fn unknown(spec: &Spec, words: &str) -> Finding {
    let message = format!("the generator does not support something in this spec: {words}");
    spec.find("", Severity::Error, "unsupported", message)
}

/// The schemas that these names stand for, and those that they refer to.
fn closure(schemas: &Map<String, Value>, mut next: Vec<String>) -> Map<String, Value> {
    let mut found = Map::new();
    while let Some(name) = next.pop() {
        if let Some(schema) = schemas.get(&name)
            && !found.contains_key(&name)
        {
            next.extend(components_of(schema, Part::Schema));
            found.insert(name, schema.clone());
        }
    }
    found
}
