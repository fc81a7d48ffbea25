//! `token`: one that lives, for whoever asks.

use std::fs;
use std::process::{Command, Output};
use std::time::Duration;

use crate::support::expiring::{ENDED, LIVES, Stage, in_an_hour};
use crate::support::*;
use serde_json::Value;
use tokenturn_sandbox::{Calls, Fault};
#[cfg(unix)]
use {
    crate::support::login::Waiting,
    tokenturn_sandbox::Sandbox,
    tokenturn_tests::crash::{Gate, Point},
};

/// What the program prints, which is a token alone.
#[track_caller]
fn printed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", both(output));
    let text = stdout(output);
    assert_eq!(text.lines().count(), 1, "{text}");
    text.trim_end().to_owned()
}

fn token(stage: &Stage, id: &str, more: &[&str]) -> Command {
    stage.command(&[&["token", id], more].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_token_is_printed_and_an_old_one_is_refreshed_first() {
    let stage = Stage::new().await;
    let mona = stage.sign_in().await;
    stage.import("mona", &mona, LIVES);
    let output = run(token(&stage, "mona", &[]), "");
    assert_eq!(printed(&output), mona.token);
    assert_eq!(stage.refreshes(), 0);

    let hubot = stage.sign_in().await;
    stage.import("hubot", &hubot, ENDED);
    let output = run(token(&stage, "hubot", &[]), "");
    let new = printed(&output);
    assert!(stage.sandbox.is_alive(&new));
    assert!(!stage.sandbox.is_alive(&hubot.token));
    assert_eq!(stage.refreshes(), 1);
    assert!(both(&output) == format!("{new}\n"), "{}", both(&output));
    // It is in the vault, and lives for long.
    assert_eq!(printed(&run(token(&stage, "hubot", &[]), "")), new);
    assert_eq!(stage.refreshes(), 1);

    let soon = stage.sign_in().await;
    stage.import("soon", &soon, &in_an_hour());
    assert_eq!(printed(&run(token(&stage, "soon", &[]), "")), soon.token);
    let output = run(token(&stage, "soon", &["--fresh-for", "2h"]), "");
    assert_ne!(printed(&output), soon.token);
    let output = run(token(&stage, "hubot", &["--json"]), "");
    let line = json(&output);
    assert_eq!(line["access_token"], new);
    assert!(line["expires_at"].is_string(), "{line}");
    assert_eq!(line["refresh_token"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_secret_is_used_where_one_is_needed() {
    let stage = Stage::new().await;
    let mona = stage.sign_in().await;
    stage.import("mona", &mona, LIVES);
    let without = |id: &str| {
        let mut command = token(&stage, id, &[]);
        command.env_remove(SECRET_VARIABLE);
        run(command, "")
    };
    assert_eq!(printed(&without("mona")), mona.token);

    let hubot = stage.sign_in().await;
    stage.import("hubot", &hubot, ENDED);
    let output = without("hubot");
    assert_ends(&output, 3, SECRET_VARIABLE);
    assert!(stage.sandbox.is_alive(&hubot.token));

    let device = stage.sign_in_on_a_device().await;
    stage.import("device", &device, ENDED);
    assert!(stage.sandbox.is_alive(&printed(&without("device"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_user_has_to_come_back_is_said() {
    let stage = Stage::new().await;
    let mut mona = stage.sign_in().await;
    "ghr_used".clone_into(&mut mona.refresh_token);
    stage.import("mona", &mona, ENDED);
    stage.sandbox.advance(Duration::from_secs(9 * 3600));
    let output = run(token(&stage, "mona", &[]), "");
    assert_ends(&output, 1, "has to authorize the app again");
    let output = run(token(&stage, "mona", &["--json"]), "");
    let line = json(&output);
    assert_eq!(line["error"], "dead");
    assert_eq!(line["exit_code"], 1);
    let message = line["message"].as_str().unwrap();
    assert!(message.contains("its refresh token is not valid"), "{line}");

    // That one lives for another hour, and is needed for longer.
    let mut hubot = stage.sign_in().await;
    "ghr_used".clone_into(&mut hubot.refresh_token);
    stage.import("hubot", &hubot, &in_an_hour());
    let output = run(token(&stage, "hubot", &["--fresh-for", "2h"]), "");
    assert_ends(&output, 1, "has to authorize the app again");
    assert!(stage.sandbox.is_alive(&hubot.token));

    assert_ends(&run(token(&stage, "nobody", &[]), ""), 8, "no token named");
    let output = run(token(&stage, "mona", &["--fresh-for", "2d"]), "");
    assert_bad_input(&output, "a day is the most");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_the_vault_names_is_not_called() {
    let stage = Stage::new().await;
    let mona = stage.sign_in().await;
    stage.import("mona", &mona, LIVES);
    let output = run(stage.anywhere(&["token", "mona"]), "");
    assert_bad_input(&output, "is not known to be a server of github's");
    assert!(!both(&output).contains("--server"), "{}", both(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_away_is_not_the_end() {
    let stage = Stage::new().await;
    let mona = stage.sign_in().await;
    stage.import("mona", &mona, ENDED);
    // The connection is cut when the refresh is done: what came of it is not known, and then found out.
    stage.sandbox.add_fault(Fault::AfterChange, Calls::Next(1));
    let output = run(token(&stage, "mona", &["--leave-alone", "0s"]), "");
    assert_ends(&output, 5, "tokenturn recover");
    stage.sandbox.set_fault(Fault::Outage);
    let output = run(token(&stage, "mona", &["--leave-alone", "0s"]), "");
    assert_ends(&output, 5, "tokenturn recover");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_is_brought_to_its_end() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let gate = Gate::start(&sandbox.url()).await;
    let stage = Stage::behind(&gate.url(), sandbox);
    let mona = stage.sign_in().await;
    stage.import("mona", &mona, ENDED);
    let call = gate.hold("POST", Point::Answer);
    let mut program = Waiting::new(token(&stage, "mona", &[]));
    call.is_there().await;
    signal("TERM", program.child.id());
    program.line(|line| line.starts_with("stopping: waiting for the answer"));
    // However long it takes.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    call.release().await;
    let new = printed(&program.end());
    assert!(stage.sandbox.is_alive(&new));
    assert_eq!(stage.stored("mona"), new);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a token is kept in memory for a minute before it is put elsewhere"]
async fn what_the_vault_does_not_take_is_rescued() {
    let stage = Stage::new().await;
    let mona = stage.sign_in().await;
    stage.import("mona", &mona, ENDED);
    stage.execute(
        "CREATE TRIGGER refuse BEFORE UPDATE ON token WHEN NEW.generation > OLD.generation
         BEGIN SELECT RAISE(ABORT, 'refused'); END",
    );
    let output = run(token(&stage, "mona", &["--json"]), "");
    let line = json(&output);
    assert_eq!(line["exit_code"], 6, "{line}");
    let message = line["message"].as_str().unwrap();
    let (_, file) = message
        .split_once("tokenturn vault import --replace ")
        .unwrap();
    let rescued = fs::read_to_string(stage.path(file)).unwrap();
    let row: Value = serde_json::from_str(&rescued).unwrap();
    let new = row["token"].as_str().unwrap();
    assert!(stage.sandbox.is_alive(new));
    assert!(row["refresh_token"].is_string(), "{row}");
    assert!(!both(&output).contains(new));
    stage.execute("DROP TRIGGER refuse");
    succeed(stage.anywhere(&["vault", "import", "--replace", file]), "");
    assert_eq!(printed(&run(token(&stage, "mona", &[]), "")), new);
}
