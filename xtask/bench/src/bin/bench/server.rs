//! The server that all callers ask, and what it can do.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::calls::CONCURRENCY;
use crate::cores::{Core, run_on};
use crate::peers::{SERVER, program};
use crate::run::Run;

/// The server of `peers/server`, for as long as this lives.
pub(crate) struct Server {
    pub(crate) url: String,
    process: Child,
}

impl Server {
    pub(crate) fn start(run: &Run) -> Result<Self> {
        let program = program(run, SERVER)?;
        let mut command = Command::new(&program);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let started = run_on(Core::Server, || Ok(command.spawn()?));
        let mut process = started.with_context(|| format!("cannot start {}", program.display()))?;
        let stdout = process.stdout.take().context("the server has no output")?;
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url)?;
        let url = url.trim().to_owned();
        Ok(Self { url, process })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// What the server does when nothing but a load generator asks it.
pub(crate) fn ceiling(url: &str) -> Result<Option<Vec<f64>>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/reset.lua");
    let mut all = Vec::new();
    for concurrency in CONCURRENCY {
        let Ok(output) = Command::new("wrk")
            .args(["--threads", "1", "--duration", "2s", "--connections"])
            .arg(concurrency.to_string())
            .arg("--script")
            .args([script.as_os_str(), url.as_ref()])
            .output()
        else {
            eprintln!("the server's own ceiling is not measured: there is no wrk");
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(!text.contains("Non-2xx"), "the server refuses wrk: {text}");
        let rate = text
            .lines()
            .find_map(|line| line.strip_prefix("Requests/sec:"));
        let rate = rate.with_context(|| format!("wrk printed {text}"))?;
        all.push(rate.trim().parse()?);
    }
    Ok(Some(all))
}
