//! Starting the program, and looking at what it leaves behind.

#![allow(dead_code, reason = "not every test uses all of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

pub(crate) mod expiring;
pub(crate) mod http;
pub(crate) mod login;
#[cfg(target_os = "linux")]
pub(crate) mod page;
#[cfg(unix)]
pub(crate) mod place;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
pub(crate) mod webdriver;
#[cfg(target_os = "linux")]
pub(crate) mod world;

use std::fmt::Display;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What takes longer never comes, on any machine. It only turns a test that hangs into one that
/// fails.
pub(crate) const LONGEST: Duration = Duration::from_secs(600);

pub(crate) const SECRET_VARIABLE: &str = "TOKENTURN_GITHUB_CLIENT_SECRET";
pub(crate) const OHMYGPT_SECRET_VARIABLE: &str = "TOKENTURN_OHMYGPT_CLIENT_SECRET";

pub(crate) fn tokenturn(folder: &Path, arguments: &[&str]) -> Command {
    #[cfg(unix)]
    signals::reset_in_programs();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokenturn"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove(SECRET_VARIABLE)
        .env_remove(OHMYGPT_SECRET_VARIABLE)
        .env_remove("TOKENTURN_VAULT")
        .env_remove("TOKENTURN_KEY")
        .env_remove("TOKENTURN_NEW_KEY")
        // Nothing goes into the folder of whoever runs the tests.
        .env("XDG_STATE_HOME", folder.join("state"))
        .env_remove("TOKENTURN_LOG")
        // There is no config file but the test's.
        .env("TOKENTURN_CONFIG", "")
        .env("XDG_CONFIG_HOME", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The same, on a vault whose tokens are of the server at `url`: where it is called, the arguments have
/// to name it, too.
pub(crate) fn tokenturn_at(folder: &Path, url: &str, arguments: &[&str]) -> Command {
    let mut command = tokenturn(folder, arguments);
    let is_call = arguments[0] == "recover" || arguments.get(1) == Some(&"--all");
    let names = ["--base-url", "--ohmygpt-base-url", "--server"];
    if is_call && !arguments.iter().any(|word| names.contains(word)) {
        command.args(["--base-url", url, "--ohmygpt-base-url", url]);
    }
    command
}

/// Starts the program and gives it `input`.
pub(crate) fn start(mut command: Command, input: &str) -> Child {
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that refuses its arguments does not read.
    let _ = stdin.write_all(input.as_bytes());
    child
}

pub(crate) fn run(command: Command, input: &str) -> Output {
    start(command, input).wait_with_output().unwrap()
}

/// Where nobody reads any more.
#[cfg(unix)]
pub(crate) fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

pub(crate) fn both(output: &Output) -> String {
    let streams = [output.stdout.as_slice(), output.stderr.as_slice()];
    String::from_utf8(streams.concat()).unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Starts the program, which has to do it.
#[track_caller]
pub(crate) fn succeed(command: Command, input: &str) -> String {
    let output = run(command, input);
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    stdout(&output)
}

pub(crate) fn json(output: &Output) -> Value {
    let line = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(line.lines().count(), 1, "{line}");
    serde_json::from_str(&line).unwrap()
}

/// `rotate github` or `check github` against any server.
pub(crate) fn github(
    verb: &str,
    folder: &Path,
    url: &str,
    id: &str,
    secret: &str,
    more: &[&str],
) -> Command {
    let mut arguments = vec![verb, "github", "--base-url", url, "--client-id", id];
    arguments.extend(["--token-file", "-"]);
    arguments.extend(more);
    let mut command = tokenturn(folder, &arguments);
    command.env(SECRET_VARIABLE, secret);
    command
}

pub(crate) fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

/// Writes a file for its owner alone.
pub(crate) fn write_private(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    let _ = fs::remove_file(&path);
    fs::write(&path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[cfg(unix)]
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Sends a signal by the shell, which every machine has.
#[cfg(unix)]
pub(crate) fn signal(name: &str, id: impl Display) {
    let kill = format!("kill -{name} {id}");
    assert!(
        Command::new("sh")
            .args(["-c", &kill])
            .status()
            .unwrap()
            .success()
    );
}

/// Waits for a condition.
#[track_caller]
pub(crate) fn until(mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < LONGEST, "it does not come");
        thread::sleep(Duration::from_millis(10));
    }
}

#[track_caller]
pub(crate) fn assert_bad_input(output: &Output, advice: &str) {
    assert_ends(output, 2, advice);
}

#[track_caller]
pub(crate) fn assert_ends(output: &Output, code: i32, advice: &str) {
    let text = both(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.contains(advice), "{advice}: {text}");
}
