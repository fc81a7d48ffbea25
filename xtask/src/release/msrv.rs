//! Whether a published crate needs a newer Rust than it says, as far as its dependencies say so. Clippy
//! looks at its own code (`incompatible_msrv`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::published::{Published, list, name_and_version, text};

pub(crate) fn run(root: &Path) -> Result<()> {
    let published = Published::of(root)?;
    let nodes = by_id(&published.metadata["resolve"]["nodes"])?;
    let packages = by_id(&published.metadata["packages"])?;
    let mut too_new = Vec::new();
    for package in &published.crates {
        let own = rust_version(package)?.context("a published crate has no rust-version")?;
        for id in reachable(text(&package["id"])?, &nodes)? {
            let dependency = packages[id];
            if rust_version(dependency)?.is_some_and(|needed| needed > own) {
                let needed = text(&dependency["rust_version"])?;
                let (user, used) = (text(&package["name"])?, name_and_version(dependency)?);
                too_new.push(format!("{user}: {used} needs Rust {needed}"));
            }
        }
    }
    ensure!(too_new.is_empty(), "{}", too_new.join("\n"));
    Ok(())
}

/// Whatever a build of it needs, on any platform.
fn reachable<'a>(package: &'a str, nodes: &BTreeMap<&str, &'a Value>) -> Result<BTreeSet<&'a str>> {
    let mut found = BTreeSet::from([package]);
    let mut open = vec![package];
    while let Some(id) = open.pop() {
        for dependency in list(&nodes[id]["deps"]) {
            let kinds = list(&dependency["dep_kinds"]);
            let id = text(&dependency["pkg"])?;
            if kinds.iter().any(|kind| kind["kind"] != "dev") && found.insert(id) {
                open.push(id);
            }
        }
    }
    Ok(found)
}

fn by_id(values: &Value) -> Result<BTreeMap<&str, &Value>> {
    let mut found = BTreeMap::new();
    for value in list(values) {
        found.insert(text(&value["id"])?, value);
    }
    Ok(found)
}

fn rust_version(package: &Value) -> Result<Option<Vec<u32>>> {
    let Some(version) = package["rust_version"].as_str() else {
        return Ok(None);
    };
    let mut numbers = version
        .split('.')
        .map(str::parse)
        .collect::<Result<Vec<u32>, _>>()?;
    numbers.resize(3, 0);
    Ok(Some(numbers))
}
