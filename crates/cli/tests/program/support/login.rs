//! A login without a browser.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Output};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;

use tokenturn_sandbox::Sandbox;

use super::{LONGEST, OHMYGPT_SECRET_VARIABLE, SECRET_VARIABLE, tokenturn};

/// A program that waits for its user, or for what a test does. It ends with this.
pub(crate) struct Waiting {
    pub(crate) child: Child,
    stderr: BufReader<ChildStderr>,
    printed: String,
    /// Ends the program unless it is dropped in time.
    _watch: Sender<()>,
}

impl Waiting {
    pub(crate) fn new(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self {
            _watch: watch(child.id()),
            child,
            stderr,
            printed: String::new(),
        }
    }

    /// Starts it, and reads until it has printed the URL.
    pub(crate) fn start(command: Command) -> (Self, String) {
        let mut waiting = Self::new(command);
        let url = waiting.line(|line| line.starts_with("  http"));
        (waiting, url.trim().to_owned())
    }

    /// The code that the user is to type in.
    pub(crate) fn user_code(&self) -> String {
        let line = self.printed.lines().next().unwrap();
        let code = line.strip_prefix("to sign in, type the code ").unwrap();
        code.strip_suffix(" at").unwrap().to_owned()
    }

    /// Reads until it has printed such a line.
    pub(crate) fn line(&mut self, is_it: impl Fn(&str) -> bool) -> String {
        loop {
            let mut line = String::new();
            let length = self.stderr.read_line(&mut line).unwrap();
            assert_ne!(length, 0, "it ended: {}", self.printed);
            self.printed.push_str(&line);
            if is_it(&line) {
                return line;
            }
        }
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Output {
        self.stderr.read_to_string(&mut self.printed).unwrap();
        let mut stdout = Vec::new();
        let mut output = self.child.stdout.take().unwrap();
        output.read_to_end(&mut stdout).unwrap();
        Output {
            status: self.child.wait().unwrap(),
            stdout,
            stderr: std::mem::take(&mut self.printed).into_bytes(),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends a program that takes too long, so that the test fails instead of waiting for it.
fn watch(id: u32) -> Sender<()> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        if receiver.recv_timeout(LONGEST) == Err(RecvTimeoutError::Timeout) {
            #[cfg(unix)]
            super::signal("KILL", id);
            #[cfg(not(unix))]
            panic!("{id} takes too long");
        }
    });
    sender
}

/// `login github` at a sandbox.
pub(crate) fn github(folder: &Path, sandbox: &Sandbox, more: &[&str]) -> Command {
    let (url, id) = (sandbox.url(), sandbox.client_id());
    let arguments = ["login", "github", "--base-url", &url, "--client-id", &id];
    let mut command = tokenturn(folder, &[&arguments, more].concat());
    command
        .args(["--no-browser"])
        .env(SECRET_VARIABLE, sandbox.client_secret());
    command
}

/// `login ohmygpt` at a sandbox.
pub(crate) fn ohmygpt(folder: &Path, sandbox: &Sandbox, more: &[&str]) -> Command {
    let (url, id) = (sandbox.url(), sandbox.ohmygpt_client_id());
    let mut arguments = vec!["login", "ohmygpt", "--base-url", &url, "--pages-url", &url];
    arguments.extend(["--client-id", &id, "--no-browser"]);
    let mut command = tokenturn(folder, &[&arguments, more].concat());
    command.env(OHMYGPT_SECRET_VARIABLE, sandbox.ohmygpt_client_secret());
    command
}
