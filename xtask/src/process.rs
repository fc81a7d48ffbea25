//! Running other programs, each for a bounded time.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// What has become of a program.
pub(crate) struct Ended {
    /// There is none when it took too long.
    pub(crate) status: Option<ExitStatus>,
    pub(crate) printed: String,
}

/// Runs a program that has to succeed, and returns what it printed, which also stays in `log`.
pub(crate) fn run(command: Command, log: &Path, limit: Duration) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let Ended { status, printed } = end(command, log, limit)?;
    match status {
        Some(status) if status.success() => Ok(printed),
        Some(status) => bail!("{printed}\n{name} ended with {status}"),
        None => bail!("{printed}\n{name} took longer than {limit:?}"),
    }
}

/// Runs a program until its end. What it printed also stays in `log`.
pub(crate) fn end(mut command: Command, log: &Path, limit: Duration) -> Result<Ended> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot run {name}"))?;
    let status = wait(&mut child, limit);
    let printed = String::from_utf8_lossy(&fs::read(log)?).into_owned();
    Ok(Ended {
        status: status?,
        printed,
    })
}

/// The status of a program that ends in time; another one is ended.
fn wait(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    const PAUSE: Duration = Duration::from_millis(50);
    let start = Instant::now();
    while start.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        sleep(PAUSE);
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}
