//! The program as its user meets it: arguments, output, exit codes, files.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use crate::support::*;
use serde_json::Value;
use tempfile::TempDir;
use tokenturn_sandbox::{Fault, Sandbox};
use tokenturn_tests::{
    CLIENT_ID, CLIENT_SECRET, GITHUB_SEED, OLD_TOKEN, RawServer, json_answer, refusing_url,
};

#[test]
fn demo_replaces_both_tokens_and_shows_neither() {
    let folder = TempDir::new().unwrap();
    let mut command = tokenturn(folder.path(), &["demo"]);
    // What is meant for this host does not go through a proxy.
    command.env("HTTP_PROXY", refusing_url());
    let output = run(command, "");
    let text = both(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("receipt    verified"), "{text}");
    assert_eq!(text.matches("   dead\n").count(), 2, "{text}");
    assert_eq!(text.matches("   alive\n").count(), 2, "{text}");
    for prefix in ["gho_", "sk-", "omg-"] {
        assert!(!text.contains(prefix), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rotate_then_check() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    let (url, id, secret) = (sandbox.url(), sandbox.client_id(), sandbox.client_secret());
    let command = |verb: &str, more: &[&str]| github(verb, folder.path(), &url, &id, &secret, more);
    let old = sandbox.new_github_token();

    let output = run(command("check", &[]), &old);
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));

    let output = run(
        command("rotate", &["--out", "new.txt"]),
        &format!("{old}\n"),
    );
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let saved = folder.path().join("new.txt");
    let new = fs::read_to_string(&saved).unwrap();
    let new = new.strip_suffix('\n').unwrap();
    assert!(sandbox.is_alive(new));
    assert!(!sandbox.is_alive(&old));
    #[cfg(unix)]
    assert_eq!(mode(&saved), 0o600);
    for secret in [&old, new, &secret] {
        assert!(!both(&output).contains(secret));
    }

    assert_eq!(run(command("check", &[]), &old).status.code(), Some(1));
    assert_eq!(run(command("check", &[]), new).status.code(), Some(0));
    // Nothing is left beside the token.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_tells_all_but_secrets() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    let (url, id, secret) = (sandbox.url(), sandbox.client_id(), sandbox.client_secret());
    let more = ["--json", "--out", "new.txt"];
    let command = || github("rotate", folder.path(), &url, &id, &secret, &more);
    let old = sandbox.new_github_token();

    let output = run(command(), &old);
    let report = json(&output);
    let new = fs::read_to_string(folder.path().join("new.txt")).unwrap();
    let fingerprint = |token: &str| tokenturn::Secret::new(token).fingerprint().to_string();
    assert_eq!(report["provider"], "github");
    assert_eq!(report["outcome"], "rotated");
    assert_eq!(report["status"], 200);
    assert_eq!(report["receipt"], "verified");
    assert_eq!(report["fingerprint"], fingerprint(&old));
    assert_eq!(report["new_fingerprint"], fingerprint(new.trim()));
    assert!(report["request_id"].is_string());
    assert_eq!(report["out"], "new.txt");
    assert!(!both(&output).contains(new.trim()));

    let output = run(command(), &old);
    assert_eq!(output.status.code(), Some(3));
    let report = json(&output);
    assert_eq!(report["outcome"], "refused");
    assert_eq!(report["reason"], "invalid_token");
    assert_eq!(report["status"], 404);
    assert!(!both(&output).contains(&old));
    // A refusal leaves the saved token alone.
    assert_eq!(
        fs::read_to_string(folder.path().join("new.txt")).unwrap(),
        new
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ohmygpt_needs_another_file_for_its_answer() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let user = sandbox.new_ohmygpt_user();
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("oauth.txt"), &user.oauth_token).unwrap();
    let url = sandbox.url();
    let rotate = |out: &str| {
        let arguments = [
            "rotate",
            "ohmygpt",
            "--base-url",
            &url,
            "--token-file",
            "oauth.txt",
        ];
        let arguments = [&arguments[..], &["--out", out]].concat();
        run(tokenturn(folder.path(), &arguments), "")
    };

    let output = rotate("oauth.txt");
    assert_eq!(output.status.code(), Some(2), "{}", both(&output));
    assert_eq!(sandbox.requests().len(), 0);

    let output = rotate("admin.txt");
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let admin = fs::read_to_string(folder.path().join("admin.txt")).unwrap();
    assert!(sandbox.is_alive(admin.trim()));
    assert!(!sandbox.is_alive(&user.admin_token));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_before_anything_is_sent() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    let (url, id, secret) = (sandbox.url(), sandbox.client_id(), sandbox.client_secret());
    let rotate = |url: &str, id: &str, out: &str, input: &str| {
        let command = github("rotate", folder.path(), url, id, &secret, &["--out", out]);
        run(command, input)
    };
    for (output, advice) in [
        (
            rotate(&url, &id, "none/new.txt", "t"),
            "cannot write none/new.txt",
        ),
        (rotate(&url, &id, "folder", "t"), "not a regular file"),
        (rotate(&url, &id, "/dev/null", "t"), "not a regular file"),
        (rotate(&url, &id, "new.txt", ""), "standard input is empty"),
        (
            rotate(&url, &id, "new.txt", "two words"),
            "more than one word",
        ),
        (
            rotate(&url, &id, "new.txt", "t\u{200b}"),
            "standard input has U+200B in it, which no secret has, in line 1, column 2",
        ),
        (rotate(&url, "..", "new.txt", "t"), "client ID"),
        (
            rotate("http://ghe.example", &id, "new.txt", "t"),
            "in clear",
        ),
        (
            rotate("https://www.GitHub.com/", &id, "new.txt", "t"),
            "write https://api.github.com",
        ),
        (
            run(tokenturn(folder.path(), &["rotate", "github"]), ""),
            "--client-id",
        ),
    ] {
        assert_bad_input(&output, advice);
    }

    let arguments = ["check", "github", "--client-id", &id, "--token-file", "-"];
    let with = |more: &[&str]| {
        let arguments = [&arguments[..], more].concat();
        run(tokenturn(folder.path(), &arguments), "t")
    };
    for (output, advice) in [
        (with(&[]), SECRET_VARIABLE),
        (
            with(&["--client-secret-file", "none.txt"]),
            "cannot read none.txt",
        ),
        (with(&["--client-secret", "x"]), "--client-secret"),
        (with(&["--enterprise", "h"]), "--enterprise-version"),
        (
            with(&[
                "--enterprise",
                "h",
                "--enterprise-version",
                "3.9",
                "--base-url",
                &url,
            ]),
            "cannot be used with",
        ),
    ] {
        assert_bad_input(&output, advice);
    }
    let mut old = github("check", folder.path(), "x", &id, &secret, &[]);
    old.args(["--json"]);
    assert_eq!(json(&run(old, "t"))["outcome"], "bad_input");

    assert_eq!(sandbox.requests().len(), 0);
    assert!(!folder.path().join("new.txt").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_server_is_named_as_the_reason() {
    let folder = TempDir::new().unwrap();
    let arguments = [
        "check",
        "github",
        "--client-id",
        CLIENT_ID,
        "--token-file",
        "-",
    ];
    let arguments = [
        &arguments[..],
        &["--enterprise", "h", "--enterprise-version", "2.19"],
    ]
    .concat();
    let mut command = tokenturn(folder.path(), &arguments);
    command.env(SECRET_VARIABLE, CLIENT_SECRET);
    let output = run(command, OLD_TOKEN);
    assert_bad_input(&output, "2.20 or newer");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_secret_may_come_from_a_file() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("secret.txt"),
        sandbox.client_secret() + "\n",
    )
    .unwrap();
    let more = ["--client-secret-file", "secret.txt"];
    let (url, id) = (sandbox.url(), sandbox.client_id());
    let command = github("check", folder.path(), &url, &id, "wrong", &more);
    let output = run(command, &sandbox.new_github_token());
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
}

/// Rotates against a server that sends `answers`, and returns the exit code and the JSON.
async fn exit_code(answers: Vec<String>) -> (Option<i32>, Value, usize) {
    let folder = TempDir::new().unwrap();
    let server = RawServer::start(answers).await;
    let more = ["--json", "--out", "new.txt"];
    let command = github(
        "rotate",
        folder.path(),
        &server.url(),
        CLIENT_ID,
        CLIENT_SECRET,
        &more,
    );
    let output = run(command, OLD_TOKEN);
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing is left behind"
    );
    (output.status.code(), json(&output), server.requests().len())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_told_apart() {
    let (code, report, requests) = exit_code(vec![String::new()]).await;
    assert_eq!((code, requests), (Some(5), 1));
    assert_eq!(report["outcome"], "unknown");

    let answer = json_answer("502 Bad Gateway", "x-github-request-id: A:1\r\n", "");
    let (code, report, requests) = exit_code(vec![answer]).await;
    assert_eq!((code, requests), (Some(5), 1));
    assert_eq!(report["status"], 502);
    assert_eq!(report["request_id"], "A:1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_says_how_long_to_wait() {
    let answer = json_answer("429 Too Many Requests", "retry-after: 30\r\n", "{}");
    let (code, report, _) = exit_code(vec![answer]).await;
    assert_eq!(code, Some(3));
    assert_eq!(report["reason"], "rate_limited");
    assert_eq!(report["retry_after_seconds"], 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_server_means_not_sent() {
    let folder = TempDir::new().unwrap();
    let url = refusing_url();
    for verb in [&["rotate", "--out", "new.txt"][..], &["check"]] {
        let command = github(
            verb[0],
            folder.path(),
            &url,
            CLIENT_ID,
            CLIENT_SECRET,
            &verb[1..],
        );
        let output = run(command, OLD_TOKEN);
        assert_eq!(output.status.code(), Some(4), "{}", both(&output));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_file_has_to_hold_certificates() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("ca.pem"), "no PEM").unwrap();
    for (file, advice) in [
        ("none.pem", "cannot read none.pem"),
        ("ca.pem", "as PEM text"),
    ] {
        let url = "https://127.0.0.1:1";
        let more = ["--ca-file", file];
        let command = github("check", folder.path(), url, CLIENT_ID, CLIENT_SECRET, &more);
        assert_bad_input(&run(command, OLD_TOKEN), advice);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_cannot_be_saved_is_rescued() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("place");
    fs::create_dir(&place).unwrap();
    let doomed = place.clone();
    // The folder goes away between the preparation and the answer.
    let server = RawServer::start_with(move |_| {
        fs::remove_dir_all(&doomed).unwrap();
        json_answer("200 OK", "", GITHUB_SEED).into()
    })
    .await;
    let more = ["--json", "--out", "place/new.txt"];
    let mut command = github(
        "rotate",
        folder.path(),
        &server.url(),
        CLIENT_ID,
        CLIENT_SECRET,
        &more,
    );
    command.env("XDG_STATE_HOME", folder.path().join("none/state"));
    let output = run(command, OLD_TOKEN);
    assert_eq!(output.status.code(), Some(6), "{}", both(&output));
    let report = json(&output);
    assert_eq!(report["outcome"], "not_saved");
    let rescued = Path::new(report["out"].as_str().unwrap());
    let state = folder.path().join("none/state/tokenturn");
    assert_eq!(rescued.parent(), Some(&*state));
    #[cfg(unix)]
    assert_eq!(mode(&state), 0o700);
    assert_eq!(fs::read_to_string(rescued).unwrap(), "abcdefgh12345678\n");
    #[cfg(unix)]
    assert_eq!(mode(rescued), 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_named_and_recover_tells_which_world_it_is() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    let (url, id, secret) = (sandbox.url(), sandbox.client_id(), sandbox.client_secret());
    let command = |verb: &str, more: &[&str]| github(verb, folder.path(), &url, &id, &secret, more);
    for (fault, code, world) in [
        (Fault::AfterChange, 1, "lost: the token was replaced"),
        (Fault::BeforeChange, 0, "not replaced: the token works"),
    ] {
        let old = sandbox.new_github_token();
        sandbox.set_fault(fault);
        let before = sandbox.requests().len();
        let output = run(command("rotate", &["--out", "new.txt"]), &old);
        assert_eq!(output.status.code(), Some(5), "{}", both(&output));
        assert_eq!(sandbox.requests().len(), before + 1);
        assert!(
            both(&output).contains("HTTP status 502"),
            "{}",
            both(&output)
        );
        assert!(both(&output).contains("run `tokenturn recover github`"));
        assert!(!folder.path().join("new.txt").exists());

        sandbox.set_fault(Fault::Outage);
        let output = run(command("recover", &[]), &old);
        assert_eq!(output.status.code(), Some(5), "{}", both(&output));
        assert!(both(&output).contains("still unknown; keep the token"));

        sandbox.set_fault(fault);
        let output = run(command("recover", &[]), &old);
        assert_eq!(output.status.code(), Some(code), "{}", both(&output));
        assert!(both(&output).contains(world), "{}", both(&output));
        assert_eq!(sandbox.is_alive(&old), code == 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recover_issues_another_admin_token_at_ohmygpt() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let user = sandbox.new_ohmygpt_user();
    let folder = TempDir::new().unwrap();
    let url = sandbox.url();
    let run = |verb: &str| {
        let arguments = [verb, "ohmygpt", "--base-url", &url, "--token-file", "-"];
        let arguments = [&arguments[..], &["--out", "admin.txt"]].concat();
        run(tokenturn(folder.path(), &arguments), &user.oauth_token)
    };
    sandbox.set_fault(Fault::AfterChange);
    let output = run("rotate");
    assert_eq!(output.status.code(), Some(5), "{}", both(&output));
    assert!(both(&output).contains("run `tokenturn recover ohmygpt`"));
    assert!(!sandbox.is_alive(&user.admin_token));
    assert_eq!(run("recover").status.code(), Some(5));

    sandbox.set_fault(None);
    let output = run("recover");
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let admin = fs::read_to_string(folder.path().join("admin.txt")).unwrap();
    assert!(sandbox.is_alive(admin.trim()));
}

/// Asks the program to stop while it waits for its answer.
#[cfg(unix)]
async fn interrupted(terminal_is_gone: bool) {
    let folder = TempDir::new().unwrap();
    let (ask, asked) = mpsc::channel();
    let (go_on, is_noticed) = mpsc::channel();
    let server = RawServer::start_with(move |_| {
        ask.send(()).unwrap();
        is_noticed.recv().unwrap();
        json_answer("200 OK", "", GITHUB_SEED).into()
    })
    .await;
    let more = ["--out", "new.txt"];
    let url = server.url();
    let command = github(
        "rotate",
        folder.path(),
        &url,
        CLIENT_ID,
        CLIENT_SECRET,
        &more,
    );
    let mut child = start(command, OLD_TOKEN);
    let mut terminal = child.stderr.take().map(BufReader::new);
    if terminal_is_gone {
        drop(terminal.take());
        drop(child.stdout.take());
    }
    asked.recv_timeout(LONGEST).unwrap();
    for name in ["INT", "TERM", "HUP"] {
        signal(name, child.id());
    }
    match &mut terminal {
        Some(terminal) => {
            let mut lines = terminal.by_ref().lines().map(Result::unwrap);
            assert!(lines.any(|line| line.contains("waiting for the answer")));
        }
        // Nobody can see it take notice. If it has not by then, it passes all the same.
        None => std::thread::sleep(Duration::from_millis(200)),
    }
    go_on.send(()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let saved = fs::read_to_string(folder.path().join("new.txt")).unwrap();
    assert_eq!(saved, "abcdefgh12345678\n");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn asked_to_stop_it_waits_for_the_answer() {
    interrupted(false).await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn with_its_terminal_gone_it_still_saves_the_token() {
    interrupted(true).await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn sandbox_serves_until_it_is_interrupted() {
    let folder = TempDir::new().unwrap();
    let mut child = tokenturn(folder.path(), &["sandbox"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut value = |name: &str| {
        let line = lines.find_map(|line| {
            let line = line.unwrap();
            line.trim()
                .strip_prefix(name)
                .map(|rest| rest.trim().to_owned())
        });
        line.unwrap()
    };
    let url = value("base URL");
    let id = value("client ID");
    let secret = value("client secret");
    let token = value("token");
    let command = github(
        "rotate",
        folder.path(),
        &url,
        &id,
        &secret,
        &["--out", "new.txt"],
    );
    let output = run(command, &token);
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));

    signal("INT", child.id());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
