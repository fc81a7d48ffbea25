//! `refresh`, `revoke`, `scope`, `check` of both providers, token files, and `--sandbox`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::http::get;
use crate::support::login::Waiting;
use crate::support::*;
use serde_json::Value;
use tempfile::TempDir;
use tokenturn_sandbox::{Fault, Sandbox};
use tokenturn_tests::{CLIENT_ID, CLIENT_SECRET, RawServer, json_answer};

/// Signs in, so that `t.json` holds a token and its refresh token.
fn sign_in(folder: &Path, sandbox: &Sandbox, how: &[&str]) -> (String, String) {
    sandbox.set_expiring_tokens(true);
    sandbox.set_device_interval(1);
    let more = [&["--out", "t.json"], how].concat();
    let (program, url) = Waiting::start(login::github(folder, sandbox, &more));
    if how.contains(&"--device") {
        assert!(sandbox.approve_device(&program.user_code()));
    } else {
        get(&sandbox.approve(&url).unwrap());
    }
    let output = program.end();
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    pair(folder)
}

/// What is in `t.json`.
fn pair(folder: &Path) -> (String, String) {
    let text = fs::read_to_string(folder.join("t.json")).unwrap();
    let stored: Value = serde_json::from_str(&text).unwrap();
    let get = |name: &str| stored[name].as_str().unwrap().to_owned();
    (get("access_token"), get("refresh_token"))
}

struct Stage {
    sandbox: Sandbox,
    folder: TempDir,
}

