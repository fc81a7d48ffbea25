//! Makes two clients: one of a spec of one's own, and one of a description that is not.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde_json::Value;
use tokenturn_codegen::{Paths, Select, Spec, build_script, generate};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    keycloak()?;
    Ok(build_script("keys.yaml"))
}

/// Some of Keycloak's operations, with what its description leaves out.
fn keycloak() -> Result<(), Box<dyn Error>> {
    let description = package("keycloak")?.join("api/openapi.json");
    let spec = Spec::read(description)?
        .overlay(Spec::read("keycloak.overlay.yaml")?)
        .select(Select::new().tags(["Client Initial Access", "Client Secrets"]));
    for file in spec.files() {
        println!("cargo::rerun-if-changed={file}");
    }
    let generated = generate(&spec, &Paths::new("super::keycloak"))?;
    let folder = std::env::var("OUT_DIR")?;
    let report = Path::new(&folder).join("keycloak_report.txt");
    let count = generated.report.findings().len();
    if count > 0 {
        println!(
            "cargo::warning=keycloak: {count} warnings in {}",
            report.display()
        );
    }
    std::fs::write(report, generated.report.to_string())?;
    for (end, source) in [
        ("", generated.client),
        ("_mocks", generated.mocks),
        ("_round_trip", generated.round_trip),
    ] {
        let file = Path::new(&folder).join(format!("keycloak{end}.rs"));
        std::fs::write(file, source)?;
    }
    Ok(())
}

/// Where cargo keeps the source of a dependency.
fn package(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let output = Command::new(std::env::var("CARGO")?)
        .args(["metadata", "--format-version=1", "--locked"])
        .args(["--features=keycloak", "--filter-platform"])
        .arg(std::env::var("TARGET")?)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest = packages
        .filter(|package| package["name"] == name)
        .find_map(|package| Path::new(package["manifest_path"].as_str()?).parent());
    Ok(manifest.ok_or("cargo does not know it")?.to_owned())
}
