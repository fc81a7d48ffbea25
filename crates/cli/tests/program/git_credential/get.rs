//! What git is given.

#[cfg(unix)]
use std::io::{BufRead, BufReader};
#[cfg(unix)]
use std::sync::mpsc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use tokenturn_sandbox::Fault;
#[cfg(unix)]
use tokenturn_tests::{RawServer, json_answer};

use super::*;

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_lives_is_given_as_it_is() {
    let (world, pair) = World::with_mona().await;
    let calls = world.calls();
    for (said, user) in [
        ("", "x-access-token"),
        (
            "username=octocat\npath=o/r.git\nwwwauth[]=Basic realm=\"GitHub\"\n",
            "octocat",
        ),
    ] {
        for options in [&["--id", "mona"][..], &[], &["--json"]] {
            let text = succeed(world.helper(options, "get"), &world.words(said));
            let mut lines = text.lines();
            assert_eq!(lines.next().unwrap(), format!("username={user}"));
            assert_eq!(lines.next().unwrap(), format!("password={}", pair.token));
            let end = lines.next().unwrap().strip_prefix("password_expiry_utc=");
            let end: u64 = end.unwrap().parse().unwrap();
            assert!(end > now() && end <= now() + 8 * 3600, "{end}");
            // Whoever is given the refresh token could use it.
            assert_eq!(lines.next(), None);
        }
    }
    assert_eq!(world.calls(), calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_has_ended_is_refreshed_and_its_end_is_by_the_clock_of_git() {
    let (world, pair) = World::with_mona().await;
    // The provider's clock is so far ahead from now on.
    world.sandbox.advance(9 * HOUR);
    world.import(&[world.row("mona", &pair.expired())]);
    let before = now();
    let (password, end) = world.get();
    assert!(world.sandbox.is_alive(&password));
    let end = end.unwrap();
    assert!(end >= before + 8 * 3600 - 2, "{before} {end}");
    assert!(end <= now() + 8 * 3600 + 2, "{end}");
    assert_eq!(world.get(), (password, Some(end)));
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_an_end_has_none() {
    let world = World::new().await;
    world.sandbox.set_expiring_tokens(false);
    let token = world.sandbox.new_github_token();
    let (client_id, server) = (world.sandbox.client_id(), world.sandbox.url());
    let row = json!({ "id": "mona", "token": token, "client_id": client_id, "server": server });
    world.import(&[row]);
    assert_eq!(world.get(), (token, None));
}

/// By the word of the provider it lives. git would throw it away, were it told of an end that is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_outlives_its_end_is_given_without_one() {
    let (world, pair) = World::with_mona().await;
    let token = pair.token.clone();
    let mut row = world.row("mona", &pair.expired());
    row["refresh_token"] = json!(null);
    world.import(&[row]);
    assert_eq!(world.get(), (token, None));
    assert_eq!(world.shown("mona")["state"], "active");
}

/// As tokens of the device flow are.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_without_a_client_secret_refreshes() {
    let world = World::new().await;
    world.sandbox.set_device_interval(1);
    let github = GitHub::public_client(world.sandbox.client_id());
    let github = github.base_url(world.sandbox.url()).build().unwrap();
    let device = github.device_code([""; 0]).await.unwrap();
    assert!(world.sandbox.approve_device(&device.user_code));
    let new = github.wait_for_device(device).await.unwrap();
    world.import(&[world.row("mona", &Pair::of(&new).expired())]);
    let mut command = world.helper(&["--id", "mona"], "get");
    command.env_remove(SECRET_VARIABLE);
    let text = succeed(command, &world.words(""));
    let password = text.lines().find_map(|line| line.strip_prefix("password="));
    assert!(world.sandbox.is_alive(password.unwrap()), "{text}");
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_to_sign_in_is_told_so_and_git_goes_on() {
    let (world, pair) = World::with_mona().await;
    world.end("mona", &pair);
    for _ in 0..2 {
        let output = world.ask(&["--id", "mona"], "get", "");
        assert_ends(&output, 1, "the token of \"mona\"");
        let command = format!(
            "sign in with: tokenturn login github --client-id {} --base-url {} --id \"mona\"",
            world.sandbox.client_id(),
            world.sandbox.url()
        );
        assert_ends(&output, 1, &command);
        assert_eq!(both(&output).lines().count(), 1, "{}", both(&output));
        assert_eq!(stdout(&output), "");
    }
    assert_eq!(world.refreshes(), 1);
}

/// git would ask for a password, which nobody at GitHub has.
#[tokio::test(flavor = "multi_thread")]
async fn while_no_token_can_be_had_git_is_told_to_stop() {
    let (world, pair) = World::with_mona().await;
    world.import(&[world.row("mona", &pair.expired())]);
    world.sandbox.set_fault(Fault::Outage);
    let options = ["--id", "mona", "--leave-alone", "10ms"];
    let output = world.ask(&options, "get", "");
    assert_eq!(stdout(&output), "quit=1\n", "{}", both(&output));
    assert_ends(
        &output,
        5,
        "error: \"mona\": the token may have been replaced: ",
    );
    world.sandbox.set_fault(None);
    let (password, _) = world.get();
    assert!(world.sandbox.is_alive(&password));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_without_a_secret() {
    let (world, pair) = World::with_mona().await;
    let helper = || world.helper(&["--id", "mona"], "get");
    for (words, advice) in [
        ("canary\n\n", "line 1 of what git says is not KEY=VALUE"),
        (
            "protocol=http\npassword=can\u{1}ary\n",
            "the password in what git says is not text",
        ),
    ] {
        let output = run(helper(), words);
        assert_bad_input(&output, advice);
        assert_eq!(stdout(&output), "");
        assert!(!both(&output).contains("ary"), "{}", both(&output));
    }
    let output = world.ask(&["--id", "lisa"], "get", "");
    assert_ends(&output, 8, "there is no token named \"lisa\"");
    assert_eq!(stdout(&output), "");
    let mut command = helper();
    command.env_remove("TOKENTURN_VAULT");
    let output = run(command, &world.words(""));
    assert_bad_input(&output, "say which vault: by --vault with an absolute path");
    let output = world.ask(&["--vault", "none.db"], "get", "");
    assert_bad_input(&output, "there is no vault at none.db");
    assert_eq!(stdout(&output), "");

    world.import(&[world.row("mona", &pair.expired())]);
    let mut command = helper();
    command.env("TOKENTURN_LOG", "trace");
    let output = run(command, &world.words(""));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("the vault is open"), "{told}");
    let secret = world.sandbox.client_secret();
    for secret in ["ghu_", "ghr_", "gho_", &secret] {
        assert!(!told.contains(secret), "{told}");
    }
}

/// Ctrl-C ends git, and reaches its helpers.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_is_interrupted_comes_into_the_vault() {
    let (ask, asked) = mpsc::channel();
    let (go_on, may_answer) = mpsc::channel();
    let server = RawServer::start_with(move |_| {
        ask.send(()).unwrap();
        may_answer.recv().unwrap();
        let body = r#"{"access_token":"ghu_1","refresh_token":"ghr_1","expires_in":28800,
            "refresh_token_expires_in":15897600,"token_type":"bearer","scope":""}"#;
        json_answer("200 OK", "", body).into()
    })
    .await;
    let world = World::new().await;
    world.import(&[json!({
        "id": "mona", "token": "ghu_0", "refresh_token": "ghr_0", "expires_at": LONG_AGO,
        "client_id": "Iv1.app", "server": server.url(),
    })]);
    let mut command = world.helper(&["--base-url", &server.url()], "get");
    command.env_remove(SECRET_VARIABLE);
    let words = format!("protocol=http\nhost={}\n\n", server.host());
    let mut git = start(command, &words);
    asked.recv_timeout(LONGEST).unwrap();
    signal("INT", git.id());
    let mut line = String::new();
    let mut stderr = BufReader::new(git.stderr.take().unwrap());
    stderr.read_line(&mut line).unwrap();
    assert!(line.starts_with("waiting for the answer first"), "{line}");
    go_on.send(()).unwrap();
    let output = git.wait_with_output().unwrap();
    assert!(stdout(&output).contains("password=ghu_1\n"));
    let get = ["vault", "get", "mona"];
    assert_eq!(succeed(tokenturn(world.path(), &get), ""), "ghu_1\n");
}

#[test]
fn what_git_may_say_one_day_is_ignored() {
    let folder = TempDir::new().unwrap();
    let command = tokenturn(folder.path(), &["git-credential", "--id", "mona", "later"]);
    let output = run(command, "anything\n");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(both(&output), "");
}
