//! `cargo xtask guard`: what must not grow unnoticed.

mod build;
mod instructions;

pub(crate) use build::{LOG, children_cpu_seconds, compile, costs};
pub(crate) use instructions::PEERS;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// What was accepted last.
const ACCEPTED: &str = "xtask/guard.json";
/// How much more than was accepted passes.
const ROOM: f64 = 1.05;

const BUILD_COST: &str = "build_cost_over_bare";

/// Measures, and compares with what was accepted.
pub(crate) fn check(root: &Path) -> Result<()> {
    let path = root.join(ACCEPTED);
    let text = fs::read(&path).with_context(|| format!("cannot read {ACCEPTED}"))?;
    let accepted: Value = serde_json::from_slice(&text)?;
    let mut grown = Vec::new();
    for (name, measured) in measure(root, &accepted)? {
        let limit = accepted[name].as_f64();
        let limit = limit.with_context(|| format!("{ACCEPTED} does not have {name}"))?;
        let change = measured / limit;
        println!("{name:22} {measured:>14.2}  {change:5.2} of what was accepted");
        if change > ROOM {
            grown.push(name);
        }
        if change < 1.0 / ROOM {
            println!("{name:22} has become better: `cargo xtask guard --accept` keeps it so");
        }
    }
    let compiler = compiler();
    if accepted["rustc"] != compiler {
        println!(
            "accepted with {}, measured with {compiler}",
            accepted["rustc"]
        );
    }
    ensure!(
        grown.is_empty(),
        "{} grew by more than 5 %. See why (CONTRIBUTING.md, Speed and size); where the change is \
         worth it, run `cargo xtask guard --accept`, and say why in the commit",
        grown.join(" and ")
    );
    Ok(())
}

/// Measures, and accepts.
pub(crate) fn accept(root: &Path) -> Result<()> {
    let mut accepted = json!({ "rustc": compiler() });
    for (name, measured) in measure(root, &Value::Null)? {
        accepted[name] = json!((measured * 100.0).round() / 100.0);
    }
    let text = serde_json::to_string_pretty(&accepted)? + "\n";
    fs::write(root.join(ACCEPTED), &text)?;
    print!("{text}");
    Ok(())
}

fn measure(root: &Path, accepted: &Value) -> Result<Vec<(&'static str, f64)>> {
    let folder = root.join("target/guard");
    let enough = accepted[BUILD_COST].as_f64().unwrap_or_default() * ROOM;
    let mut measured = vec![(BUILD_COST, build::ratio(root, &folder, enough)?)];
    if instructions::can_be_counted()? {
        measured.push(("reset_instructions", instructions::reset(root, &folder)?));
        measured.push(("codegen_instructions", instructions::codegen()?));
    }
    Ok(measured)
}

fn compiler() -> String {
    let output = std::process::Command::new("rustc")
        .arg("--version")
        .output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_default()
}
