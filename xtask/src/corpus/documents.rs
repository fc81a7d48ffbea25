//! The descriptions of the package, of which those count that were written as OpenAPI 3.0.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// A file of the package, whatever it holds.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    /// Its place in the package, without the ending.
    pub(crate) name: String,
    pub(crate) bytes: u64,
}

impl File {
    /// Who the description is of: the first folder, or the file beside the folders.
    pub(crate) fn provider(&self) -> &str {
        self.name.split('/').next().unwrap_or(&self.name)
    }

    /// The number of its operations, if it counts. Those that were converted say so in `x-origin`.
    pub(crate) fn operations(&self) -> Result<Option<usize>> {
        let text = fs::read(&self.path)?;
        let document: Value = serde_json::from_slice(&text)
            .with_context(|| format!("{} is not JSON", self.path.display()))?;
        let version = document["openapi"].as_str().unwrap_or_default();
        let is_native = document["info"]["x-origin"][0]["format"] == "openapi";
        Ok((version.starts_with("3.0.") && is_native).then(|| operations(&document)))
    }
}

fn operations(document: &Value) -> usize {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.map(|(_, path)| {
        let methods = METHODS.iter();
        methods.filter(|method| path.get(method).is_some()).count()
    });
    operations.sum()
}

/// Every file of the package, in the order of the names.
pub(crate) fn files(package: &Path) -> Result<Vec<File>> {
    let root = package.join("api");
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.metadata()?);
            if kind.is_dir() {
                folders.push(path);
            } else if let Some(name) = name(&root, &path) {
                let bytes = kind.len();
                files.push(File { path, name, bytes });
            }
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn name(root: &Path, file: &Path) -> Option<String> {
    let name = file.strip_prefix(root).ok()?.to_str()?;
    name.strip_suffix(".json")
        .map(|name| name.replace('\\', "/"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_counts_is_native() {
        let folder = tempfile::tempdir().unwrap();
        let api = folder.path().join("api/a.example");
        fs::create_dir_all(&api).unwrap();
        for (name, version, format) in [
            ("a.example/native", "3.0.1", "openapi"),
            ("a.example/swagger", "3.0.0", "swagger"),
            ("b.example", "3.1.0", "openapi"),
        ] {
            let document = json!({
                "openapi": version,
                "info": {"x-origin": [{"format": format}]},
                "paths": {"/": {"get": {}, "parameters": [], "post": {}}, "x-paths": 1},
            });
            let file = folder.path().join(format!("api/{name}.json"));
            fs::write(file, document.to_string()).unwrap();
        }
        let files = files(folder.path()).unwrap();
        let found: Vec<_> = files
            .iter()
            .map(|file| (file.provider(), file.operations().unwrap()))
            .collect();
        let expected = [
            ("a.example", Some(2)),
            ("a.example", None),
            ("b.example", None),
        ];
        assert_eq!(found, expected);
    }
}
