//! The tarballs that users get: each is built from what is in it, and looked into.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::published::{Published, list, name_and_version, text};
use super::tool::succeed;

/// What lies in a tarball beside the folder `src` and texts.
const BELONGS: [&str; 8] = [
    ".cargo-ok",
    ".cargo_vcs_info.json",
    "Cargo.lock",
    "Cargo.toml",
    "Cargo.toml.orig",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "src",
];

pub(crate) fn run(root: &Path) -> Result<()> {
    let published = Published::of(root)?;
    let target = published.target()?;
    let mut package = Command::new(env!("CARGO"));
    package
        .args(["package", "--locked", "--quiet"])
        // What is tried before it is committed counts as well; `cargo publish` is strict.
        .arg("--allow-dirty")
        .current_dir(root)
        // The crates share what they build of others, and so does the workspace.
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
    for one in &published.crates {
        package.args(["--package", text(&one["name"])?]);
    }
    succeed(package)?;
    println!("{:28} files   bytes compressed", "tarball");
    for one in &published.crates {
        let name = name_and_version(one)?;
        let folder = target.join("package").join(&name);
        look_into(one, root, &folder).with_context(|| name.clone())?;
        let tarball = fs::metadata(folder.with_file_name(format!("{name}.crate")))?;
        println!("{name:28} {:5}  {:9}", files(&folder)?, tarball.len());
    }
    Ok(())
}

fn look_into(package: &Value, root: &Path, folder: &Path) -> Result<()> {
    for key in ["description", "license", "readme"] {
        ensure!(package[key].is_string(), "it has no {key}");
    }
    for key in ["keywords", "categories"] {
        ensure!(!list(&package[key]).is_empty(), "it has no {key}");
    }
    ensure!(folder.join("README.md").is_file(), "it has no README.md");
    // They are symbolic links, which not every clone has.
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        let text = fs::read(folder.join(licence)).with_context(|| format!("no {licence}"))?;
        ensure!(
            text == fs::read(root.join(licence))?,
            "{licence} is another text"
        );
    }
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let belongs = BELONGS.contains(&name.as_str()) || name.ends_with(".md");
        ensure!(belongs, "{name} does not belong there");
    }
    Ok(())
}

fn files(folder: &Path) -> Result<usize> {
    let mut count = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        count += if path.is_dir() { files(&path)? } else { 1 };
    }
    Ok(count)
}
