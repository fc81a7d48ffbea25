//! `--deliver`: what a command is given, and when it is over.

use std::fs::File;
use std::io::Read;

use serde_json::{Value, json};
use tokenturn_sandbox::Sandbox;

use crate::fleet::Stage;
use crate::support::*;

/// Keeps what it is given.
const WRITES: &str = r#"cat > "$TOKENTURN_ID.got"; env > "$TOKENTURN_ID.env""#;

#[tokio::test(flavor = "multi_thread")]
async fn a_background_child_is_not_waited_for() {
    let stage = Stage::with(2).await;
    // It has both pipes open.
    let line = r#"sleep 600 <&0 & echo $! > "$TOKENTURN_ID.id""#;
    succeed(stage.command(&["rotate", "--all", "--deliver", line]), "");
    for id in ["t0", "t1"] {
        signal("KILL", stage.read(&format!("{id}.id")).trim());
    }
}

/// It holds a pipe open, and would hand its token on at some time.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_does_not_outlive_the_program() {
    let stage = Stage::with(1).await;
    let pipe = stage.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let line = "trap '' TERM; exec 3> pipe; (sleep 600; true) & sleep 600; true";
    let mut child = start(stage.command(&["rotate", "--all", "--deliver", line]), "");
    // That is when it runs.
    let mut pipe = File::open(&pipe).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(pipe.read(&mut [0]).unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_generation_and_the_expiry_are_passed_on() {
    let stage = Stage::with(1).await;
    let mut command = stage.command(&["rotate", "--all", "--deliver", WRITES]);
    command.env("TOKENTURN_EXPIRES_AT", "somebody else's");
    command.env("PGPASSWORD", "canary");
    succeed(command, "");
    let env = stage.read("t0.env");
    assert!(env.contains("TOKENTURN_GENERATION=2\n"), "{env}");
    assert!(!env.contains("TOKENTURN_EXPIRES_AT"), "{env}");
    assert!(!env.contains("canary"), "{env}");

    let sandbox = Sandbox::start(0).await.unwrap();
    let stage = Stage::of_refresh_tokens(sandbox);
    succeed(stage.command(&["rotate", "--all", "--deliver", WRITES]), "");
    let (_, token) = stage.stored().remove(0);
    assert_eq!(stage.read("r.got"), token);
    let env = stage.read("r.env");
    assert!(!env.contains("ghr_"), "{env}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refresh_token_is_given_to_whoever_asks_for_it() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let stage = Stage::of_refresh_tokens(sandbox);
    let arguments = ["rotate", "--all", "--deliver-refresh-token"];
    assert_bad_input(&run(stage.command(&arguments), ""), "--deliver <COMMAND>");
    let arguments = [&arguments[..], &["--deliver", WRITES]].concat();
    succeed(stage.command(&arguments), "");
    let (_, token) = stage.stored().remove(0);
    let got = stage.read("r.got");
    assert_eq!(got.lines().count(), 1, "{got}");
    let got: Value = serde_json::from_str(&got).unwrap();
    assert_eq!(got["access_token"], token);
    let refresh_token = got["refresh_token"].as_str().unwrap();
    assert!(stage.sandbox.is_alive(refresh_token));
    assert!(got["refresh_token_expires_at"].is_string(), "{got}");
    let env = stage.read("r.env");
    assert!(!env.contains("ghr_"), "{env}");
}

impl Stage {
    /// A row with a refresh token.
    fn of_refresh_tokens(sandbox: Sandbox) -> Self {
        let url = sandbox.url();
        let stage = Self::behind(&url, sandbox, 0);
        let tokens = stage.sandbox.new_expiring_github_token();
        let line = json!({
            "id": "r",
            "token": tokens.token,
            "expires_at": tokens.expires_at,
            "refresh_token": tokens.refresh_token,
            "refresh_token_expires_at": tokens.refresh_token_expires_at,
            "client_id": stage.sandbox.client_id(),
            "server": url,
        });
        let import = ["vault", "import", "--init", "-", "--format", "jsonl"];
        succeed(stage.command(&import), &line.to_string());
        stage
    }
}
