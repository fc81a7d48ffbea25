//! Whether specs, client and sandbox agree with GitHub's own descriptions, as public tools see it.

mod compare;
mod descriptions;
mod differences;
mod exchanges;
mod schema;
mod table;
mod tools;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use compare::Comparison;
use tools::Tools;
pub(crate) use tools::{install_node_packages, install_python_packages};

use crate::process;

/// Everything under it belongs to this verb.
const FOLDER: &str = "target/conformance";
/// What the repository keeps for it.
const KEPT: &str = "tests/conformance";

pub(crate) fn run(root: &Path) -> Result<()> {
    let specs = specs(root)?;
    let tools = step("tools", || Tools::install(root))?;
    let files: Vec<_> = specs
        .iter()
        .map(|spec| root.join(format!("specs/{spec}.yaml")))
        .collect();
    step("linter", || {
        lint(root, &tools, &files, Strictness::Everything)
    })?;
    let compared = step("specs and official descriptions", || compare(root, &tools))?;
    let exchanged = step("client, sandbox and fuzzer", || {
        let exchanged = exchanges::run(root, &tools, &compared)?;
        for spec in &specs {
            ensure!(exchanged.fuzzed(spec) > 0, "{spec} was not fuzzed");
        }
        Ok(exchanged)
    })?;
    println!();
    table::print(&compared, &exchanged, &specs);
    Ok(())
}

fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    println!("== {name}");
    let result = work().with_context(|| name.to_owned());
    println!("   {:.1} s", start.elapsed().as_secs_f32());
    result
}

/// What counts when the public linter looks at specs.
pub(crate) enum Strictness {
    Errors,
    Everything,
}

/// The public tools, if an earlier run has installed them.
pub(crate) fn installed(root: &Path) -> Option<Tools> {
    Tools::installed(root)
}

/// Runs Spectral and returns what it printed.
pub(crate) fn lint(
    root: &Path,
    tools: &Tools,
    files: &[PathBuf],
    strictness: Strictness,
) -> Result<String> {
    // A description of a thousand operations takes minutes.
    const LIMIT: Duration = Duration::from_secs(600);
    let severity = match strictness {
        Strictness::Errors => "error",
        Strictness::Everything => "hint",
    };
    let mut spectral = tools.node("@stoplight/spectral-cli/dist/index.js");
    spectral
        .args(["lint", "--fail-severity", severity, "--ruleset"])
        .arg(root.join(KEPT).join("spectral.yaml"))
        .args(files);
    process::run(spectral, &tools.log("spectral"), LIMIT)
}

/// The names of all specs.
fn specs(root: &Path) -> Result<Vec<String>> {
    let mut specs = Vec::new();
    for entry in fs::read_dir(root.join("specs"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        specs.extend(name.strip_suffix(".yaml").map(str::to_owned));
    }
    specs.sort();
    Ok(specs)
}

/// Compares `specs/github.yaml` with every official description; leaves these, cut down to the
/// family, for Prism.
fn compare(root: &Path, tools: &Tools) -> Result<Vec<Comparison>> {
    let spec = fs::read_to_string(root.join("specs/github.yaml"))?;
    let ours = descriptions::ours(&spec).context("specs/github.yaml")?;
    let mut comparisons = Vec::new();
    for official in descriptions::official(tools)? {
        official.write(&tools.descriptions())?;
        comparisons.push(compare::compare(&official, &ours));
    }
    let file = root.join(KEPT).join("differences.txt");
    let listed =
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    differences::check(&listed, &comparisons)?;
    Ok(comparisons)
}
