//! The crates that are published, as cargo describes them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::ci::cargo;

pub(crate) struct Published {
    /// The whole answer of `cargo metadata`.
    pub(crate) metadata: Value,
    pub(crate) crates: Vec<Value>,
}

impl Published {
    pub(crate) fn of(root: &Path) -> Result<Self> {
        let arguments = [
            "metadata",
            "--all-features",
            "--format-version=1",
            "--locked",
        ];
        let metadata: Value = serde_json::from_str(&cargo(root, &arguments)?)?;
        let members = list(&metadata["workspace_members"]);
        let crates: Vec<_> = list(&metadata["packages"])
            .iter()
            // An empty list is `publish = false`.
            .filter(|package| members.contains(&package["id"]) && package["publish"].is_null())
            .cloned()
            .collect();
        ensure!(!crates.is_empty(), "no crate is published");
        Ok(Self { metadata, crates })
    }

    pub(crate) fn target(&self) -> Result<PathBuf> {
        text(&self.metadata["target_directory"]).map(PathBuf::from)
    }
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn text(value: &Value) -> Result<&str> {
    value.as_str().context("cargo metadata has another form")
}

/// Such as `tokenturn-vault-0.1.0`.
pub(crate) fn name_and_version(package: &Value) -> Result<String> {
    let (name, version) = (text(&package["name"])?, text(&package["version"])?);
    Ok(format!("{name}-{version}"))
}
