//! OpenAPI documents, cut down to the family and without references.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::tools::Tools;

/// Where the calls of the family are, the older ones with a token in the path among them.
const FAMILY: [&str; 2] = ["/applications/{client_id}/", "/credentials/"];

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Packages of the official descriptions. The newest one has no old servers.
const LATEST: &str = "@octokit/openapi";
const OLD: [(&str, &str); 2] = [
    ("@octokit/openapi-2", "ghes-2.20"),
    ("@octokit/openapi-10", "ghes-3.4"),
];

pub(crate) struct Description {
    pub(crate) name: String,
    /// By method and path, such as `PATCH /applications/{client_id}/token`.
    pub(crate) operations: BTreeMap<String, Operation>,
}

pub(crate) struct Operation {
    /// The operation object, with the parameters of its path.
    pub(crate) object: Value,
    /// How a call has to prove who makes it, as far as the document says.
    pub(crate) security: String,
}

impl Operation {
    /// The statuses that the description declares.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = &String> {
        self.object["responses"]
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
    }
}

impl Description {
    fn new(name: &str, document: &Value) -> Self {
        let mut operations = BTreeMap::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            if !FAMILY.iter().any(|prefix| path.starts_with(prefix)) {
                continue;
            }
            for method in METHODS {
                if let Some(operation) = item.get(method) {
                    let key = format!("{} {path}", method.to_uppercase());
                    operations.insert(key, Operation::new(document, item, operation));
                }
            }
        }
        Self {
            name: name.to_owned(),
            operations,
        }
    }

    /// Writes it for Prism.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let mut paths: Map<String, Value> = Map::new();
        for (key, operation) in &self.operations {
            let (method, path) = key.split_once(' ').unwrap_or_default();
            let item = paths.entry(path).or_insert_with(|| json!({}));
            item[method.to_lowercase()] = operation.object.clone();
            prepare(&mut item[method.to_lowercase()], accepted(&self.name));
        }
        let document = json!({
            "openapi": "3.0.3",
            "info": {"title": self.name, "version": "1"},
            "paths": paths,
        });
        let path = folder.join(format!("{}.json", self.name));
        fs::write(&path, document.to_string())
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

impl Operation {
    fn new(document: &Value, item: &Value, operation: &Value) -> Self {
        let mut object = inlined(document, operation);
        let shared = item["parameters"].as_array().into_iter().flatten();
        let own = operation["parameters"].as_array().into_iter().flatten();
        let parameters = shared.chain(own).map(|p| inlined(document, p));
        object["parameters"] = parameters.collect();
        Self {
            object,
            security: security(document, operation),
        }
    }
}

/// The media type that GitHub's docs tell a client to accept.
fn accepted(name: &str) -> &'static str {
    match name {
        "ghes-2.20" => "application/vnd.github.doctor-strange-preview+json",
        _ => "application/vnd.github+json",
    }
}

/// Makes a description fit for Prism, which takes it at its word.
///
/// An operation can answer in a media type as it does in JSON: GitHub's descriptions do not know the
/// media types of GitHub's docs. The example of a 202 is left out, which is null where an object has
/// to be.
fn prepare(operation: &mut Value, media: &str) {
    let responses = operation["responses"].as_object_mut();
    for response in responses.into_iter().flat_map(Map::values_mut) {
        let Some(json) = response.pointer_mut("/content/application~1json") else {
            continue;
        };
        if let Some(examples) = json["examples"].as_object_mut() {
            examples.retain(|_, example| !example["value"].is_null());
        }
        let json = json.clone();
        response["content"][media] = json;
    }
}

/// A copy in which everything stands where it was referred to.
fn inlined(document: &Value, value: &Value) -> Value {
    match value {
        Value::Object(object) => match object.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let target = document.pointer(reference.trim_start_matches('#'));
                target.map_or(Value::Null, |target| inlined(document, target))
            }
            None => object
                .iter()
                .map(|(key, value)| (key.clone(), inlined(document, value)))
                .collect(),
        },
        Value::Array(values) => values.iter().map(|v| inlined(document, v)).collect(),
        _ => value.clone(),
    }
}

fn security(document: &Value, operation: &Value) -> String {
    let required = operation.get("security").or(document.get("security"));
    let names = required
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flat_map(Map::keys);
    let schemes: Vec<_> = names
        .map(|name| {
            let scheme = &document["components"]["securitySchemes"][name];
            scheme["scheme"].as_str().unwrap_or(name).to_owned()
        })
        .collect();
    match schemes[..] {
        [] => "none".into(),
        _ => schemes.join("/"),
    }
}

/// What `specs/` says.
pub(crate) fn ours(yaml: &str) -> Result<Description> {
    let document: Value = serde_norway::from_str(yaml)?;
    Ok(Description::new("ours", &document))
}

/// Every official description that is looked at, from old to new.
pub(crate) fn official(tools: &Tools) -> Result<Vec<Description>> {
    let newest = newest_server(tools)?;
    let mut wanted = OLD.to_vec();
    wanted.extend([(LATEST, newest.as_str()), (LATEST, "api.github.com")]);
    let descriptions = wanted.iter().map(|(package, name)| {
        let path = tools.package(&format!("{package}/generated/{name}.json"));
        let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let document = serde_json::from_slice(&text)
            .with_context(|| format!("{} is not JSON", path.display()))?;
        Ok(Description::new(name, &document))
    });
    descriptions.collect()
}

/// The newest Enterprise Server in the newest package, such as `ghes-3.19`.
fn newest_server(tools: &Tools) -> Result<String> {
    let folder = tools.package(&format!("{LATEST}/generated"));
    let mut newest = None;
    for entry in fs::read_dir(&folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let version = name
            .strip_prefix("ghes-")
            .and_then(|rest| rest.strip_suffix(".json"))
            .and_then(|version| version.split_once('.'));
        if let Some((major, minor)) = version
            && let (Ok(major), Ok(minor)) = (major.parse::<u32>(), minor.parse::<u32>())
        {
            newest = newest.max(Some((major, minor)));
        }
    }
    let (major, minor) = newest.context("there is no description of a server")?;
    Ok(format!("ghes-{major}.{minor}"))
}