impl Stage {
    async fn new() -> Self {
        Self {
            sandbox: Sandbox::start(0).await.unwrap(),
            folder: TempDir::new().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// A command at GitHub, with its exit code asserted.
    #[track_caller]
    fn github(&self, verb: &str, input: &str, more: &[&str], exit_code: i32) -> Value {
        let (url, id) = (self.sandbox.url(), self.sandbox.client_id());
        let secret = self.sandbox.client_secret();
        let mut command = github(verb, self.folder.path(), &url, &id, &secret, more);
        command.arg("--json");
        let output = run(command, input);
        assert_eq!(output.status.code(), Some(exit_code), "{}", both(&output));
        json(&output)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_replaces_both_tokens() {
    let stage = Stage::new().await;
    let (url, id) = (stage.sandbox.url(), stage.sandbox.client_id());
    for how in [&[][..], &["--device"]] {
        let old = sign_in(&stage.path(), &stage.sandbox, how);
        let arguments = ["refresh", "github", "--base-url", &url, "--client-id", &id];
        let files = ["--token-file", "t.json", "--out", "t.json", "--json"];
        let mut command = tokenturn(&stage.path(), &[&arguments[..], &files].concat());
        if how.is_empty() {
            // The device flow does without.
            command.env(SECRET_VARIABLE, stage.sandbox.client_secret());
        }
        let output = run(command, "");
        assert_eq!(output.status.code(), Some(0), "{}", both(&output));
        let report = json(&output);
        assert_eq!(report["outcome"], "rotated");
        assert!(report["expires_at"].is_string());
        let new = pair(&stage.path());
        for dead in [&old.0, &old.1] {
            assert!(!stage.sandbox.is_alive(dead));
        }
        for alive in [&new.0, &new.1] {
            assert!(stage.sandbox.is_alive(alive));
            assert!(!both(&output).contains(alive));
        }
        // A refresh token alone will do; this one is used.
        let report = stage.github("refresh", &old.1, &["--out", "t.json"], 3);
        assert_eq!(report["reason"], "invalid_token");
        assert_eq!(report["code"], "bad_refresh_token");
        assert_eq!(pair(&stage.path()), new);
    }
    let report = stage.github("refresh", r#"{"access_token":"a"}"#, &["--out", "x"], 2);
    assert!(
        report["message"]
            .as_str()
            .unwrap()
            .contains("no refresh token")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_whose_answer_was_lost_is_made_again() {
    let stage = Stage::new().await;
    let (_, refresh_token) = sign_in(&stage.path(), &stage.sandbox, &[]);
    let again = |exit_code| stage.github("refresh", &refresh_token, &["--out", "x"], exit_code);
    stage.sandbox.set_fault(Fault::BeforeChange);
    assert_eq!(again(5)["outcome"], "unknown");
    stage.sandbox.set_fault(Fault::AfterChange);
    assert_eq!(again(5)["outcome"], "unknown");
    stage.sandbox.set_fault(None);
    assert_eq!(again(3)["reason"], "invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_cannot_be_saved_is_rescued() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("place");
    fs::create_dir(&place).unwrap();
    // The folder goes away between the preparation and the answer.
    let server = RawServer::start_with(move |_| {
        fs::remove_dir_all(&place).unwrap();
        let body = r#"{"access_token":"ghu_canaryA","expires_in":28800,"scope":"",
            "refresh_token":"ghr_canaryR","refresh_token_expires_in":15897600,
            "token_type":"bearer"}"#;
        json_answer("200 OK", "", body).into()
    })
    .await;
    let more = ["--json", "--out", "place/new.txt"];
    let url = server.url();
    let mut command = github(
        "refresh",
        folder.path(),
        &url,
        CLIENT_ID,
        CLIENT_SECRET,
        &more,
    );
    command.env("TMPDIR", folder.path());
    let output = run(command, "ghr_canaryOld");
    assert_eq!(output.status.code(), Some(6), "{}", both(&output));
    assert!(!both(&output).contains("canary"), "{}", both(&output));
    let report = json(&output);
    assert_eq!(report["outcome"], "not_saved");
    let rescued = Path::new(report["out"].as_str().unwrap());
    #[cfg(unix)]
    assert_eq!(mode(rescued), 0o600);
    let stored: Value = serde_json::from_str(&fs::read_to_string(rescued).unwrap()).unwrap();
    assert_eq!(stored["access_token"], "ghu_canaryA");
    assert_eq!(stored["refresh_token"], "ghr_canaryR");
    assert!(stored["refresh_token_expires_at"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_pair_is_a_token_file_and_its_refresh_token_is_not_overwritten() {
    let stage = Stage::new().await;
    let (token, _) = sign_in(&stage.path(), &stage.sandbox, &[]);
    let path = stage.folder.path().join("t.json");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(stage.github("check", &text, &[], 0)["outcome"], "valid");
    let recovered = stage.github("recover", &text, &[], 0);
    assert_eq!(recovered["outcome"], "not_replaced");

    let scope = ["--target", "octocat", "--out", "t.json"];
    let before = stage.sandbox.requests().len();
    for (verb, more) in [("rotate", &scope[2..]), ("scope", &scope)] {
        for input in [&text, "gho_another"] {
            let report = stage.github(verb, input, more, 2);
            let message = report["message"].as_str().unwrap();
            assert!(message.contains("name another file"), "{message}");
        }
    }
    assert_eq!(stage.sandbox.requests().len(), before);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);

    let report = stage.github("rotate", &text, &["--out", "new.txt"], 0);
    assert_eq!(report["outcome"], "rotated");
    assert!(!stage.sandbox.is_alive(&token));
}

#[tokio::test(flavor = "multi_thread")]
async fn scope_makes_a_token_beside_the_old_one() {
    let stage = Stage::new().await;
    stage.sandbox.set_expiring_tokens(true);
    let token = stage.sandbox.new_github_token();
    fs::write(stage.folder.path().join("old.txt"), &token).unwrap();
    let more = [
        "--target",
        "octocat",
        "--repository",
        "hello",
        "--permission",
    ];
    let more = [&more[..], &["contents=read", "--out"]].concat();
    let to = |out| [&more[..], &[out]].concat();
    let report = stage.github("scope", &token, &to("old.txt"), 2);
    assert!(report["message"].as_str().unwrap().contains("stays in use"));

    let report = stage.github("scope", &token, &to("scoped.txt"), 0);
    assert_eq!(report["outcome"], "issued");
    let scoped = fs::read_to_string(stage.folder.path().join("scoped.txt")).unwrap();
    assert!(stage.sandbox.is_alive(scoped.trim()));
    assert!(stage.sandbox.is_alive(&token));

    let requests = stage.sandbox.requests();
    let body = String::from_utf8(requests.last().unwrap().body.clone()).unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["target"], "octocat");
    assert_eq!(body["repositories"][0], "hello");
    assert_eq!(body["permissions"]["contents"], "read");

    for bad in ["contents", "=read", "contents="] {
        let mut arguments = vec!["scope", "github", "--sandbox", "--target", "o"];
        arguments.extend(["--out", "x", "--permission", bad]);
        let output = run(tokenturn(&stage.path(), &arguments), "");
        assert_bad_input(&output, "NAME=LEVEL");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoke_deletes_a_token_or_the_grant() {
    let stage = Stage::new().await;
    let tokens = [(); 3].map(|()| stage.sandbox.new_github_token());
    let [first, second, third] = &tokens;
    assert_eq!(stage.github("revoke", first, &[], 0)["outcome"], "deleted");
    let again = stage.github("revoke", first, &[], 0);
    assert_eq!(again["outcome"], "already_gone");
    let alive = |token: &str| stage.sandbox.is_alive(token);
    assert!(!alive(first) && alive(second) && alive(third));

    let grant = stage.github("revoke", second, &["--grant"], 0);
    assert_eq!(grant["outcome"], "deleted");
    assert!(!alive(second) && !alive(third));
    let grant = stage.github("revoke", second, &["--grant"], 0);
    assert_eq!(grant["outcome"], "already_gone");

    stage.sandbox.set_fault(Fault::Outage);
    let report = stage.github("revoke", third, &[], 5);
    assert_eq!(report["outcome"], "unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn revoke_takes_a_list_of_what_leaked() {
    let stage = Stage::new().await;
    let tokens = [(); 2].map(|()| stage.sandbox.new_github_token());
    let url = stage.sandbox.url();
    let leaked = |input: &str| {
        let arguments = ["revoke", "github", "--leaked", "--json", "--base-url", &url];
        let arguments = [&arguments[..], &["--token-file", "-"]].concat();
        run(tokenturn(&stage.path(), &arguments), input)
    };
    let output = leaked(&format!("{}\n\n{}\n", tokens[0], tokens[1]));
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    assert_eq!(json(&output)["outcome"], "accepted");
    for token in &tokens {
        assert!(!stage.sandbox.is_alive(token));
        assert!(!both(&output).contains(token));
    }
    assert_bad_input(&leaked("\n"), "one credential in each line");
    assert_bad_input(&leaked("two words\n"), "more than one word");
    // Whoever is told "accepted" believes that the token is dead.
    let asked = stage.sandbox.requests().len();
    let token = stage.sandbox.new_github_token();
    let output = leaked(&format!("\u{feff}gho_first\r\n{token}\u{200b}\r\n"));
    let at = token.len() + 1;
    let advice = format!("U+200B in it, which no secret has, in line 2, column {at}");
    assert_bad_input(&output, &advice);
    assert!(!both(&output).contains(&token));
    assert_bad_input(&leaked(&format!("'{token}'\n")), "quotes around it");
    for malformed in [
        format!("gho_first,{token}\n"),
        format!("[\"{token}\"]\n"),
        format!("\"gho_first\n{token}\"\n"),
        format!("TOKEN={token}\n"),
        format!("{token};\n"),
    ] {
        let output = leaked(&malformed);
        let advice = "credential 1 has more in it than the letters, digits and `_` of GitHub's";
        assert_bad_input(&output, advice);
        assert!(!both(&output).contains(&token));
    }
    assert_eq!(stage.sandbox.requests().len(), asked);
    assert!(stage.sandbox.is_alive(&token));
    let output = leaked(&format!("\u{feff}{token}\r\n"));
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    assert!(!stage.sandbox.is_alive(&token));
    // Without the flag, the app has to be named.
    let arguments = ["revoke", "github", "--token-file", "-"];
    let output = run(tokenturn(&stage.path(), &arguments), "t");
    assert_bad_input(&output, "--client-id");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_asks_ohmygpt() {
    let stage = Stage::new().await;
    let user = stage.sandbox.new_ohmygpt_user();
    let url = stage.sandbox.url();
    let check = |input: &str| {
        let arguments = ["check", "ohmygpt", "--base-url", &url, "--token-file", "-"];
        run(tokenturn(&stage.path(), &arguments), input)
    };
    let output = check(&user.oauth_token);
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    assert!(both(&output).contains("ohmygpt: the token is valid"));
    let output = check("omg-oat-v1-nobodys");
    assert_eq!(output.status.code(), Some(1), "{}", both(&output));
    stage.sandbox.set_fault(Fault::Outage);
    assert_eq!(check(&user.oauth_token).status.code(), Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_runs_on_its_own_sandbox() {
    let folder = TempDir::new().unwrap();
    let out = ["--out", "new.txt"];
    let scope = ["--target", "octocat", "--out", "scoped.txt"];
    for (verb, provider, more, outcome) in [
        ("rotate", "github", &out[..], "rotated"),
        ("rotate", "ohmygpt", &out, "rotated"),
        ("recover", "github", &[], "not_replaced"),
        ("recover", "ohmygpt", &out, "rotated"),
        ("refresh", "github", &["--out", "t.json"], "rotated"),
        ("check", "github", &[], "valid"),
        ("check", "ohmygpt", &[], "valid"),
        ("scope", "github", &scope, "issued"),
        ("revoke", "github", &[], "deleted"),
        ("revoke", "github", &["--grant"], "deleted"),
        ("revoke", "github", &["--leaked"], "accepted"),
    ] {
        let arguments = [&[verb, provider, "--sandbox", "--json"], more].concat();
        let output = run(tokenturn(folder.path(), &arguments), "");
        assert_eq!(output.status.code(), Some(0), "{verb}: {}", both(&output));
        let report = json(&output);
        assert_eq!(report["outcome"], outcome);
        assert_eq!(report["provider"], provider);
        assert_eq!(report["command"], verb);
    }
    // It brings its own.
    for argument in [["--token-file", "t"], ["--client-id", "x"]] {
        let arguments = [&["check", "github", "--sandbox"], &argument[..]].concat();
        let output = run(tokenturn(folder.path(), &arguments), "");
        assert_bad_input(&output, "cannot be used with");
    }
}

#[cfg(unix)]
#[test]
fn output_that_nobody_reads_ends_it_quietly() {
    let folder = TempDir::new().unwrap();
    for arguments in [&["demo"][..], &["sandbox"]] {
        // Not dropped later: by then it may have printed everything.
        let mut command = tokenturn(folder.path(), arguments);
        command.stdout(unread());
        let output = run(command, "");
        assert_eq!(both(&output), "");
        assert_eq!(output.status.code(), Some(0));
    }
    let arguments = ["check", "github", "--sandbox"];
    let mut child = tokenturn(folder.path(), &arguments).spawn().unwrap();
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
