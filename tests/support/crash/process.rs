//! Another process, which is killed when it is dropped.

use std::fs::{self, File};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{sleep, timeout};

/// After so long, a test that waits in vain fails: far longer than anything takes on a machine that has
/// much else to do.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// Another process, which is killed when it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    id: u32,
    started: Instant,
    input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts it. What it says to standard error is added to the file `said`.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start(mut command: Command, said: &Path) -> Self {
        let said = File::options()
            .create(true)
            .append(true)
            .open(said)
            .unwrap();
        let started = Instant::now();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(said)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            id: child.id().unwrap(),
            started,
            input: child.stdin.take(),
            lines: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
        }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Just before it was started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Kills it with SIGKILL, and waits until it is gone.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Stops it with SIGSTOP, and waits until it stands.
    pub async fn stop(&self) {
        self.signal("STOP").await;
        let stands = || stat(self.id).is_some_and(|state| state == "T");
        until("the process stands", PATIENCE, stands).await;
    }

    /// Lets it go on.
    pub async fn go_on(&self) {
        self.signal("CONT").await;
    }

    async fn signal(&self, name: &str) {
        // By the shell, which has it built in: not every machine has a program for it.
        let kill = format!("kill -{name} {}", self.id);
        let status = Command::new("sh").args(["-c", &kill]).status().await;
        assert!(status.unwrap().success());
    }

    /// The next line that it prints, or `None` when there are no more.
    pub async fn line(&mut self) -> Option<String> {
        let line = timeout(PATIENCE, self.lines.next_line()).await;
        line.expect("it prints something in time").unwrap()
    }

    /// All further lines, and how it ended.
    pub async fn finish(&mut self, limit: Duration) -> (Vec<String>, ExitStatus) {
        let whole = async {
            let mut lines = Vec::new();
            while let Some(line) = self.lines.next_line().await.unwrap() {
                lines.push(line);
            }
            (lines, self.child.wait().await.unwrap())
        };
        timeout(limit, whole).await.expect("it ends in time")
    }

    /// Sends it a line.
    pub async fn send(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }
}

/// Waits for a condition.
///
/// # Panics
///
/// When it does not come about in time.
pub async fn until(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < limit, "waited in vain until {what}");
        sleep(Duration::from_millis(1)).await;
    }
}

/// The state of a process, as one letter.
fn stat(id: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before it may have any characters in it.
    let state = stat.rsplit(')').next()?.split_whitespace().next()?;
    Some(state.to_owned())
}
