//! A fleet behind a gateway that lies: what is lost, what is called dead, and what is said about it.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::process::{Command, Output};
use std::sync::{Arc, OnceLock};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::crash::{Fate, Gate};
use tokenturn_tests::json_answer;

use crate::support::*;

/// As many as the promise is about.
const MANY: usize = 10_000;
/// What a run that goes to the end is tried with.
const SOME: usize = 1_000;
/// The rows with a label, for a second run that need not be as long.
const LABELLED: usize = 100;

/// A sandbox, a gateway before it, and a vault that calls it through that.
struct Stage {
    sandbox: Sandbox,
    gate: Gate,
    folder: TempDir,
}

/// The rows of a vault against what the sandbox says.
#[derive(Debug, Default, PartialEq)]
struct Judged {
    /// The token of the row is dead.
    dead: usize,
    /// The row says that it is active.
    active: usize,
    lost: usize,
    revoked: usize,
    unknown: usize,
}

impl Stage {
    async fn github(count: usize) -> Self {
        let stage = Self::start().await;
        let tokens = stage.sandbox.new_github_tokens(count);
        let id = stage.sandbox.client_id();
        let line = |token: String| json!({ "token": token, "client_id": id });
        stage.import(tokens.into_iter().map(line));
        stage
    }

    async fn ohmygpt(count: usize) -> Self {
        let stage = Self::start().await;
        let users = stage.sandbox.new_ohmygpt_users(count);
        stage.import(users.into_iter().map(|user| {
            let (oauth_token, token) = (user.oauth_token, user.admin_token);
            json!({ "provider": "ohmygpt", "oauth_token": oauth_token, "token": token })
        }));
        stage
    }

    async fn start() -> Self {
        let sandbox = Sandbox::start(0).await.unwrap();
        sandbox.set_rate_limit(None);
        Self {
            gate: Gate::start(&sandbox.url()).await,
            sandbox,
            folder: TempDir::new().unwrap(),
        }
    }

    fn import(&self, rows: impl Iterator<Item = Value>) {
        let mut lines = String::new();
        for (number, mut row) in rows.enumerate() {
            row["id"] = json!(format!("t{number:05}"));
            row["server"] = json!(self.gate.url());
            if number < LABELLED {
                row["label"] = json!("labelled");
            }
            lines.push_str(&format!("{row}\n"));
        }
        let arguments = ["vault", "import", "--init", "-", "--format", "jsonl"];
        succeed(self.command(&arguments), &lines);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = tokenturn_at(self.folder.path(), &self.gate.url(), arguments);
        command.env("TMPDIR", self.folder.path());
        command.env(SECRET_VARIABLE, self.sandbox.client_secret());
        command
    }

    fn fleet(&self, verb: &[&str]) -> Output {
        let quickly = ["--leave-alone", "200ms"];
        run(self.command(&[verb, &quickly].concat()), "")
    }

    fn judge(&self) -> Judged {
        let arguments = ["vault", "export", "-", "--format", "jsonl"];
        let text = succeed(self.command(&arguments), "");
        let mut judged = Judged::default();
        let mut owners = HashMap::new();
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let (id, token) = (&row["id"], row["token"].as_str().unwrap());
            let before = owners.insert(token.to_owned(), id.clone());
            assert_eq!(before, None, "two rows have one token");
            let is_alive = self.sandbox.is_alive(token);
            judged.dead += usize::from(!is_alive);
            let count = match row["state"].as_str().unwrap() {
                "active" => {
                    assert!(is_alive, "{id} is active and dead");
                    &mut judged.active
                }
                "lost" => &mut judged.lost,
                "revoked" => &mut judged.revoked,
                "unknown" => &mut judged.unknown,
                state => panic!("{id} is {state}"),
            };
            *count += 1;
            let is_called_dead = row["state"] == "lost" || row["state"] == "revoked";
            assert!(!(is_alive && is_called_dead), "{id} is alive");
        }
        judged
    }
}

fn is_change(request: &[u8]) -> bool {
    let rotation = b"POST /api/v1/user/oauth/app/rotate-user-admin-token ";
    request.starts_with(b"PATCH ") || request.starts_with(rotation)
}

/// What makes every answer to a change out of the true one.
fn every_change(altered: fn(Vec<u8>) -> Vec<u8>) -> impl FnMut(&[u8]) -> Fate + Send {
    move |request| match is_change(request) {
        true => Fate::Altered(Box::new(altered)),
        false => Fate::Pass,
    }
}

