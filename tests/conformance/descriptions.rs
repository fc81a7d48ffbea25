//! GitHub's own descriptions, as `cargo xtask conformance` has cut them down.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tokenturn::{GitHub, TransportBuilder};

/// Our operations, and where they are.
pub const OPERATIONS: [(&str, &str, &str); 6] = [
    ("check_token", "post", "/applications/{client_id}/token"),
    ("reset_token", "patch", "/applications/{client_id}/token"),
    ("delete_token", "delete", "/applications/{client_id}/token"),
    (
        "delete_authorization",
        "delete",
        "/applications/{client_id}/grant",
    ),
    (
        "scope_token",
        "post",
        "/applications/{client_id}/token/scoped",
    ),
    ("revoke_credentials", "post", "/credentials/revoke"),
];

pub struct Description {
    /// `ghes-X.Y` or `api.github.com`.
    pub name: String,
    document: Value,
}

/// An answer that a description has.
pub struct Declared {
    pub status: String,
    /// Its name and its body, where there is an example.
    pub example: Option<(String, Value)>,
}

impl Description {
    pub fn all(folder: &Path) -> Vec<Self> {
        let files = fs::read_dir(folder.join("descriptions")).unwrap();
        let mut all: Vec<_> = files
            .map(|file| {
                let path = file.unwrap().path();
                let text = fs::read(&path).unwrap();
                Self {
                    name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
                    document: serde_json::from_slice(&text).unwrap(),
                }
            })
            .collect();
        assert!(!all.is_empty(), "there is no description");
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// Those of our operations that it has.
    pub fn operations(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        OPERATIONS.iter().filter_map(|(operation, method, path)| {
            Some((*operation, self.document["paths"].get(path)?.get(method)?))
        })
    }

    pub fn declares(&self, operation: &str, status: &str) -> bool {
        self.operations()
            .any(|(name, object)| name == operation && object["responses"].get(status).is_some())
    }

    /// A client for this server that talks to `base_url`.
    pub fn client(
        &self,
        base_url: &str,
        client_id: &str,
        client_secret: &str,
        set_up: impl FnOnce(TransportBuilder) -> TransportBuilder,
    ) -> GitHub {
        let mut builder = GitHub::builder(client_id, client_secret);
        if let Some(version) = self.name.strip_prefix("ghes-") {
            builder = builder.enterprise_server("ghe.example.com", version);
        }
        builder
            .base_url(base_url)
            .transport(set_up)
            .build()
            .unwrap()
    }
}

/// Every answer to an operation, and every example of it.
pub fn declared(operation: &Value) -> Vec<Declared> {
    let mut all = Vec::new();
    for (status, response) in operation["responses"].as_object().unwrap() {
        let examples = response.pointer("/content/application~1json/examples");
        let examples: Vec<_> = examples
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, example)| Some((name.clone(), example["value"].clone())))
            .collect();
        let examples = if examples.is_empty() {
            vec![None]
        } else {
            examples
        };
        all.extend(examples.into_iter().map(|example| Declared {
            status: status.clone(),
            example,
        }));
    }
    all
}
