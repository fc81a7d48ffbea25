//! `cargo xtask neighbours`: what tokenturn does to others in one build, next to the page that says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

const PAGE: &str = "docs/neighbours.md";

/// Others, and what they depend on.
const NEIGHBOURS: [(&str, &str); 11] = [
    ("reqwest without TLS", PLAIN),
    (
        "reqwest with native-tls",
        "reqwest = { version = '0.13', default-features = false, features = ['native-tls'] }",
    ),
    ("reqwest", "reqwest = '0.13'"),
    ("octocrab", "octocrab = '0.54'"),
    ("oauth2", "oauth2 = '5'"),
    ("aws-sdk-sts", "aws-sdk-sts = '1'"),
    (
        "sqlx 0.8, PostgreSQL only",
        "sqlx = { version = '0.8', features = ['postgres', 'runtime-tokio'] }",
    ),
    (
        "sqlx 0.9, PostgreSQL only",
        "sqlx = { version = '0.9', features = ['postgres', 'runtime-tokio'] }",
    ),
    (
        "diesel 2, SQLite",
        "diesel = { version = '2', features = ['sqlite'] }",
    ),
    ("rusqlite 0.37", "rusqlite = '0.37'"),
    ("rusqlite 0.43", "rusqlite = '0.43'"),
];
const PLAIN: &str = "reqwest = { version = '0.13', default-features = false }";
/// Packages with features that are seen from outside.
const WATCHED: [&str; 4] = ["libsqlite3-sys", "openssl", "reqwest", "rustls"];

/// Ours beside reqwest without TLS, the features of tokenturn, and whether a provider is installed first.
const RUNS: [(&str, &str, bool); 4] = [
    ("`tls-ring`", "features = ['tls-ring']", false),
    (
        "`tls-ring`, and a provider is installed",
        "features = ['tls-ring']",
        true,
    ),
    ("`tls-aws-lc`", "features = ['tls-aws-lc']", false),
    ("`tls-native`", "features = ['tls-native']", false),
];

/// Of each package and version, its features.
type Features = BTreeMap<(String, String), BTreeSet<String>>;

/// Prints the tables, and fails when they are not those of the page.
pub(crate) fn run(root: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let page =
        fs::read_to_string(root.join(PAGE)).with_context(|| format!("cannot read {PAGE}"))?;
    let tables = [resolved(root, folder.path())?, ran(root, folder.path())?];
    for table in &tables {
        println!("{table}");
    }
    ensure!(
        tables.iter().all(|table| page.contains(table)),
        "{PAGE} says something else"
    );
    Ok(())
}

fn resolved(root: &Path, folder: &Path) -> Result<String> {
    let mut table = "| beside | `tokenturn` | `tokenturn-vault` |\n|---|---|---|\n".to_owned();
    for (name, theirs) in NEIGHBOURS {
        let alone = features(folder, theirs)?.with_context(|| format!("{name} is broken"))?;
        table += &format!("| {name} |");
        for ours in ["tokenturn", "vault"] {
            let both = format!("{theirs}\n{}", dependency(root, ours, ""));
            let cell = match features(folder, &both)? {
                None => "does not resolve".to_owned(),
                Some(both) => added(&alone, &both),
            };
            table += &format!(" {cell} |");
        }
        table += "\n";
    }
    Ok(table)
}

fn added(alone: &Features, both: &Features) -> String {
    let mut words = Vec::new();
    for ((name, version), before) in alone {
        let Some(after) = both.get(&(name.clone(), version.clone())) else {
            continue;
        };
        // Those that only features of its own turn on begin so.
        let new = after.difference(before).filter(|new| !new.starts_with('_'));
        let new: Vec<_> = new.map(|feature| format!("`{feature}`")).collect();
        if WATCHED.contains(&name.as_str()) && !new.is_empty() {
            words.push(format!("{name} has {}", new.join(", ")));
        }
    }
    match words.is_empty() {
        true => "as before".to_owned(),
        false => words.join("; "),
    }
}

/// `None` if cargo finds no versions that go together.
fn features(folder: &Path, dependencies: &str) -> Result<Option<Features>> {
    write(folder, dependencies, "fn main() {}")?;
    let output = cargo(folder, &["metadata", "--format-version=1", "--quiet"])?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(error.contains("links to the native library"), "{error}");
        return Ok(None);
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages = list(&metadata["packages"]).into_iter();
    let names: BTreeMap<_, _> = packages
        .map(|package| {
            let name = (word(&package["name"]), word(&package["version"]));
            (word(&package["id"]), name)
        })
        .collect();
    let nodes = list(&metadata["resolve"]["nodes"]).into_iter();
    let features = nodes.filter_map(|node| {
        let name = names.get(&word(&node["id"]))?.clone();
        Some((name, list(&node["features"]).iter().map(word).collect()))
    });
    Ok(Some(features.collect()))
}

fn ran(root: &Path, folder: &Path) -> Result<String> {
    let mut table = "| `tokenturn` with | `reqwest::Client::new()` |\n|---|---|\n".to_owned();
    for (name, ours, installs) in RUNS {
        let mut both = format!("{PLAIN}\n{}", dependency(root, "tokenturn", ours));
        let mut main = "let _ = reqwest::Client::new();".to_owned();
        if installs {
            both +=
                "\nrustls = { version = '0.23', default-features = false, features = ['ring'] }";
            main = format!(
                "rustls::crypto::ring::default_provider().install_default().unwrap();{main}"
            );
        }
        write(folder, &both, &format!("fn main() {{ {main} }}"))?;
        let built = cargo(folder, &["build", "--quiet"])?;
        let error = String::from_utf8_lossy(&built.stderr).into_owned();
        ensure!(built.status.success(), "{error}");
        let output = cargo(folder, &["run", "--quiet"])?;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let outcome = match output.status.success() {
            true => "works",
            false if error.contains("No rustls crypto provider") => "panics",
            false => bail!("{error}"),
        };
        table += &format!("| {name} | {outcome} |\n");
    }
    Ok(table)
}

fn dependency(root: &Path, ours: &str, features: &str) -> String {
    let path = root.join("crates").join(ours);
    let package = if ours == "vault" {
        "tokenturn-vault"
    } else {
        ours
    };
    let more = match features {
        "" => String::new(),
        features => format!(", default-features = false, {features}"),
    };
    format!("{package} = {{ path = '{}'{more} }}", path.display())
}

fn write(folder: &Path, dependencies: &str, main: &str) -> Result<()> {
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/main.rs"), main)?;
    let _ = fs::remove_file(folder.join("Cargo.lock"));
    let package =
        "[package]\nname = 'neighbour'\nedition = '2024'\n\n[workspace]\n\n[dependencies]";
    Ok(fs::write(
        folder.join("Cargo.toml"),
        format!("{package}\n{dependencies}\n"),
    )?)
}

fn cargo(folder: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).current_dir(folder);
    command.output().context("cannot run cargo")
}
