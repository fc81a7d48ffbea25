//! Every form in which a login host may answer in the device flow, and what ends the wait.

use std::time::Duration;

use tokenturn::github::{DeviceCode, UserToken};
use tokenturn::sink::MemorySink;
use tokenturn::{CallError, RefusalReason, RotateError, Rotated, Rotations, Unheard};
use tokenturn_tests::{RawServer, github, json_answer, until};
use tokio::time::{Instant, advance};

use crate::sandbox::clock;

const PENDING: &str = r#"{"error":"authorization_pending"}"#;
const TOKEN: &str = r#"{"access_token":"gho_new","token_type":"bearer","scope":"repo"}"#;

fn answer(status: &str, media: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn form(body: &str) -> String {
    answer("200 OK", "application/x-www-form-urlencoded", body)
}

async fn device_code(answer: String) -> Result<DeviceCode, CallError> {
    let server = RawServer::start([answer]).await;
    github(&server.url()).device_code(["repo"]).await
}

/// The answers to the polls, one after the other, and how many were made.
async fn wait(polls: &[String]) -> (Result<Rotated<UserToken>, RotateError>, usize) {
    let code = r#"{"device_code":"d","user_code":"U","verification_uri":"v","expires_in":900}"#;
    let code = json_answer("200 OK", "", code);
    let answers: Vec<String> = [&[code], polls].concat();
    let server = RawServer::start(answers).await;
    let github = github(&server.url());
    let mut device = github.device_code(["repo"]).await.unwrap();
    device.interval = Duration::from_millis(1);
    let result = github.wait_for_device(device).await;
    (result, server.requests().len() - 1)
}

#[tokio::test]
async fn a_device_code_is_read_in_every_notation() {
    let json = |numbers: &str| {
        let body = format!(
            r#"{{"device_code":"DDDD","user_code":"AAAA-BBBB","verification_uri":"https://h.example/device"{numbers}}}"#
        );
        json_answer("200 OK", "", &body)
    };
    let in_form = |numbers: &str| {
        form(&format!(
            "verification_uri=https://h.example/device{numbers}&device_code=DDDD&user_code=AAAA-BBBB"
        ))
    };
    for (answer, expires_in, interval) in [
        (json(r#","expires_in":600,"interval":7"#), 600, 7),
        (json(r#","expires_in":600.0,"interval":7.0"#), 600, 7),
        (json(r#","expires_in":"600","interval":"7""#), 600, 7),
        (json(r#","expires_in":2,"interval":0"#), 2, 5),
        (json(r#","expires_in":600"#), 600, 5),
        (json(r#","expires_in":600,"interval":null"#), 600, 5),
        (json(r#","expires_in":"soon","interval":-1"#), 900, 5),
        (json(r#","expires_in":{},"interval":[]"#), 900, 5),
        (in_form("&interval=7&expires_in=600"), 600, 7),
        (in_form("&interval=7.0&expires_in=600.0"), 600, 7),
        (in_form("&interval=0&expires_in=600"), 600, 5),
        (in_form("&interval=x&expires_in="), 900, 5),
        (in_form(""), 900, 5),
    ] {
        let device = device_code(answer.clone()).await.unwrap();
        assert_eq!(device.device_code.expose(), "DDDD");
        assert_eq!(device.user_code, "AAAA-BBBB");
        assert_eq!(device.verification_uri, "https://h.example/device");
        assert_eq!(
            device.expires_in,
            Duration::from_secs(expires_in),
            "{answer}"
        );
        assert_eq!(device.interval, Duration::from_secs(interval), "{answer}");
    }

    let error = device_code(form("error=device_flow_disabled"))
        .await
        .unwrap_err();
    let reason = error.refusal().unwrap().reason;
    assert_eq!(reason, RefusalReason::DeviceFlowDisabled);
    // Half a code is none.
    let whole = in_form("");
    let error = device_code(whole[..whole.len() - 3].to_owned())
        .await
        .unwrap_err();
    assert!(error.refusal().is_none(), "{error:?}");
}

#[tokio::test]
async fn the_interval_of_slow_down_is_read_in_every_notation() {
    const STEP: Duration = Duration::from_millis(10);
    let json = |body: &str| json_answer("200 OK", "", body);
    for slow_down in [
        json(r#"{"error":"slow_down","interval":100}"#),
        json(r#"{"error":"slow_down","interval":100.0}"#),
        json(r#"{"error":"slow_down","interval":"100"}"#),
        form("error=slow_down&interval=100"),
    ] {
        let code = r#"{"device_code":"d","user_code":"U","verification_uri":"v","interval":1}"#;
        let server = RawServer::start([json(code), slow_down.clone(), json(TOKEN)]).await;
        let github = github(&server.url());
        let device = github.device_code(["repo"]).await.unwrap();
        let _clock = clock::stop();
        let begun = Instant::now();
        let waiting = tokio::spawn(github.wait_for_device(device));
        while server.requests().len() < 3 {
            advance(STEP).await;
        }
        // The second poll comes 100 s after the first, and a fifth more.
        assert!(begun.elapsed() >= Duration::from_secs(121), "{slow_down}");
        assert!(waiting.await.unwrap().is_ok());
        tokio::time::resume();
    }
}

#[tokio::test]
async fn odd_answers_do_not_end_a_login() {
    let json = |body: &str| json_answer("200 OK", "", body);
    let page = |status: &str| answer(status, "text/html", "<html>Not here.</html>");
    let polls = [
        json(PENDING),
        json(r#"{"error":"incorrect_device_code"}"#),
        json(PENDING),
        page("403 Forbidden"),
        page("403 Forbidden"),
        page("404 Not Found"),
        page("302 Found"),
        json(PENDING),
        page("200 OK"),
        json("{}"),
        json(r#"{"error":7}"#),
        json(r#"{"error":"new_in_2027"}"#),
        json(r#"{"error":"incorrect_device_code"}"#),
        json(r#"{"error":"incorrect_device_code"}"#),
        json(TOKEN),
    ];
    let (result, made) = wait(&polls).await;
    assert_eq!(result.unwrap().token.expose(), "gho_new");
    assert_eq!(made, polls.len());
}

#[tokio::test]
async fn what_is_meant_ends_a_login() {
    let json = |body: &str| json_answer("200 OK", "", body);
    let odd = || json(r#"{"error":"incorrect_client_credentials"}"#);
    for (polls, reason) in [
        (
            vec![json(r#"{"error":"access_denied"}"#)],
            RefusalReason::AccessDenied,
        ),
        (
            vec![json(r#"{"error":"expired_token"}"#)],
            RefusalReason::ExpiredDeviceCode,
        ),
        (vec![odd(), odd(), odd()], RefusalReason::BadCredentials),
        (
            vec![form("error=access_denied")],
            RefusalReason::AccessDenied,
        ),
    ] {
        let (result, made) = wait(&polls).await;
        assert_eq!(result.unwrap_err().refusal().unwrap().reason, reason);
        assert_eq!(made, polls.len());
    }
}

/// What a poll brought in which a token may be is not forgotten over what comes after it.
#[tokio::test]
async fn a_poll_that_may_hold_the_token_is_kept() {
    let json = |body: &str| json_answer("200 OK", "", body);
    let cached = |body: &str| json_answer("200 OK", "age: 300\r\n", body);
    let used = || json(r#"{"error":"incorrect_device_code"}"#);
    let wrapped = r#"{"result":{"access_token":"gho_new"}}"#;
    let packed = "in a coding that nobody here knows";
    for (poll, body) in [
        (json(wrapped), wrapped),
        (
            json_answer("200 OK", "content-encoding: br\r\n", packed),
            packed,
        ),
    ] {
        for between in [
            answer("502 Bad Gateway", "text/html", "<html>Not here.</html>"),
            answer("200 OK", "text/html", "<html>Not here.</html>"),
            json(PENDING),
            cached(PENDING),
            cached(r#"{"error":"access_denied"}"#),
        ] {
            let polls = [poll.clone(), between.clone(), used(), used(), used()];
            let (result, made) = wait(&polls).await;
            match result.unwrap_err() {
                RotateError::Unknown(unknown) => {
                    assert_eq!(unknown.body(), Some(body.as_bytes()), "{between}");
                }
                other => panic!("{between}: {other:?}"),
            }
            assert_eq!(made, polls.len(), "{between}");
        }
    }
}

/// What a cache has kept, or a page says, is one more odd answer.
#[tokio::test]
async fn what_the_login_host_has_not_said_does_not_end_a_login() {
    let cached = |body: &str| json_answer("200 OK", "age: 300\r\n", body);
    let polls = [
        cached(r#"{"error":"access_denied"}"#),
        cached(r#"{"error":"expired_token"}"#),
        answer("200 OK", "text/html", "error=access_denied"),
        json_answer("200 OK", "", TOKEN),
    ];
    let (result, made) = wait(&polls).await;
    assert_eq!(result.unwrap().token.expose(), "gho_new");
    assert_eq!(made, polls.len());
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_the_poll_that_may_hold_the_token() {
    let wrapped = r#"{"result":{"access_token":"gho_new"}}"#;
    let bad = answer("502 Bad Gateway", "text/html", "<html>Not here.</html>");
    for (poll, left) in [(json_answer("200 OK", "", wrapped), 1), (bad, 0)] {
        let code = r#"{"device_code":"d","user_code":"U","verification_uri":"v","expires_in":900}"#;
        let server = RawServer::start([json_answer("200 OK", "", code), poll]).await;
        let github = github(&server.url());
        let mut device = github.device_code(["repo"]).await.unwrap();
        device.interval = Duration::from_millis(1);
        device.expires_in = Duration::from_secs(1_000_000);
        let rotations = Rotations::new();
        let waiting = tokio::spawn({
            let (rotations, call) = (rotations.clone(), github.wait_for_device(device));
            async move { rotations.obtain(call, MemorySink::new()).await }
        });
        until("it polls", || server.requests().len() >= 2).await;
        waiting.abort();
        let unheard = rotations.drain().await;
        assert_eq!(unheard.len(), left, "{unheard:?}");
        for unheard in unheard {
            assert!(matches!(&unheard, Unheard::Unknown { unknown, .. }
                if unknown.body() == Some(wrapped.as_bytes())));
        }
    }
}
