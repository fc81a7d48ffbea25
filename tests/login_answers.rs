//! Every form in which a login host may answer: as a form, with a clock of its own, with scopes in
//! either notation, cut off in the middle.

use std::time::{Duration, SystemTime};

use tokenturn::github::UserToken;
use tokenturn::{AuthorizationCode, RefusalReason, RotateError, Rotated, Timestamp};
use tokenturn_tests::{CLIENT_SECRET, RawServer, github, json_answer, old_token};

const TOKEN: &str = "ghu_composed0123456789";
const REFRESH_TOKEN: &str = "ghr_composed0123456789";

async fn exchange(answer: impl Into<String>) -> Result<Rotated<UserToken>, RotateError> {
    let server = RawServer::start([answer.into()]).await;
    let code = AuthorizationCode::new("canarycode0123456789");
    github(&server.url()).exchange_code(code).await
}

async fn exchange_json(headers: &str, body: &str) -> Result<Rotated<UserToken>, RotateError> {
    exchange(json_answer("200 OK", headers, body)).await
}

fn time(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}

/// An answer as a server gives it that was not asked for JSON, or that a proxy kept from knowing.
fn form(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ndate: Sun, 22 Nov 2026 10:00:00 GMT\r\ncontent-length: {}\r\n\
         content-type: application/x-www-form-urlencoded; charset=utf-8\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn scopes_come_in_every_notation() {
    for (scope, scopes) in [
        (r#","scope":"repo,gist""#, Some(vec!["repo", "gist"])),
        (r#","scope":"repo gist""#, Some(vec!["repo", "gist"])),
        (r#","scope":"""#, Some(vec![])),
        (r#","scope":null"#, None),
        ("", None),
    ] {
        let body = format!(r#"{{"access_token":"{TOKEN}"{scope}}}"#);
        let details = exchange_json("", &body).await.unwrap().details.unwrap();
        let found = details.scopes.as_deref();
        let wanted: Option<Vec<String>> =
            scopes.map(|scopes| scopes.into_iter().map(str::to_owned).collect());
        assert_eq!(found, wanted.as_deref(), "{scope}");
    }
}

#[tokio::test]
async fn expiries_count_from_the_servers_clock() {
    let body = format!(
        r#"{{"access_token":"{TOKEN}","expires_in":28800,"refresh_token":"{REFRESH_TOKEN}","refresh_token_expires_in":15897600}}"#
    );
    let date = "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
    let token = exchange_json(date, &body).await.unwrap();
    assert_eq!(token.expires_at, time("1970-01-01T08:00:00Z"));
    assert_eq!(token.refresh_token_expires_at, time("1970-07-04T00:00:00Z"));
    assert_eq!(token.refresh_token.unwrap().expose(), REFRESH_TOKEN);

    // Without one, or with nonsense, ours has to do.
    for date in ["", "date: yesterday\r\n"] {
        let begun = SystemTime::now();
        let token = exchange_json(date, &body).await.unwrap();
        let answered = SystemTime::from(token.expires_at.unwrap()) - Duration::from_secs(28800);
        // It may be in whole seconds.
        let begun = begun - Duration::from_secs(1);
        assert!(
            (begun..=SystemTime::now()).contains(&answered),
            "{answered:?}"
        );
    }
}

#[tokio::test]
async fn absurd_lifetimes_do_not_cost_the_token() {
    for seconds in [
        "-1",
        "-0.5",
        "1e30",
        "9223372036854775807",
        "\"-1\"",
        "\"soon\"",
        "\"\"",
        "null",
        "{}",
        "[8]",
        "true",
    ] {
        let body = format!(
            r#"{{"access_token":"{TOKEN}","expires_in":{seconds},"refresh_token":"{REFRESH_TOKEN}","scope":"repo"}}"#
        );
        let token = exchange_json("", &body).await.unwrap();
        assert_eq!(token.token.expose(), TOKEN);
        assert_eq!(token.refresh_token.unwrap().expose(), REFRESH_TOKEN);
        assert_eq!(token.expires_at, None, "{seconds}");
        assert_eq!(token.details.unwrap().scopes.unwrap(), ["repo"]);
    }
}

#[tokio::test]
async fn lifetimes_are_read_in_every_notation() {
    let date = "date: Sun, 22 Nov 2026 10:00:00 GMT\r\n";
    for (short, long) in [
        ("28800.0", "15897600.0"),
        (r#""28800""#, r#""15897600""#),
        (r#"" 28800.0""#, "1.58976e7"),
    ] {
        let body = format!(
            r#"{{"access_token":"{TOKEN}","expires_in":{short},"refresh_token":"{REFRESH_TOKEN}","refresh_token_expires_in":{long},"scope":"repo"}}"#
        );
        let in_form = form(&format!(
            "access_token={TOKEN}&expires_in={0}&refresh_token={REFRESH_TOKEN}\
             &refresh_token_expires_in={1}&scope=repo",
            short.replace('"', "").replace(' ', "+"),
            long.replace('"', ""),
        ));
        let cut = body.replace(r#","scope":"repo"}"#, r#","scope":["#);
        for answer in [
            json_answer("200 OK", date, &body),
            in_form,
            json_answer("200 OK", date, &cut),
        ] {
            let token = exchange(answer).await.unwrap();
            assert_eq!(token.expires_at, time("2026-11-22T18:00:00Z"), "{short}");
            let refresh = token.refresh_token_expires_at;
            assert_eq!(refresh, time("2027-05-25T10:00:00Z"), "{long}");
            if let Some(details) = token.details {
                assert_eq!(details.scopes.unwrap(), ["repo"]);
            }
        }
    }
}

#[tokio::test]
async fn a_token_in_a_form_is_a_token() {
    let body = format!(
        "access_token={TOKEN}&expires_in=28800&refresh_token={REFRESH_TOKEN}\
         &refresh_token_expires_in=15897600&scope=repo%2Cgist&token_type=bearer"
    );
    let token = exchange(form(&body)).await.unwrap();
    assert_eq!(token.token.expose(), TOKEN);
    assert_eq!(token.refresh_token.unwrap().expose(), REFRESH_TOKEN);
    assert_eq!(token.expires_at, time("2026-11-22T18:00:00Z"));
    assert_eq!(token.refresh_token_expires_at, time("2027-05-25T10:00:00Z"));
    let details = token.details.unwrap();
    assert_eq!(details.scopes.unwrap(), ["repo", "gist"]);
    assert_eq!(details.token_type.as_deref(), Some("bearer"));

    // Cut anywhere, a token is taken when it is whole, and half of one never.
    for cut in 0..body.len() {
        let whole = form(&body);
        let answer = &whole[..whole.len() - body.len() + cut];
        let first = body.find('&').unwrap();
        match exchange(answer).await {
            Ok(token) => {
                assert!(cut > first, "{cut}");
                assert_eq!(token.token.expose(), TOKEN);
                let refresh = body.find("&refresh_token_expires_in").unwrap();
                assert_eq!(token.refresh_token.is_some(), cut > refresh, "{cut}");
            }
            Err(error) => {
                assert!(cut <= first, "{cut}");
                assert!(error.is_unknown());
            }
        }
    }
}

#[tokio::test]
async fn a_salvaged_token_keeps_its_refresh_token_and_its_times() {
    let date = "date: Sun, 22 Nov 2026 10:00:00 GMT\r\n";
    let body = format!(
        r#"{{"access_token":"{TOKEN}","expires_in":28800,"refresh_token":"{REFRESH_TOKEN}","refresh_token_expires_in":15897600,"scope":["#
    );
    let token = exchange_json(date, &body).await.unwrap();
    assert!(token.details.is_none());
    assert_eq!(token.refresh_token.unwrap().expose(), REFRESH_TOKEN);
    assert_eq!(token.expires_at, time("2026-11-22T18:00:00Z"));
    assert_eq!(token.refresh_token_expires_at, time("2027-05-25T10:00:00Z"));
}

#[tokio::test]
async fn what_was_sent_is_not_taken_for_new() {
    let old = old_token();
    let body = format!(
        r#"{{"request":{{"refresh_token":"{0}","access_token":"{0}"}},"access_token":"{TOKEN}","refresh_token":"{0}""#,
        old.expose()
    );
    let server = RawServer::start([json_answer("200 OK", "", &body)]).await;
    let token = github(&server.url()).refresh_token(&old).await.unwrap();
    assert_eq!(token.token.expose(), TOKEN);
    assert_eq!(token.refresh_token, None);
}

#[tokio::test]
async fn an_error_beside_a_token_does_not_cost_the_token() {
    let body = format!(r#"{{"error":"on_fire","access_token":"{TOKEN}"}}"#);
    let RotateError::Unknown(unknown) = exchange_json("", &body).await.unwrap_err() else {
        panic!("believed");
    };
    assert_eq!(unknown.candidates().tokens(), [TOKEN.into()]);
    assert!(unknown.may_hold_token());
}

#[tokio::test]
async fn an_error_says_what_the_server_said() {
    let body = r#"{"error":"bad_verification_code","error_description":"The code canarycode0123456789 is bad.","error_uri":"https://docs.github.com/x"}"#;
    let RotateError::Refused(refusal) = exchange_json("", body).await.unwrap_err() else {
        panic!("not refused");
    };
    assert_eq!(refusal.reason, RefusalReason::BadVerificationCode);
    assert_eq!(refusal.code.as_deref(), Some("bad_verification_code"));
    // Without the code itself.
    let message = refusal.message.as_deref();
    assert_eq!(message, Some("The code [redacted] is bad."));

    let body = format!(r#"{{"error":"{TOKEN}","error_description":"{CLIENT_SECRET}, {TOKEN}"}}"#);
    let error = exchange_json("", &body).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(
        !text.contains(CLIENT_SECRET) && !text.contains(TOKEN),
        "{text}"
    );

    let body = "error=bad_verification_code&error_description=The+code+is+bad.";
    let error = exchange(form(body)).await.unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!(refusal.reason, RefusalReason::BadVerificationCode);
    assert_eq!(refusal.message.as_deref(), Some("The code is bad."));

    // A server that failed has not said no, whatever it writes.
    let body = r#"{"error":"bad_verification_code"}"#;
    let error = exchange(json_answer("500 X", "", body)).await.unwrap_err();
    assert!(error.is_unknown(), "{error:?}");

    // What stands before the host says no in its own words.
    let text = |media: &str, body: &str| {
        let length = body.len();
        format!("HTTP/1.1 403 X\r\ncontent-type: {media}\r\ncontent-length: {length}\r\n\r\n{body}")
    };
    let words = "Cookies must be enabled, \x1b[1mcanarycode0123456789.\r\n";
    for (answer, message) in [
        (
            text("Text/Plain; charset=utf-8", words),
            Some("Cookies must be enabled, [redacted]."),
        ),
        (
            text("text/html", words),
            Some("Cookies must be enabled, [redacted]."),
        ),
        (text("text/plain", "<html>No.</html>"), Some("No.")),
        (
            text(
                "text/html",
                "<title>403</title><script>x()</script><h1>No,\n you</h1>",
            ),
            Some("No, you"),
        ),
        (
            text("text/html", "<script>canarycode0123456789</script>"),
            None,
        ),
        (text("application/octet-stream", words), None),
        (text("text/html", r#" {"code":"canary"}"#), None),
        (text("text/html\r\ncontent-encoding: br", words), None),
        (text("text/plain", " "), None),
        (
            text("text/plain", &"no ".repeat(1000)),
            Some(&*"no ".repeat(100)),
        ),
    ] {
        let error = exchange(answer).await.unwrap_err();
        let refusal = error.refusal().unwrap();
        assert_eq!(refusal.reason, RefusalReason::Other);
        let shown = refusal.message.as_deref().map(|m| m.replace(" [1m", ""));
        assert_eq!(shown.as_deref(), message);
    }

    // RFC 6749, section 5.2, and GitHub's own 404.
    let mark = "x-github-request-id: A:1\r\n";
    for (status, headers, word, reason) in [
        ("400 X", "", "invalid_request", RefusalReason::Invalid),
        (
            "401 X",
            mark,
            "invalid_client",
            RefusalReason::BadCredentials,
        ),
        ("400 X", "", "invalid_grant", RefusalReason::InvalidGrant),
        (
            "400 X",
            "",
            "unauthorized_client",
            RefusalReason::UnauthorizedClient,
        ),
        (
            "400 X",
            "",
            "unsupported_grant_type",
            RefusalReason::UnsupportedGrantType,
        ),
        ("200 OK", "", "invalid_scope", RefusalReason::InvalidScope),
        ("404 X", mark, "Not Found", RefusalReason::UnknownClient),
        ("404 X", "", "Not Found", RefusalReason::Other),
    ] {
        let body = format!(r#"{{"error":"{word}"}}"#);
        let error = exchange(json_answer(status, headers, &body)).await;
        let error = error.unwrap_err();
        let refusal = error.refusal().unwrap();
        assert_eq!(refusal.reason, reason, "{word}");
        assert_eq!(refusal.code.as_deref(), Some(word));
    }

    let unknown = exchange_json("", r#"{"error":"new_in_2027"}"#).await;
    let error = unknown.unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!(refusal.reason, RefusalReason::Other);
    assert_eq!(refusal.code.as_deref(), Some("new_in_2027"));
    assert!(error.to_string().contains("new_in_2027"), "{error}");
}
