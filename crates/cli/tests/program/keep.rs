//! `refresh --all` and `vault keep`: tokens that are replaced before they end.

use std::io::{BufRead, BufReader, Lines};
use std::process::{ChildStdout, Command};
use std::time::Duration;

use crate::support::expiring::{ENDED, LIVES, Pair, Stage, in_an_hour};
use crate::support::login::Waiting;
use crate::support::*;
use serde_json::{Value, json};
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::crash::{Gate, Point};
use tokenturn_tests::{RawServer, json_answer};

/// A vault with a token that has ended, one that ends soon, and one that lives.
async fn three() -> (Stage, [Pair; 3]) {
    let stage = Stage::new().await;
    let soon = in_an_hour();
    let mut pairs = Vec::new();
    for (id, end) in [("ended", ENDED), ("soon", &soon), ("lives", LIVES)] {
        let pair = stage.sign_in().await;
        stage.import(id, &pair, end);
        pairs.push(pair);
    }
    (stage, pairs.try_into().ok().unwrap())
}

fn summary(command: Command, code: i32) -> Value {
    let output = run(command, "");
    assert_eq!(output.status.code(), Some(code), "{}", both(&output));
    json(&output)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_soon_is_refreshed() {
    let (stage, [ended, soon, lives]) = three().await;
    let refresh = |more: &[&str]| {
        let arguments = ["refresh", "--all", "--json"];
        stage.command(&[&arguments, more].concat())
    };
    let plan = summary(refresh(&["--expiring-within", "2h", "--dry-run"]), 0);
    assert_eq!(plan["apps"][0]["tokens"], 2, "{plan}");
    assert_eq!(stage.refreshes(), 0);

    let report = ["--expiring-within", "2h", "--report", "report.jsonl"];
    let done = summary(refresh(&report), 0);
    assert_eq!(done["command"], "refresh");
    assert_eq!(done["replaced"], 2, "{done}");
    assert_eq!(stage.stored("lives"), lives.token);
    for (id, old) in [("ended", &ended), ("soon", &soon)] {
        assert!(!stage.sandbox.is_alive(&old.token));
        assert!(stage.sandbox.is_alive(&stage.stored(id)));
    }
    assert_eq!(read(stage.folder.path(), "report.jsonl").lines().count(), 2);

    // Nothing is due any more, and that is fine.
    let done = summary(refresh(&["--expiring-within", "2h"]), 0);
    assert_eq!(done["replaced"], 0, "{done}");
    let text = succeed(
        stage.command(&["refresh", "--all", "--expiring-within", "2h"]),
        "",
    );
    assert!(text.contains("no token has to be refreshed\n"), "{text}");
    let done = summary(refresh(&[]), 0);
    assert_eq!(done["replaced"], 3, "{done}");

    summary(refresh(&["--id", "nobody"]), 8);
    let output = run(stage.anywhere(&["refresh", "--all"]), "");
    assert_bad_input(&output, "is not known to be a server of github's");
    let output = run(stage.anywhere(&["refresh"]), "");
    assert_bad_input(&output, "--all");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_by_the_device_flow_needs_no_secret() {
    let stage = Stage::new().await;
    for id in ["a", "b", "c"] {
        stage.import(id, &stage.sign_in_on_a_device().await, ENDED);
    }
    for (more, count) in [(&["--dry-run"][..], 0), (&[], 3)] {
        let arguments = [&["refresh", "--all", "--json"], more].concat();
        let mut command = stage.command(&arguments);
        command.env_remove(SECRET_VARIABLE);
        summary(command, 0);
        assert_eq!(stage.refreshes(), count);
    }
    for id in ["a", "b", "c"] {
        assert!(stage.sandbox.is_alive(&stage.stored(id)));
    }

    // For what came in the browser it is said that one is missing.
    stage.import("mona", &stage.sign_in().await, ENDED);
    for more in [&[][..], &["--json"]] {
        let mut command = stage.command(&[&["refresh", "--all", "--id", "mona"], more].concat());
        command.env_remove(SECRET_VARIABLE);
        assert_ends(&run(command, ""), 3, SECRET_VARIABLE);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_and_can_be_refreshed_is_nothing_wrong() {
    let stage = Stage::new().await;
    stage.import("mona", &stage.sign_in().await, ENDED);
    stage.sandbox.advance(Duration::from_secs(9 * 3600));
    let checked = summary(stage.command(&["check", "--all", "--json"]), 0);
    assert_eq!(checked["expired"], 1, "{checked}");
    let text = succeed(stage.command(&["check", "--all"]), "");
    assert!(
        text.contains("expired                1  they can be"),
        "{text}"
    );
    let token = succeed(stage.command(&["token", "mona"]), "");
    assert!(stage.sandbox.is_alive(token.trim_end()));
}

/// `vault keep`, and what it tells of its passes.
struct Keeping {
    program: Waiting,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Keeping {
    fn new(stage: &Stage, more: &[&str]) -> Self {
        let arguments = ["vault", "keep", "--every", "1s", "--json"];
        let mut program = Waiting::new(stage.command(&[&arguments, more].concat()));
        let stdout = program.child.stdout.take().unwrap();
        let lines = BufReader::new(stdout).lines();
        Self { program, lines }
    }

    /// The next pass of which this holds.
    fn pass(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        let mut lines = self.lines.by_ref().map(|line| line.unwrap());
        let mut passes = lines
            .by_ref()
            .map(|line| serde_json::from_str(&line).unwrap());
        passes.find(is_it).unwrap()
    }

    /// Asks it to stop, which is its end.
    fn end(mut self, name: &str) {
        signal(name, self.program.child.id());
        assert_eq!(self.program.child.wait().unwrap().code(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_kept_alive_until_somebody_says_stop() {
    let (stage, [_, _, lives]) = three().await;
    let mut keeping = Keeping::new(&stage, &["--expiring-within", "2h"]);
    let first = keeping.pass(|_| true);
    assert_eq!(first["command"], "keep");
    assert_eq!(first["replaced"], 2, "{first}");
    assert_eq!(first["exit_code"], 0, "{first}");
    assert!(first["at"].is_string(), "{first}");
    assert_eq!(stage.stored("lives"), lives.token);

    // What comes later is found by the next pass, and one after that has nothing to do.
    let later = stage.sign_in().await;
    stage.import("later", &later, ENDED);
    keeping.pass(|pass| pass["replaced"] == 1);
    assert!(stage.sandbox.is_alive(&stage.stored("later")));
    keeping.pass(|pass| pass["replaced"] == 0 && pass["exit_code"] == 0);
    assert_eq!(stage.refreshes(), 3);
    keeping.end("TERM");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_is_stopped_is_not_the_end() {
    let (stage, _) = three().await;
    write_private(stage.folder.path(), "secret", "wrong");
    let more = ["--expiring-within", "2h", "--client-secret-file", "secret"];
    let mut keeping = Keeping::new(&stage, &more);
    for _ in 0..2 {
        let pass = keeping.pass(|_| true);
        assert_eq!(pass["stopped"], "bad_credentials", "{pass}");
        assert_eq!(pass["exit_code"], 3, "{pass}");
        assert!(pass["message"].is_string(), "{pass}");
    }
    // Nor is a vault that is gone.
    std::fs::rename(stage.path("tokenturn.db"), stage.path("moved.db")).unwrap();
    let pass = keeping.pass(|pass| pass["stopped"] != "bad_credentials");
    assert!(
        pass["message"].as_str().unwrap().contains("no vault"),
        "{pass}"
    );
    std::fs::rename(stage.path("moved.db"), stage.path("tokenturn.db")).unwrap();
    write_private(
        stage.folder.path(),
        "secret",
        &stage.sandbox.client_secret(),
    );
    keeping.pass(|pass| pass["replaced"] == 2);
    keeping.end("INT");
}

/// Whoever has two apps, and changed the secret of one, does not lose the users of the other one.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_is_refused_does_not_hold_up_another() {
    let stage = Stage::new().await;
    for id in ["a", "b", "c", "d"] {
        stage.import(id, &stage.sign_in().await, ENDED);
    }
    let other = json!({
        "id": "other",
        "token": "ghu_other",
        "refresh_token": "ghr_other",
        "expires_at": ENDED,
        "client_id": "other",
        "server": stage.sandbox.url(),
    });
    let arguments = ["vault", "import", "-", "--format", "jsonl"];
    succeed(stage.anywhere(&arguments), &other.to_string());
    write_private(
        stage.folder.path(),
        "secret",
        &stage.sandbox.client_secret(),
    );
    write_private(stage.folder.path(), "wrong", "wrong");
    let secret = format!("{}=secret", stage.sandbox.client_id());
    let arguments = ["refresh", "--all", "--json", "--app-secret-file", &secret];
    let more = ["--app-secret-file", "other=wrong"];
    // One at a time, so that the no comes before the others are sent.
    let refresh = [&arguments[..], &more, &["--concurrency", "1"]].concat();
    let done = summary(stage.command(&refresh), 3);
    assert_eq!(done["replaced"], 4, "{done}");
    assert_eq!(done["not_attempted"], 1, "{done}");
    assert_eq!(done["stopped"], "bad_credentials", "{done}");
    for id in ["a", "b", "c", "d"] {
        assert!(stage.sandbox.is_alive(&stage.stored(id)));
    }
    assert_eq!(stage.stored("other"), "ghu_other");
}

/// As after a start of the machine.
#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_is_away_at_first_is_waited_for() {
    let (stage, _) = three().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("postgresql://me@{}/none", port.local_addr().unwrap());
    drop(port);
    let mut keeping = Keeping::new(&stage, &["--expiring-within", "2h", "--vault", &nobody]);
    for _ in 0..2 {
        let pass = keeping.pass(|_| true);
        assert_eq!(pass["error"], "unavailable", "{pass}");
    }
    keeping.end("TERM");
}

/// A pass that is stopped leaves a run behind, which is through with what was refused.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_tried_again_by_the_next_pass() {
    let server = RawServer::start_with(|_| {
        json_answer("403 Forbidden", "", r#"{"message":"not now"}"#).into()
    })
    .await;
    let stage = Stage::behind(&server.url(), Sandbox::start(0).await.unwrap());
    let pair = Pair {
        token: String::new(),
        refresh_token: "ghr_1".to_owned(),
    };
    for number in 0..12 {
        let token = format!("ghu_{number}");
        let pair = Pair {
            token,
            ..pair.clone()
        };
        stage.import(&number.to_string(), &pair, ENDED);
    }
    let mut keeping = Keeping::new(&stage, &["--expiring-within", "2h"]);
    for _ in 0..2 {
        let pass = keeping.pass(|_| true);
        assert_eq!(pass["refused"]["other"], 10, "{pass}");
    }
    keeping.end("TERM");
}

/// An earlier pass could not, and nothing is to be refreshed any more.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_to_be_handed_on_is_handed_on_by_a_later_pass() {
    let stage = Stage::new().await;
    let mona = stage.sign_in().await;
    stage.import("mona", &mona, LIVES);
    stage.execute("UPDATE token SET undelivered = 1");
    let more = ["--expiring-within", "2h", "--deliver", "cat > handed"];
    let mut keeping = Keeping::new(&stage, &more);
    let pass = keeping.pass(|_| true);
    assert_eq!(pass["delivered"], 1, "{pass}");
    assert_eq!(read(stage.folder.path(), "handed"), mona.token);
    keeping.end("TERM");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_is_brought_to_its_end() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let gate = Gate::start(&sandbox.url()).await;
    let stage = Stage::behind(&gate.url(), sandbox);
    stage.import("mona", &stage.sign_in().await, ENDED);
    let call = gate.hold("POST", Point::Answer);
    let arguments = [
        "vault",
        "keep",
        "--every",
        "1h",
        "--deliver",
        "cat > handed",
    ];
    let mut program = Waiting::new(stage.command(&arguments));
    call.is_there().await;
    signal("TERM", program.child.id());
    program.line(|line| line.starts_with("stopping: waiting for the answers"));
    call.release().await;
    let output = program.end();
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let text = stdout(&output);
    assert!(text.contains("Z refreshed 1, handed on 1, in "), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    let new = stage.stored("mona");
    assert!(stage.sandbox.is_alive(&new));
    assert_eq!(read(stage.folder.path(), "handed"), new);
    assert!(!both(&output).contains(&new));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_go_well_is_refused_at_once() {
    let (stage, _) = three().await;
    for (more, advice) in [
        (&["--every", "2h"][..], "would end between two passes"),
        (
            &["--expiring-within", "10m"],
            "would end between two passes",
        ),
        (&["--every", "0s"], "a second is the least"),
        (&["--vault", "none.db"], "there is no vault at none.db"),
        (&["--deliver-refresh-token"], "needs --deliver"),
    ] {
        let output = run(stage.command(&[&["vault", "keep"], more].concat()), "");
        assert_bad_input(&output, advice);
    }
    let output = run(stage.anywhere(&["vault", "keep"]), "");
    assert_bad_input(&output, "is not known to be a server of github's");
    assert_eq!(stage.refreshes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monitor_reads_what_ends() {
    let (stage, _) = three().await;
    let url = stage.sandbox.url();
    let app = ["--client-id", &stage.sandbox.client_id(), "--server", &url];
    let put = ["vault", "put", "alone", "--token-file", "-"];
    let file = format!(r#"{{"access_token":"ghu_alone","expires_at":"{ENDED}"}}"#);
    succeed(stage.anywhere(&[&put, &app[..]].concat()), &file);
    let status = || summary(stage.anywhere(&["vault", "status", "--json"]), 0);
    let line = status();
    for of in [&line, &line["apps"][0]] {
        assert_eq!(of["tokens"], 4, "{line}");
        assert_eq!(of["refreshable"], 3, "{line}");
        assert_eq!(of["due"], 2, "{line}");
        assert_eq!(of["expired"], 1, "{line}");
    }
    let text = succeed(stage.anywhere(&["vault", "status"]), "");
    for row in [
        "refreshable 3\n",
        "due         2, which end",
        "expired     1, and cannot be",
    ] {
        assert!(text.contains(row), "{row}: {text}");
    }
    succeed(stage.command(&["refresh", "--all"]), "");
    assert_eq!(status()["due"], 0);

    // Since when, and why.
    let checked = summary(stage.command(&["check", "--all", "--json"]), 1);
    assert_eq!(checked["invalid"], 1, "{checked}");
    let shown = summary(stage.anywhere(&["vault", "show", "alone", "--json"]), 0);
    assert_eq!(shown["state"], "revoked");
    assert_eq!(shown["ended"]["why"], "expired", "{shown}");
    let at = shown["ended"]["at"].as_str().unwrap();
    let text = succeed(stage.anywhere(&["vault", "show", "alone"]), "");
    assert!(text.contains("ended        since 2"), "{text}");
    assert!(
        text.contains(": it has expired, and there is no refresh token"),
        "{text}"
    );
    let list = succeed(stage.anywhere(&["vault", "list"]), "");
    let seconds = &at[..19];
    assert!(
        list.contains(&format!("{ENDED}  {seconds}Z expired\n")),
        "{list}"
    );

    let shown = summary(stage.anywhere(&["vault", "show", "lives", "--json"]), 0);
    assert_eq!(shown["ended"], Value::Null);
    assert!(shown["refresh_token_expires_at"].is_string(), "{shown}");
}