fn body(answer: &[u8]) -> &[u8] {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
    &answer[end.unwrap() + 4..]
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

fn timed_out(_: Vec<u8>) -> Vec<u8> {
    let page = b"<html><h1>504 Gateway Time-out</h1></html>";
    answer("504 Gateway Timeout", "content-type: text/html\r\n", page)
}

fn in_page(made: Vec<u8>) -> Vec<u8> {
    let made: Value = serde_json::from_slice(body(&made)).unwrap();
    // The hash of it would be proof enough.
    let token = made["token"].as_str().or(made["data"]["token"].as_str());
    let page = format!(
        "<!doctype html><script>state = {}</script>",
        json!({ "token": token })
    );
    answer("200 OK", "content-type: text/html\r\n", page.as_bytes())
}

/// A token that there is not.
fn with_no_token(made: Vec<u8>) -> Vec<u8> {
    let made: Value = serde_json::from_slice(body(&made)).unwrap();
    let (prefix, rest) = made["token"].as_str().unwrap().split_at(4);
    let token = prefix.chars().chain(rest.chars().rev());
    let body = json!({ "token": token.collect::<String>() }).to_string();
    let headers = "content-type: application/json\r\nx-github-request-id: A:1\r\n";
    answer("200 OK", headers, body.as_bytes())
}

fn in_another_coding(made: Vec<u8>) -> Vec<u8> {
    let unreadable: Vec<u8> = body(&made).iter().map(|byte| !byte).collect();
    let headers = "content-type: application/json\r\ncontent-encoding: zstd\r\n";
    answer("200 OK", headers, &unreadable)
}

fn in_gzip(made: Vec<u8>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body(&made)).unwrap();
    let headers = "x-github-request-id: A:1\r\ncontent-type: application/json\r\ncontent-encoding: x-gzip\r\n";
    answer("200 OK", headers, &encoder.finish().unwrap())
}

/// Every change is made, and gets the answer of the first one.
fn the_first_again() -> impl FnMut(&[u8]) -> Fate + Send {
    let first = Arc::new(OnceLock::new());
    move |request| match is_change(request) {
        true => {
            let first = Arc::clone(&first);
            Fate::Altered(Box::new(move |made| first.get_or_init(|| made).clone()))
        }
        false => Fate::Pass,
    }
}

/// One call in four has no route.
fn without_route() -> impl FnMut(&[u8]) -> Fate + Send {
    let mut calls = 0;
    move |_| {
        calls += 1;
        let no = r#"{"message":"no Route matched with those values"}"#;
        match calls % 4 {
            0 => Fate::Instead(json_answer("404 Not Found", "", no).into_bytes()),
            _ => Fate::Pass,
        }
    }
}

/// Most that a lie may cost beyond what `recover` gets back.
const MOST: usize = 3;

impl Stage {
    /// Lets the gateway lie to a run over all tokens, which has to stop and say what to do. That.
    fn lie(&self, fate: impl FnMut(&[u8]) -> Fate + Send + 'static) -> String {
        self.gate.tell(fate);
        let output = self.fleet(&["rotate", "--all"]);
        self.gate.pass();
        let text = stdout(&output);
        assert!(matches!(output.status.code(), Some(4 | 6)), "{text}");
        let last = text.lines().last().unwrap().to_owned();
        assert!(last.starts_with("stopped: "), "{text}");
        assert!(last.contains("; find out what "), "{text}");
        assert!(last.ends_with(", and run it again"), "{text}");
        last
    }

    /// What there is when the gateway lies no more and `recover` was run; everything else can be
    /// replaced then.
    fn after_all(&self, count: usize) -> Judged {
        let output = self.fleet(&["recover"]);
        let judged = self.judge();
        assert!(judged.dead <= MOST, "{judged:?}");
        assert_eq!(judged.active, count - judged.dead, "{judged:?}");
        let code = i32::from(output.status.code() == Some(1));
        assert_eq!(output.status.code(), Some(code), "{}", both(&output));

        let before = self.sandbox.replacement_count();
        let again = ["rotate", "--all", "--label", "labelled", "--json"];
        let output = self.fleet(&again);
        let code = i32::from(judged.dead > 0);
        assert_eq!(output.status.code(), Some(code), "{}", both(&output));
        assert_eq!(json(&output)["replaced"], LABELLED - judged.dead);
        assert_eq!(json(&output)["dead"], judged.dead);
        let replaced = self.sandbox.replacement_count() - before;
        assert_eq!(replaced, LABELLED - judged.dead);
        assert_eq!(self.judge(), judged);
        judged
    }
}

