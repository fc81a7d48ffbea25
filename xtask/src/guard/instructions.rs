//! Instructions of one reset and of one run of the generator, by callgrind.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// The workspace of the programs that make a reset, and of the server that answers it.
pub(crate) const PEERS: &str = "xtask/bench/peers";
/// Instructions are counted for so many calls, and those of so few are taken off: what is left is
/// not of the start.
const COUNTED: [u64; 2] = [600, 100];

/// Whether callgrind is there; on a developer's machine it may be missing.
pub(super) fn can_be_counted() -> Result<bool> {
    let valgrind = Command::new("valgrind").arg("--version").output();
    let is_there = valgrind.is_ok_and(|output| output.status.success());
    if !is_there {
        ensure!(
            std::env::var_os("TOKENTURN_CI").is_none(),
            "instructions cannot be counted: install valgrind"
        );
        println!("instructions are not counted: there is no valgrind");
    }
    Ok(is_there)
}

/// One reset through tokenturn.
pub(super) fn reset(root: &Path, folder: &Path) -> Result<f64> {
    for package in ["server", "tokenturn-caller"] {
        let status = Command::new(env!("CARGO"))
            .args([
                "build",
                "--quiet",
                "--release",
                "--locked",
                "--package",
                package,
            ])
            .current_dir(root.join(PEERS))
            .env("CARGO_TARGET_DIR", folder)
            .status()
            .context("cannot run cargo")?;
        ensure!(status.success(), "{package} cannot be built");
    }
    let programs = folder.join("release");
    // It ends with its input, and so with this function.
    let mut server = Command::new(programs.join("server"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut url = String::new();
    let stdout = server.stdout.take().context("the server has no output")?;
    BufReader::new(stdout).read_line(&mut url)?;
    let [many, few] = COUNTED.map(|calls| {
        count(
            &programs.join("tokenturn-caller"),
            &[url.trim(), &calls.to_string(), "1"],
        )
    });
    drop(server.stdin.take());
    server.wait()?;
    Ok((many? - few?) / (COUNTED[0] - COUNTED[1]) as f64)
}

/// The generated code of every spec, by the debug build that this program is.
pub(super) fn codegen() -> Result<f64> {
    ensure!(
        cfg!(debug_assertions),
        "the generator is counted in a debug build: leave `--release` out"
    );
    count(&std::env::current_exe()?, &["codegen", "--check"])
}

fn count(program: &Path, arguments: &[&str]) -> Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(arguments)
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains("Collected :"));
    let count = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
    match (count, output.status.success()) {
        (Some(count), true) => Ok(count),
        _ => bail!("callgrind failed: {text}"),
    }
}
