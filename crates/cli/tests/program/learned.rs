//! What an answer says beside yes and no is shown: of the token, of the API, and by whatever stands on the way.

use std::path::Path;

use serde_json::{Value, json as value};
use tempfile::TempDir;
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::{CLIENT_ID, CLIENT_SECRET, OLD_TOKEN, RawServer, json_answer};

use crate::support::login::{Waiting, github as login};
use crate::support::*;

const ENDS: &str = "deprecation: Wed, 27 Nov 2019 14:34:29 GMT\r\n\
    sunset: Fri, 27 Nov 2020 14:34:29 GMT\r\n\
    link: <https://docs.github.com/versions>; rel=\"sunset\"\r\n";

/// GitHub's answer to a check, with a note that would move a terminal's cursor.
fn checked(headers: &str) -> String {
    let body = value!({
        "token": OLD_TOKEN,
        "user": { "login": "octocat", "id": 1 },
        "scopes": ["repo", "gist"],
        "note": "\u{1b}[2Jmine",
        "expires_at": "2030-01-02T03:04:05Z",
    });
    json_answer("200 OK", headers, &body.to_string())
}

async fn check(answer: String, more: &[&str]) -> (i32, String, String, RawServer) {
    let server = RawServer::start([answer]).await;
    let folder = TempDir::new().unwrap();
    let url = server.url();
    let command = github("check", folder.path(), &url, CLIENT_ID, CLIENT_SECRET, more);
    let output = run(command, OLD_TOKEN);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
        server,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_tells_what_it_has_learned() {
    let (code, text, errors, _) = check(checked(""), &[]).await;
    assert_eq!((code, errors.as_str()), (0, ""));
    for line in [
        "user            octocat",
        "scopes          repo, gist",
        "note            \u{FFFD}[2Jmine",
        "expires         2030-01-02T03:04:05Z",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let (code, text, errors, _) = check(checked(""), &["--json"]).await;
    assert_eq!((code, errors.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["user"], "octocat");
    assert_eq!(report["scopes"], value!(["repo", "gist"]));
    assert_eq!(report["note"], "\u{1b}[2Jmine");
    assert_eq!(report["expires_at"], "2030-01-02T03:04:05Z");
    assert!(!text.contains(OLD_TOKEN));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_tells_what_was_granted() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    let more = ["--out", "t.txt", "--device", "--json", "--scope", "gist"];
    let (program, _) = Waiting::start(login(folder.path(), &sandbox, &more));
    assert!(sandbox.approve_device(&program.user_code()));
    let output = program.end();
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    assert_eq!(json(&output)["scopes"], value!(["gist"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_version_is_shown_and_another_one_is_spoken() {
    const NOTICE: &str = "deprecated as of 2019-11-27T14:34:29Z, gone from 2020-11-27T14:34:29Z on, \
        see https://docs.github.com/versions";
    let more = ["--api-version", "2026-03-10"];
    let (code, _, errors, server) = check(checked(ENDS), &more).await;
    assert_eq!(code, 0);
    assert!(errors.contains(NOTICE), "{errors}");
    let request = server.requests().pop().unwrap();
    assert_eq!(request.headers()["x-github-api-version"], "2026-03-10");
    let (_, text, _, _) = check(checked(ENDS), &["--json"]).await;
    let report: Value = serde_json::from_str(&text).unwrap();
    let warning = report["warning"].as_str().unwrap();
    assert!(warning.contains(NOTICE), "{warning}");

    let gone = json_answer("410 Gone", "x-github-request-id: A:1\r\n", "{}");
    let (code, text, _, _) = check(gone, &["--json"]).await;
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, report["reason"].as_str()), (3, Some("gone")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_a_page_are_shown() {
    let page = format!(
        "<html><title>x</title><script>let a = 1</script><h1>Blocked by\r\n the proxy</h1>{OLD_TOKEN}"
    );
    let answer = || {
        let length = page.len();
        format!(
            "HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n\r\n{page}"
        )
    };
    let shown = "(Blocked by the proxy [redacted])";
    let (code, _, errors, _) = check(answer(), &[]).await;
    assert_eq!(code, 3);
    assert!(errors.contains(shown), "{errors}");
    let (code, text, _, _) = check(answer(), &["--json"]).await;
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, report["reason"].as_str()), (3, Some("other")));
    let message = report["message"].as_str().unwrap();
    assert!(message.contains(shown), "{message}");
}

#[test]
fn a_preview_is_said_to_be_one() {
    let folder = TempDir::new().unwrap();
    let told = |folder: &Path, version: &str| {
        // Nothing is sent: the address has nobody.
        let more = ["--client-id", "id", "--enterprise", "127.0.0.1:1"];
        let more = [&more[..], &["--enterprise-version", version]].concat();
        let more = [&["check", "github", "--token-file", "-"], &more[..]].concat();
        let mut command = tokenturn(folder, &more);
        command.env("TOKENTURN_GITHUB_CLIENT_SECRET", CLIENT_SECRET);
        both(&run(command, OLD_TOKEN))
    };
    let text = told(folder.path(), "2.20");
    assert!(text.contains("warning: Enterprise Server 2.20"), "{text}");
    assert!(text.contains("not support for production"), "{text}");
    assert!(!told(folder.path(), "2.21").contains("warning"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_tells_of_the_end_of_a_version_once() {
    let server = RawServer::start_with(|_| checked(ENDS).into()).await;
    let folder = TempDir::new().unwrap();
    let (path, url) = (folder.path(), server.url());
    let row = |id| value!({ "id": id, "token": OLD_TOKEN, "client_id": CLIENT_ID, "server": url });
    let import = ["vault", "import", "--init", "-", "--format", "jsonl"];
    succeed(tokenturn(path, &import), &format!("{}\n", row("t0")));
    let mut command = tokenturn_at(path, &url, &["check", "--all"]);
    command.env(SECRET_VARIABLE, CLIENT_SECRET);
    let output = run(command, "");
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let text = both(&output);
    assert_eq!(text.matches("gone from 2020-11-27").count(), 1, "{text}");
}