/// Of so many tokens, so many are lost.
fn lost(lost: usize, of: usize) -> Judged {
    Judged {
        dead: lost,
        active: of - lost,
        lost,
        ..Judged::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_without_answers_cost_three_tokens() {
    let stage = Stage::github(MANY).await;
    let last = stage.lie(every_change(timed_out));
    assert!(last.contains("3 tokens of an app are lost"), "{last}");
    assert_eq!(stage.after_all(MANY), lost(3, MANY));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_coding_costs_three_tokens() {
    let stage = Stage::github(MANY).await;
    let last = stage.lie(every_change(in_another_coding));
    assert!(last.contains("3 tokens of an app are lost"), "{last}");
    assert_eq!(stage.after_all(MANY), lost(3, MANY));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_in_pages_are_found_and_stop_the_run() {
    let stage = Stage::github(MANY).await;
    let last = stage.lie(every_change(in_page));
    assert!(last.contains("3 new tokens in a row"), "{last}");
    assert_eq!(stage.sandbox.replacement_count(), 3);
    assert_eq!(stage.judge(), lost(0, MANY));

    // As many as somebody says, and what was left in doubt does not count.
    stage.gate.tell(every_change(in_page));
    let output = stage.fleet(&["rotate", "--all", "--max-lost", "2", "--json"]);
    stage.gate.pass();
    assert_eq!(output.status.code(), Some(4), "{}", both(&output));
    assert_eq!(json(&output)["stopped"], "not_believed");
    assert_eq!(stage.sandbox.replacement_count(), 5);
    assert_eq!(stage.after_all(MANY), lost(0, MANY));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_for_all_costs_one() {
    let stage = Stage::github(MANY).await;
    let last = stage.lie(the_first_again());
    assert!(last.contains("another row has"), "{last}");
    assert_eq!(stage.sandbox.replacement_count(), 2);
    // What was kept is the token of another row, and `recover` does not stop at it.
    assert_eq!(stage.after_all(MANY), lost(1, MANY));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_is_not_handed_on() {
    let stage = Stage::github(SOME).await;
    let rotate = |label: &[&str]| {
        let command = ["rotate", "--all", "--deliver", "cat >> handed-on"];
        stage.fleet(&[&command, label].concat())
    };
    stage.gate.tell(every_change(with_no_token));
    let output = rotate(&[]);
    stage.gate.pass();
    assert_eq!(output.status.code(), Some(4), "{}", both(&output));
    assert!(stdout(&output).contains("; find out what answers"));
    assert!(!stage.folder.path().join("handed-on").exists());
    assert_eq!(stage.judge(), lost(1, SOME));

    // Nor is it waited for.
    let output = rotate(&["--label", "labelled", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", both(&output));
    let counts = json(&output);
    assert_eq!(
        (&counts["dead"], &counts["undelivered"]),
        (&json!(1), &json!(0))
    );
    let handed_on = std::fs::read_to_string(stage.folder.path().join("handed-on")).unwrap();
    assert_eq!(handed_on.matches("gho_").count(), LABELLED - 1);
}

/// All of it is gone through, which takes its time: 10,000 calls in a program that is not optimized.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_without_a_route_kills_nothing() {
    let stage = Stage::github(MANY).await;
    stage.gate.tell(without_route());
    let output = stage.fleet(&["rotate", "--all"]);
    stage.gate.pass();
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert_eq!(stage.judge(), lost(0, MANY));
    let replaced = stage.sandbox.replacement_count();
    assert!((MANY / 2..MANY).contains(&replaced), "{replaced}");
    assert!(
        text.contains(&format!("replaced {replaced:>15}\n")),
        "{text}"
    );
    let refused = MANY - replaced;
    assert!(text.contains(&format!("refused {refused:>16}  ")), "{text}");
    assert_eq!(stage.after_all(MANY), lost(0, MANY));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coding_by_its_old_name_is_read() {
    let stage = Stage::github(SOME).await;
    stage.gate.tell(every_change(in_gzip));
    let text = succeed(stage.command(&["rotate", "--all"]), "");
    assert!(text.starts_with("replaced            1000\n"), "{text}");
    stage.gate.pass();
    assert_eq!(stage.after_all(SOME), lost(0, SOME));
}

/// OhMyGPT's tokens can be replaced again by whoever has the OAuth tokens, so that the run waits for
/// the provider for as long as its patience lasts, with a few in doubt, until it is told to stop.
#[tokio::test(flavor = "multi_thread")]
async fn ohmygpts_tokens_all_come_back() {
    for altered in [timed_out, in_page, in_another_coding] {
        let stage = Stage::ohmygpt(SOME).await;
        stage.gate.tell(every_change(altered));
        let command = ["rotate", "--all", "--leave-alone", "200ms"];
        let child = start(stage.command(&command), "");
        let tried = || {
            let done = stage.sandbox.replacements();
            let accounts = done.into_iter().filter_map(|done| done.account);
            (
                accounts.collect::<HashSet<_>>().len(),
                stage.sandbox.replacement_count(),
            )
        };
        until(|| tried().1 >= 5);
        signal("INT", child.id());
        let output = child.wait_with_output().unwrap();
        stage.gate.pass();
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(5), "{text}");
        assert!(text.ends_with("run it again\n"), "{text}");
        assert!(text.contains("run later: tokenturn recover\n"), "{text}");
        assert!(tried().0 <= MOST, "{:?}", tried());
        assert_eq!(stage.after_all(SOME), lost(0, SOME));
    }
    let stage = Stage::ohmygpt(SOME).await;
    stage.lie(the_first_again());
    assert_eq!(stage.sandbox.replacement_count(), 2);
    assert_eq!(stage.after_all(SOME), lost(0, SOME));
}
