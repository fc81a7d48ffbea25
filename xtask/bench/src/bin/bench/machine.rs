//! The machine, in general terms.

use std::process::Command;

/// Cores, architecture, system and compiler.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (arch, os) = (std::env::consts::ARCH, std::env::consts::OS);
    let rustc = first_line("rustc", &["--version"]).unwrap_or_default();
    let rustc = rustc.split_whitespace().nth(1).unwrap_or("?").to_owned();
    let node = first_line("node", &["--version"]).map(|version| format!(", Node {version}"));
    let node = node.unwrap_or_default();
    format!("{cores} cores, {arch}, {os}, Rust {rustc}{node}")
}

fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next().map(str::to_owned)
}
