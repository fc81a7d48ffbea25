//! A fleet next to that of an earlier commit.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::peers::target;
use crate::run::Run;

/// How often each is measured, in turn with the other.
const ROUNDS: usize = 9;

/// Measures both, and prints how much faster the fleet of today is: the middle one of the ratios.
pub(crate) fn measure(run: &Run, commit: &str) -> Result<()> {
    let folder = run.folder().join("earlier");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let clone: [&OsStr; 4] = [
        "clone".as_ref(),
        "--quiet".as_ref(),
        run.root().as_ref(),
        folder.as_ref(),
    ];
    done(Command::new("git").args(clone))?;
    done(
        Command::new("git")
            .args(["checkout", "--quiet", "--detach", commit])
            .current_dir(&folder),
    )?;
    let programs = [("earlier", folder.as_path()), ("now", run.root())];
    let [earlier, now] = programs.map(|(name, source)| built(run, name, source));
    let (earlier, now) = (earlier?, now?);
    let mut ratios = BTreeMap::<String, Vec<f64>>::new();
    for round in 1..=ROUNDS {
        eprintln!("round {round} of {ROUNDS}");
        // Whichever comes second has a warmer machine.
        let mut programs = [&earlier, &now];
        programs.rotate_left(round % 2);
        let mut measured = [speeds(programs[0])?, speeds(programs[1])?];
        measured.rotate_left(round % 2);
        let [before, after] = measured;
        for (what, speed) in after {
            let ratio = before.get(&what).map(|before| speed / before);
            ratios.entry(what).or_default().extend(ratio);
        }
    }
    for (what, mut ratios) in ratios {
        ratios.sort_by(f64::total_cmp);
        if let (Some(least), Some(middle), Some(most)) =
            (ratios.first(), ratios.get(ratios.len() / 2), ratios.last())
        {
            println!("{middle:.2} of {commit} ({least:.2} to {most:.2}): {what}");
        }
    }
    fs::remove_dir_all(&folder)?;
    Ok(())
}

fn built(run: &Run, name: &str, source: &Path) -> Result<PathBuf> {
    eprintln!("building the fleet of {name}");
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["build", "--quiet", "--release", "--locked"])
        .args(["--package=tokenturn-bench", "--bin=fleet"])
        .current_dir(source)
        .env("CARGO_TARGET_DIR", target(run));
    done(&mut command)?;
    let program = run.folder().join(format!("fleet-{name}"));
    fs::copy(target(run).join("release/fleet"), &program)?;
    Ok(program)
}

/// Tokens per second, by what was measured.
fn speeds(program: &Path) -> Result<BTreeMap<String, f64>> {
    let path = program.with_extension("json");
    let mut command = Command::new(program);
    command.args(["--quick", "--json"]).arg(&path);
    done(command.stdout(Stdio::null()))?;
    let fleet: Value = serde_json::from_slice(&fs::read(&path)?)?;
    let mut speeds = BTreeMap::new();
    for (part, speed) in [
        ("sizes", "tokens_per_second"),
        ("costs", "fleet_per_second"),
    ] {
        for of in fleet[part].as_array().into_iter().flatten() {
            let at_once = of.get("concurrency").unwrap_or(&fleet["concurrency"]);
            let what = format!(
                "{}, {} tokens, {at_once} calls at a time",
                of["store"].as_str().unwrap_or_default(),
                of["tokens"]
            );
            speeds.extend(of[speed].as_f64().map(|speed| (what, speed)));
        }
    }
    Ok(speeds)
}

fn done(command: &mut Command) -> Result<()> {
    let status = command.status();
    let status = status.with_context(|| format!("cannot run {command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
