//! `sandbox` with tokens that expire.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::http::send;
use crate::support::*;

/// It ends with this.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(folder: &TempDir, more: &[&str]) -> Self {
        let arguments = [&["sandbox", "--expiring"], more].concat();
        let mut child = tokenturn(folder.path(), &arguments).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    /// The lines from one with these words in it to the next empty one.
    fn lines_from(&mut self, words: &str) -> String {
        let mut text = self.line();
        while !text.contains(words) {
            text = self.line();
        }
        loop {
            let line = self.line();
            if line.is_empty() {
                return text;
            }
            text += &format!("\n{line}");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What the clock's answer says.
fn turn(url: &str, how: &str) -> Value {
    let answer = send("POST", &format!("{url}?{how}"), "");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

#[test]
fn its_tokens_end_by_a_clock_that_is_turned_from_outside() {
    let folder = TempDir::new().unwrap();
    let mut sandbox = Running::start(&folder, &["--token-lifetime", "2h", "--json"]);
    let told: Value = serde_json::from_str(&sandbox.line()).unwrap();
    let (url, clock) = (
        told["url"].as_str().unwrap(),
        told["clock_url"].as_str().unwrap(),
    );
    let get = |name: &str| told["github"][name].as_str().unwrap();
    let line = json!({
        "access_token": get("token"),
        "expires_at": get("expires_at"),
        "refresh_token": get("refresh_token"),
        "refresh_token_expires_at": get("refresh_token_expires_at"),
    });
    let call = |verb: &str, input: &str, more: &[&str]| {
        let (id, secret) = (get("client_id"), get("client_secret"));
        let more = [more, &["--json"]].concat();
        let output = run(github(verb, folder.path(), url, id, secret, &more), input);
        json(&output)["outcome"].as_str().unwrap().to_owned()
    };
    let check = || call("check", get("token"), &[]);

    assert_eq!(check(), "valid");
    let before = turn(clock, "advance=119min")["unix_time"].as_u64().unwrap();
    assert_eq!(check(), "valid");
    turn(clock, "advance=2m");
    assert_eq!(check(), "invalid");
    let after = turn(clock, "back=1h")["unix_time"].as_u64().unwrap();
    assert!(after < before);
    assert_eq!(check(), "valid");

    turn(clock, "advance=9h");
    let refreshed = call("refresh", &line.to_string(), &["--out", "new.json"]);
    assert_eq!(refreshed, "rotated");
    let new: Value = serde_json::from_str(&read(folder.path(), "new.json")).unwrap();
    assert!(new["expires_at"].as_str().unwrap() > get("expires_at"));
    assert_eq!(call("check", &new.to_string(), &[]), "valid");
    turn(clock, "back=9h");
    assert_eq!(check(), "invalid");
}

#[cfg(unix)]
#[test]
fn what_it_says_to_type_refreshes_its_token() {
    use std::env;
    use std::path::Path;
    use std::process::Command;

    let folder = TempDir::new().unwrap();
    let mut sandbox = Running::start(&folder, &[]);
    let listed = sandbox.lines_from("as Enterprise");
    let value = |name: &str| {
        let mut lines = listed.lines();
        let value = lines.find_map(|line| line.trim().strip_prefix(name));
        value.unwrap().trim().to_owned()
    };
    let (token, refresh_token) = (value("token"), value("refresh token"));
    let commands = sandbox.lines_from("github-token.json");
    assert!(commands.contains(&token) && commands.contains(&refresh_token));

    let program = Path::new(env!("CARGO_BIN_EXE_tokenturn"));
    let elsewhere = env::var_os("PATH").unwrap();
    let here = program.parent().unwrap().to_owned();
    let path = env::join_paths([here].into_iter().chain(env::split_paths(&elsewhere)));
    let mut shell = Command::new("sh");
    shell.args(["-ec", &commands]).current_dir(folder.path());
    shell.env("PATH", path.unwrap()).env("TOKENTURN_CONFIG", "");
    let output = shell.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let new = read(folder.path(), "github-token.json");
    assert!(
        new.contains("ghr_") && !new.contains(&refresh_token),
        "{new}"
    );

    let clock = sandbox.lines_from("to turn the clock");
    assert!(clock.ends_with("by which GitHub's tokens end:"), "{clock}");
    assert!(sandbox.line().contains("curl -d advance=9h http"));
}

#[test]
fn a_lifetime_is_of_tokens_that_expire() {
    let folder = TempDir::new().unwrap();
    let arguments = ["sandbox", "--token-lifetime", "1h"];
    let output = run(tokenturn(folder.path(), &arguments), "");
    assert_bad_input(&output, "--expiring");
    for (lifetime, advice) in [
        ("1ms", "shorter than a second"),
        ("soon", "--token-lifetime"),
    ] {
        let arguments = ["sandbox", "--expiring", "--token-lifetime", lifetime];
        let output = run(tokenturn(folder.path(), &arguments), "");
        assert_bad_input(&output, advice);
    }
}
