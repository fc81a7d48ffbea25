//! `refresh` of a file that somebody else refreshes as well: the first use of a refresh token wins.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::mpsc;

use crate::support::login::Waiting;
use crate::support::*;
use serde_json::Value;
use tempfile::TempDir;
use tokenturn::Secret;
use tokenturn_tests::{RawServer, json_answer};

const OLD: &str = r#"{"access_token":"ghu_0","refresh_token":"ghr_0"}"#;
const NEW: &str = r#"{"access_token":"ghu_1","expires_at":"2030-01-01T00:00:00Z","refresh_token":"ghr_1","refresh_token_expires_at":"2030-07-01T00:00:00Z"}"#;
const USED: &str = r#"{"error":"bad_refresh_token"}"#;

/// `refresh github` without a client secret.
fn refresh(folder: &Path, url: &str, token_file: &str, out: &str) -> Command {
    let mut arguments = vec!["refresh", "github", "--client-id", "x", "--json"];
    arguments.extend(["--base-url", url, "--token-file", token_file, "--out", out]);
    tokenturn(folder, &arguments)
}

/// What is in a file, with its line break or without.
fn text(folder: &Path, name: &str) -> String {
    let text = fs::read_to_string(folder.join(name)).unwrap();
    text.trim_end().to_owned()
}

#[track_caller]
fn assert_adopted(output: &Output, token: &str) {
    assert_eq!(output.status.code(), Some(0), "{}", both(output));
    let report = json(output);
    assert_eq!(report["outcome"], "adopted");
    assert_eq!(report["reason"], Value::Null);
    assert_eq!(report["status"], Value::Null);
    assert_eq!(report["receipt"], Value::Null);
    let fingerprint = Secret::new(token).fingerprint().to_string();
    assert_eq!(report["new_fingerprint"], fingerprint);
}

/// A server at which somebody else writes `text` into a file while the refresh is under way.
async fn meanwhile(file: Option<std::path::PathBuf>, text: &'static str) -> RawServer {
    RawServer::start_with(move |_| {
        if let Some(file) = &file {
            fs::write(file, text).unwrap();
        }
        json_answer("200 OK", "", USED).into()
    })
    .await
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_wait_for_each_other() {
    for out in ["t.json", "new.json"] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("t.json"), OLD).unwrap();
        let (ask, asked) = mpsc::channel();
        let (go_on, may_answer) = mpsc::channel();
        let server = RawServer::start_with(move |_| {
            ask.send(()).unwrap();
            may_answer.recv().unwrap();
            let body = r#"{"access_token":"ghu_1","refresh_token":"ghr_1","token_type":"bearer"}"#;
            json_answer("200 OK", "", body).into()
        })
        .await;
        let start = || Waiting::new(refresh(folder.path(), &server.url(), "t.json", out));
        let first = start();
        asked.recv_timeout(LONGEST).unwrap();
        let mut second = start();
        let line = second.line(|line| line.starts_with("waiting for"));
        assert_eq!(line, "waiting for another refresh of t.json\n");
        go_on.send(()).unwrap();
        let first = first.end();
        assert_eq!(first.status.code(), Some(0), "{}", both(&first));
        assert_eq!(json(&first)["outcome"], "rotated");
        assert_adopted(&second.end(), "ghu_1");
        assert_eq!(server.requests().len(), 1);
        assert!(text(folder.path(), out).contains("ghr_1"));
    }
}

