//! `tokenturn login`, up to what the browser shows.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use crate::support::http::{get, send};
use crate::support::login::{Waiting, github, ohmygpt};
use crate::support::*;
use serde_json::Value;
use tempfile::TempDir;
use tokenturn::Secret;
use tokenturn_sandbox::{Fault, Sandbox};
use tokenturn_tests::{RawServer, json_answer};

const OUT: [&str; 2] = ["--out", "t.txt"];

#[track_caller]
fn assert_page(answer: &str, status: u16, text: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
    assert!(body.contains(text), "{body}");
    for header in [
        "content-type: text/html; charset=utf-8",
        "cache-control: no-store",
        "referrer-policy: no-referrer",
    ] {
        assert!(head.contains(header), "{header}: {head}");
    }
}

/// What is saved, which only its user may read.
fn saved(folder: &Path) -> String {
    let path = folder.join("t.txt");
    #[cfg(unix)]
    assert_eq!(mode(&path), 0o600);
    // Nothing is left beside it.
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1);
    fs::read_to_string(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn github_in_the_browser() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    let more = [&OUT[..], &["--scope", "repo", "--scope", "gist"]].concat();
    let more = [&more[..], &["--login", "octocat"]].concat();
    let (program, url) = Waiting::start(github(folder.path(), &sandbox, &more));
    assert!(url.contains("scope=repo+gist&login=octocat&"), "{url}");
    // Nobody was asked in vain, and nothing is left should the program be killed now.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    let callback = sandbox.approve(&url).unwrap();
    let (page, query) = callback.split_once('?').unwrap();
    // What any other page could do.
    let favicon = page.replace("/callback", "/favicon.ico");
    assert_page(&get(&favicon), 404, "Not found");
    assert_page(&get(page), 400, "Not from here");
    assert_page(&get(&format!("{page}?code=x&state=guess")), 400, "Not from");
    let denied = format!("{page}?error=access_denied&state=guess");
    assert_page(&get(&denied), 400, "Not from here");
    assert!(send("HEAD", &callback, "").starts_with("HTTP/1.1 404 "));
    assert_page(&send("POST", &callback, ""), 404, "Not found");

    let answer = get(&callback);
    assert_page(&answer, 200, "You can close this page.");
    let output = program.end();
    let text = both(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("github: signed in"), "{text}");
    let token = saved(folder.path());
    assert!(sandbox.is_alive(token.trim()));
    let code = query.split_once("code=").unwrap().1;
    let code = code.split('&').next().unwrap();
    for secret in [token.trim(), code, &sandbox.client_secret()] {
        assert!(!answer.contains(secret), "{answer}");
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expires_is_saved_with_its_refresh_token() {
    let sandbox = Sandbox::start(0).await.unwrap();
    sandbox.set_expiring_tokens(true);
    let folder = TempDir::new().unwrap();
    let more = [&OUT[..], &["--json"]].concat();
    let (program, url) = Waiting::start(github(folder.path(), &sandbox, &more));
    get(&sandbox.approve(&url).unwrap());
    let output = program.end();
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let stored: Value = serde_json::from_str(&saved(folder.path())).unwrap();
    let report = json(&output);
    assert_eq!(report["command"], "login");
    assert_eq!(report["outcome"], "issued");
    assert_eq!(report["fingerprint"], Value::Null);
    for (name, fingerprint) in [
        ("access_token", "new_fingerprint"),
        ("refresh_token", "new_refresh_fingerprint"),
    ] {
        let secret = stored[name].as_str().unwrap();
        assert!(sandbox.is_alive(secret));
        assert!(!both(&output).contains(secret));
        let expected = Secret::new(secret).fingerprint().to_string();
        assert_eq!(report[fingerprint], expected);
    }
    for time in ["expires_at", "refresh_token_expires_at"] {
        assert!(report[time].is_string(), "{report}");
        assert_eq!(report[time], stored[time]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ohmygpt_in_the_browser() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    let more = [&OUT[..], &["--scope", "trusted_full_access"]].concat();
    let (program, url) = Waiting::start(ohmygpt(folder.path(), &sandbox, &more));
    let answer = get(&sandbox.approve(&url).unwrap());
    assert_page(&answer, 200, "Signed in");
    let output = program.end();
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let token = saved(folder.path());
    assert!(sandbox.is_alive(token.trim()));
    for shown in [answer, both(&output)] {
        assert!(!shown.contains(token.trim()), "{shown}");
        assert!(!shown.contains(&sandbox.ohmygpt_client_secret()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ohmygpt_with_a_code_to_paste() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    let more = [&OUT[..], &["--scope", "trusted_full_access", "--paste"]].concat();
    for (typed, exit_code) in [(Some("wrong"), 3), (Some(""), 2), (None, 0)] {
        let (mut program, url) = Waiting::start(ohmygpt(folder.path(), &sandbox, &more));
        let callback = sandbox.approve(&url).unwrap();
        assert!(callback.starts_with(&sandbox.url()), "{callback}");
        let code = callback.split_once("code=").unwrap().1;
        let code = typed.unwrap_or(code.split('&').next().unwrap());
        let mut stdin = program.child.stdin.take().unwrap();
        writeln!(stdin, "{code}").unwrap();
        let output = program.end();
        assert_eq!(output.status.code(), Some(exit_code), "{}", both(&output));
    }
    assert!(sandbox.is_alive(saved(folder.path()).trim()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_ends_it() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    let more = [&OUT[..], &["--json"]].concat();
    let (program, url) = Waiting::start(github(folder.path(), &sandbox, &more));
    assert_page(&get(&sandbox.deny(&url).unwrap()), 200, "Not signed in");
    let output = program.end();
    assert_eq!(output.status.code(), Some(3), "{}", both(&output));
    let report = json(&output);
    assert_eq!(report["outcome"], "refused");
    assert_eq!(report["reason"], "access_denied");
    assert_eq!(report["code"], "access_denied");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_when_it_did_not_work() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    let (program, url) = Waiting::start(github(folder.path(), &sandbox, &OUT));
    sandbox.set_email_verified(false);
    assert_page(&get(&sandbox.approve(&url).unwrap()), 502, "did not work");
    let output = program.end();
    assert_eq!(output.status.code(), Some(3), "{}", both(&output));
    assert!(both(&output).contains("verify their mail address"));

    let (program, url) = Waiting::start(github(folder.path(), &sandbox, &OUT));
    let callback = sandbox.approve(&url).unwrap();
    sandbox.set_fault(Fault::AfterChange);
    assert_page(&get(&callback), 502, "The terminal says what happened");
    let output = program.end();
    assert_eq!(output.status.code(), Some(5), "{}", both(&output));
    assert!(both(&output).contains("outcome unknown; sign in again"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_is_not_used_when_the_token_can_no_longer_be_saved() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("place");
    fs::create_dir(&place).unwrap();
    let more = ["--out", "place/t.txt"];
    let (program, url) = Waiting::start(github(folder.path(), &sandbox, &more));
    fs::remove_dir(&place).unwrap();
    assert_page(&get(&sandbox.approve(&url).unwrap()), 502, "did not work");
    let output = program.end();
    assert_bad_input(&output, "cannot write place/t.txt");
    assert_eq!(sandbox.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_before_anybody_is_asked() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    let github = |more: &[&str]| run(github(folder.path(), &sandbox, more), "");
    let without_secret = |more: &[&str]| run(tokenturn(folder.path(), more), "");
    for (output, advice) in [
        (github(&["--out", "none/t.txt"]), "cannot write none/t.txt"),
        (github(&["--out", "folder"]), "not a regular file"),
        (
            github(&["--out", "folder", "--device"]),
            "not a regular file",
        ),
        (github(&["--sandbox", "--out", "t.txt"]), "cannot be used"),
        (
            github(&["--device", "--login", "x", "--out", "t"]),
            "--login",
        ),
        (
            without_secret(&["login", "github", "--client-id", "x", "--out", "t"]),
            SECRET_VARIABLE,
        ),
        (without_secret(&["login", "github"]), "--client-id"),
        (
            without_secret(&[
                "login",
                "ohmygpt",
                "--client-id",
                "x",
                "--scope",
                "s",
                "--out",
                "t",
            ]),
            OHMYGPT_SECRET_VARIABLE,
        ),
    ] {
        assert_bad_input(&output, advice);
        assert!(!both(&output).contains("to sign in"), "{}", both(&output));
    }
    assert_eq!(sandbox.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn github_on_any_device() {
    let sandbox = Sandbox::start(0).await.unwrap();
    sandbox.set_device_interval(1);
    let folder = TempDir::new().unwrap();
    let more = [&OUT[..], &["--device", "--scope", "repo", "--json"]].concat();
    let mut command = github(folder.path(), &sandbox, &more);
    command.env_remove(SECRET_VARIABLE);
    let (program, url) = Waiting::start(command);
    assert_eq!(url, sandbox.url() + "/login/device");
    assert!(sandbox.approve_device(&program.user_code()));
    let output = program.end();
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    assert_eq!(json(&output)["outcome"], "issued");
    let token = saved(folder.path());
    assert!(sandbox.is_alive(token.trim()));
    assert!(!both(&output).contains(token.trim()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_on_any_device() {
    let sandbox = Sandbox::start(0).await.unwrap();
    sandbox.set_device_interval(1);
    let folder = TempDir::new().unwrap();
    let more = [&OUT[..], &["--device", "--json"]].concat();
    let (program, _) = Waiting::start(github(folder.path(), &sandbox, &more));
    assert!(sandbox.deny_device(&program.user_code()));
    let output = program.end();
    assert_eq!(output.status.code(), Some(3), "{}", both(&output));
    assert_eq!(json(&output)["reason"], "access_denied");

    sandbox.set_device_flow(false);
    let output = run(github(folder.path(), &sandbox, &more), "");
    assert_eq!(output.status.code(), Some(3), "{}", both(&output));
    assert_eq!(json(&output)["reason"], "device_flow_disabled");

    let old = ["login", "github", "--device", "--client-id", "x", "--json"];
    let old = [&old[..], &OUT, &["--enterprise", "h"]].concat();
    let old = [&old[..], &["--enterprise-version", "2.21"]].concat();
    let output = run(tokenturn(folder.path(), &old), "");
    assert_eq!(output.status.code(), Some(2), "{}", both(&output));
    assert_eq!(json(&output)["outcome"], "bad_input");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_wait_can_be_ended() {
    use std::os::unix::process::ExitStatusExt;

    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    let (program, _) = Waiting::start(github(folder.path(), &sandbox, &OUT));
    signal("INT", program.child.id());
    assert_eq!(program.end().status.signal(), Some(2));

    let more = [&OUT[..], &["--device"]].concat();
    let (program, _) = Waiting::start(github(folder.path(), &sandbox, &more));
    signal("INT", program.child.id());
    let output = program.end();
    assert_eq!(output.status.code(), Some(4), "{}", both(&output));
    assert!(both(&output).contains("stopped before the code was typed in"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// A line when something begins to be wrong, and one when it is over.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_while_it_lasts() {
    let folder = TempDir::new().unwrap();
    let json = |body: &str| json_answer("200 OK", "", body);
    let page = "HTTP/1.1 404 X\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\nno route\n";
    let outage = || json_answer("503 X", "", "");
    let server = RawServer::start([
        json(
            r#"{"device_code":"dcode01","user_code":"U\u001b[2J","interval":"0.01","expires_in":900,
            "verification_uri":"http://127.0.0.1/"}"#,
        ),
        json(r#"{"error":"authorization_pending"}"#),
        outage(),
        outage(),
        page.to_owned(),
        json(r#"{"error":"authorization_pending"}"#),
        json(r#"{"error":"incorrect_device_code"}"#),
        json(r#"{"access_token":"gho_canary","token_type":"bearer","scope":""}"#),
    ])
    .await;
    let url = server.url();
    let mut arguments = vec!["login", "github", "--device", "--no-browser"];
    arguments.extend(["--client-id", "x", "--base-url", &url]);
    let (program, _) = Waiting::start(tokenturn(folder.path(), &[&arguments, &OUT[..]].concat()));
    let output = program.end();
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!told.contains('\u{1b}'), "what moves the cursor: {told:?}");
    let told: Vec<&str> = told.lines().filter(|l| l.starts_with("still")).collect();
    let failed = "still waiting; the last poll failed: ";
    assert_eq!(
        told,
        [
            format!("{failed}the provider answered with HTTP status 503"),
            format!(
                "{failed}refused with status 404: no, from the provider or from something on the way (no route)"
            ),
            "still waiting; the polls are answered again".to_owned(),
            format!(
                "{failed}refused with status 200: the device code is wrong or used; begin again \
                 (incorrect_device_code)"
            ),
        ]
    );
    assert_eq!(saved(folder.path()), "gho_canary\n");
}

/// A poll that is under way may bring the token.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn asked_to_stop_it_waits_for_the_poll() {
    let folder = TempDir::new().unwrap();
    let (ask, asked) = mpsc::channel();
    let (go_on, is_noticed) = mpsc::channel();
    let server = RawServer::start_with(move |request| {
        if request.line.starts_with("POST /login/device/code ") {
            let body = r#"{"device_code":"d","user_code":"U","interval":0.01,"expires_in":900,
                "verification_uri":"http://127.0.0.1/"}"#;
            return json_answer("200 OK", "", body).into();
        }
        ask.send(()).unwrap();
        is_noticed.recv().unwrap();
        let body = r#"{"access_token":"gho_canary","token_type":"bearer","scope":""}"#;
        json_answer("200 OK", "", body).into()
    })
    .await;
    let url = server.url();
    let mut arguments = vec!["login", "github", "--device", "--no-browser", "--json"];
    arguments.extend(["--client-id", "x", "--base-url", &url]);
    let (program, _) = Waiting::start(tokenturn(folder.path(), &[&arguments, &OUT[..]].concat()));
    asked.recv_timeout(LONGEST).unwrap();
    signal("INT", program.child.id());
    // Nobody can see it take notice. If it has not by then, it passes all the same.
    std::thread::sleep(Duration::from_millis(200));
    go_on.send(()).unwrap();
    let output = program.end();
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    assert_eq!(json(&output)["outcome"], "issued");
    assert_eq!(saved(folder.path()), "gho_canary\n");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_browser_of_the_user_is_started() {
    use std::os::unix::fs::PermissionsExt;

    let folder = TempDir::new().unwrap();
    let browser = folder.path().join("browser");
    fs::write(&browser, "#!/bin/sh\nprintf '%s' \"$1\" > opened.txt\n").unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o700)).unwrap();
    let arguments = [&["login", "github", "--sandbox"], &OUT[..]].concat();
    let mut command = tokenturn(folder.path(), &arguments);
    command.env("BROWSER", &browser);
    let (mut program, url) = Waiting::start(command);
    let opened = folder.path().join("opened.txt");
    // A file that is there may not be written yet.
    until(|| fs::read_to_string(&opened).is_ok_and(|opened| opened.ends_with('/')));
    // Its argument, which others can read, has no state in it: it leads to the page, once.
    let start = fs::read_to_string(&opened).unwrap();
    assert!(
        start.starts_with("http://127.0.0.1:") && !start.contains('?'),
        "{start}"
    );
    let page = get(&start);
    assert!(page.starts_with("HTTP/1.1 303 "), "{page}");
    assert!(page.contains(&format!("location: {url}\r\n")), "{page}");
    assert!(get(&start).starts_with("HTTP/1.1 409 "));
    program.child.kill().unwrap();
    program.child.wait().unwrap();
}