/// The new pair is in it and nowhere else, so whoever reads the message has to know of the file.
#[tokio::test(flavor = "multi_thread")]
async fn the_message_tells_of_an_answer_that_is_kept() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("t.json"), OLD).unwrap();
    let page = r#"<html>{"access_token":"ghu_1","refresh_token":"ghr_1"}</html>"#;
    let server = RawServer::start([json_answer("200 OK", "", page)]).await;
    let url = server.url();
    let mut arguments = vec!["refresh", "github", "--client-id", "x", "--base-url", &url];
    arguments.extend(["--token-file", "t.json", "--out", "t.json"]);
    let mut command = tokenturn(folder.path(), &arguments);
    command.env("TMPDIR", folder.path());
    let output = run(command, "");
    assert_eq!(output.status.code(), Some(5), "{}", both(&output));
    let told = both(&output);
    assert!(
        told.contains("may have the new tokens in it, and is kept"),
        "{told}"
    );
    assert_eq!(text(folder.path(), "t.json"), OLD);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_second_takes_over_what_the_first_has_got() {
    for (token_file, out, written) in [
        ("t.json", "t.json", "t.json"),
        // In its own place, and in the one that was asked for.
        ("t.json", "new.json", "t.json"),
        ("t.json", "new.json", "new.json"),
        ("t.json", "other.json", "other.json"),
        ("-", "new.json", "new.json"),
    ] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("t.json"), OLD).unwrap();
        let other = OLD.replace('0', "9");
        fs::write(folder.path().join("other.json"), other).unwrap();
        let server = meanwhile(Some(folder.path().join(written)), NEW).await;
        let url = server.url();
        let output = run(refresh(folder.path(), &url, token_file, out), OLD);
        assert_adopted(&output, "ghu_1");
        let report = json(&output);
        assert_eq!(report["expires_at"], "2030-01-01T00:00:00Z");
        assert_eq!(report["out"], out);
        assert_eq!(
            text(folder.path(), out),
            NEW,
            "{token_file} {out} {written}"
        );
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_before_or_is_no_pair_is_not_taken_over() {
    for (token_file, out, written, meant) in [
        // Nobody has written anything; `other.json` is somebody's from long ago.
        ("t.json", "t.json", None, ""),
        ("t.json", "other.json", None, ""),
        ("-", "other.json", None, ""),
        ("t.json", "t.json", Some("t.json"), OLD),
        ("t.json", "t.json", Some("t.json"), "ghu_alone"),
        (
            "t.json",
            "t.json",
            Some("t.json"),
            r#"{"access_token":"ghu_1"}"#,
        ),
        (
            "t.json",
            "t.json",
            Some("t.json"),
            r#"{"access_token":"ghu_1","refr"#,
        ),
    ] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("t.json"), OLD).unwrap();
        fs::write(folder.path().join("other.json"), NEW).unwrap();
        let server = meanwhile(written.map(|name| folder.path().join(name)), meant).await;
        let url = server.url();
        let output = run(refresh(folder.path(), &url, token_file, out), OLD);
        assert_eq!(output.status.code(), Some(3), "{}", both(&output));
        assert_eq!(json(&output)["code"], "bad_refresh_token");
        let other = text(folder.path(), "other.json");
        assert_eq!(other, NEW);
    }
}

/// By RFC 6749, section 6, the old one goes on where no new one comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_is_not_replaced_stays() {
    let dated = r#"{"access_token":"ghu_0","refresh_token":"ghr_0","refresh_token_expires_at":"2030-07-01T00:00:00Z"}"#;
    for (stored, expires_at) in [
        (dated, Some("2030-07-01T00:00:00Z")),
        (OLD, None),
        ("ghr_0", None),
    ] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("t.json"), stored).unwrap();
        let answer = r#"{"access_token":"ghu_1","token_type":"bearer"}"#;
        let server = RawServer::start([json_answer("200 OK", "", answer)]).await;
        let url = server.url();
        let output = run(refresh(folder.path(), &url, "t.json", "t.json"), "");
        assert_eq!(output.status.code(), Some(0), "{}", both(&output));
        let report = json(&output);
        let told = report["warning"].as_str().unwrap();
        assert!(told.contains("no refresh token"), "{told}");
        let warning = format!("warning: {told}\n");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), warning);
        let saved: Value = serde_json::from_str(&text(folder.path(), "t.json")).unwrap();
        assert_eq!(saved["access_token"], "ghu_1");
        assert_eq!(saved["refresh_token"], "ghr_0");
        assert_eq!(saved["refresh_token_expires_at"].as_str(), expires_at);
        assert_eq!(report["refresh_token_expires_at"].as_str(), expires_at);
    }
}
