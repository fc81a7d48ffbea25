//! Tokens that go into a vault one by one: by `login --id`, and by `vault put`.

use std::fs;
use std::io::Write;

use crate::support::expiring::{ENDED, LIVES, Stage};
use crate::support::http::get;
use crate::support::login::{Waiting, github, ohmygpt};
use crate::support::*;
use serde_json::{Value, json};

impl Stage {
    /// What `vault show` says of a token.
    fn shown(&self, id: &str) -> Value {
        let output = run(self.anywhere(&["vault", "show", id, "--json"]), "");
        assert_eq!(output.status.code(), Some(0), "{}", both(&output));
        json(&output)
    }

    /// `login github` that has come to its end.
    #[track_caller]
    fn login(&self, more: &[&str]) -> Value {
        let more = [more, &["--json"]].concat();
        let command = github(self.folder.path(), &self.sandbox, &more);
        let (program, url) = Waiting::start(command);
        match more.contains(&"--device") {
            true => assert!(self.sandbox.approve_device(&program.user_code())),
            false => drop(get(&self.sandbox.approve(&url).unwrap())),
        }
        let output = program.end();
        assert_eq!(output.status.code(), Some(0), "{}", both(&output));
        json(&output)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_goes_straight_into_the_vault() {
    let stage = Stage::new().await;
    let report = stage.login(&["--id", "mona", "--label", "team"]);
    assert_eq!(report["outcome"], "issued");
    assert_eq!(
        (&report["id"], &report["out"]),
        (&json!("mona"), &Value::Null)
    );
    let row = stage.shown("mona");
    assert_eq!(row["fingerprint"], report["new_fingerprint"]);
    assert_eq!(row["expires_at"], report["expires_at"]);
    assert_eq!(row["has_refresh_token"], true);
    assert_eq!(row["label"], "team");
    let token = succeed(stage.command(&["token", "mona"]), "");
    assert_eq!(token.trim_end(), stage.stored("mona"));
    assert!(stage.sandbox.is_alive(token.trim_end()));

    // Once more, also when it is lost or revoked.
    for (state, generation) in [("active", 2), ("lost", 3), ("revoked", 4)] {
        #[cfg(unix)]
        stage.execute(&format!("UPDATE token SET state = '{state}'"));
        stage.login(&["--id", "mona"]);
        let row = stage.shown("mona");
        assert_eq!(row["state"], "active", "{state}");
        assert_eq!(row["generation"], generation);
        assert_eq!(row["label"], "team");
        assert!(stage.sandbox.is_alive(&stage.stored("mona")));
    }
    stage.login(&["--id", "hubot", "--device"]);
    assert!(stage.sandbox.is_alive(&stage.stored("hubot")));
    // No file is left beside the vault.
    let files = fs::read_dir(stage.folder.path()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let is_of_vault = |name: &String| name.starts_with("tokenturn.");
    assert!(names.into_iter().all(|name| is_of_vault(&name)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_at_ohmygpt_goes_there_too() {
    let stage = Stage::new().await;
    let command = |more: &[&str]| {
        let scope = ["--scope", "trusted_full_access"];
        let more = [&scope[..], more].concat();
        ohmygpt(stage.folder.path(), &stage.sandbox, &more)
    };
    let (program, url) = Waiting::start(command(&["--id", "mona"]));
    get(&stage.sandbox.approve(&url).unwrap());
    let output = program.end();
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let text = both(&output);
    assert!(text.contains("stored as       mona\n"), "{text}");

    let (mut program, url) = Waiting::start(command(&["--id", "hubot", "--paste"]));
    let callback = stage.sandbox.approve(&url).unwrap();
    let code = callback.split_once("code=").unwrap().1;
    let mut stdin = program.child.stdin.take().unwrap();
    writeln!(stdin, "{}", code.split('&').next().unwrap()).unwrap();
    let output = program.end();
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));

    // It is one user, who has one admin token.
    let url = stage.sandbox.url();
    for id in ["mona", "hubot"] {
        let arguments = ["rotate", "--all", "--id", id, "--ohmygpt-base-url", &url];
        succeed(stage.anywhere(&arguments), "");
        assert!(stage.sandbox.is_alive(&stage.stored(id)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_for_what_the_vault_would_not_take() {
    let stage = Stage::new().await;
    let import = ["vault", "import", "-", "--format", "jsonl"];
    let line = json!({ "id": "mona", "token": "gho_other", "client_id": "Iv1.other" });
    succeed(stage.anywhere(&import), &line.to_string());
    let login = |more: &[&str]| run(github(stage.folder.path(), &stage.sandbox, more), "");
    for (more, advice) in [
        (
            &["--id", "mona"][..],
            "remove it first, or use another name",
        ),
        (&["--id", "mona", "--device"], "remove it first, or use"),
        (&["--id", ""], "--id is empty"),
        (&["--id", "a\u{200b}b"], "U+200B"),
        (
            &["--id", "x", "--vault", "none.db"],
            "there is no vault at none.db",
        ),
        (&["--id", "x", "--out", "t.txt"], "cannot be used with"),
        (
            &["--out", "t.txt", "--vault", "tokenturn.db"],
            "cannot be used with",
        ),
        (&["--out", "t.txt", "--label", "x"], "cannot be used with"),
        (&[], "--out <FILE>"),
    ] {
        let output = login(more);
        assert_bad_input(&output, advice);
        assert!(!both(&output).contains("to sign in"), "{}", both(&output));
    }
    assert_eq!(stage.sandbox.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_config_file_says_where_the_vault_is() {
    let stage = Stage::new().await;
    succeed(
        stage.anywhere(&["vault", "init", "--vault", "other.db"]),
        "",
    );
    write_private(
        stage.folder.path(),
        "secret",
        &stage.sandbox.client_secret(),
    );
    // Where calls of a run go says nothing about a sign-in.
    let config = "vault = \"other.db\"\nclient_secret_file = \"secret\"\nbase_url = [\"https://a.example\"]\n";
    fs::write(stage.path("config.toml"), config).unwrap();
    let mut command = github(stage.folder.path(), &stage.sandbox, &["--id", "mona"]);
    command
        .env("TOKENTURN_CONFIG", "config.toml")
        .env_remove(SECRET_VARIABLE);
    let (program, url) = Waiting::start(command);
    get(&stage.sandbox.approve(&url).unwrap());
    let output = program.end();
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let listed = succeed(
        stage.anywhere(&["vault", "list", "--vault", "other.db"]),
        "",
    );
    assert!(listed.contains("mona"), "{listed}");

    // For a file, it is as if there were none.
    let mut command = github(stage.folder.path(), &stage.sandbox, &["--out", "t.txt"]);
    command
        .env("TOKENTURN_CONFIG", "config.toml")
        .env_remove(SECRET_VARIABLE);
    assert_bad_input(&run(command, ""), SECRET_VARIABLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_file_is_put_in() {
    let stage = Stage::new().await;
    let mona = stage.sign_in().await;
    let (url, client_id) = (stage.sandbox.url(), stage.sandbox.client_id());
    let put = |input: &str, more: &[&str]| {
        let arguments = ["vault", "put", "mona", "--token-file", "-"];
        run(stage.anywhere(&[&arguments, more].concat()), input)
    };
    let saved = json!({
        "access_token": mona.token,
        "refresh_token": mona.refresh_token,
        "expires_at": ENDED,
        "refresh_token_expires_at": LIVES,
    });
    let saved = saved.to_string();
    assert_bad_input(&put(&saved, &[]), "--client-id");
    // Taken for none, it would make a token of one that never ends.
    let odd = saved.replace(ENDED, "tomorrow");
    let output = put(&odd, &["--client-id", &client_id]);
    assert_bad_input(&output, "expires_at in - does not look like");
    assert!(!both(&output).contains(&mona.token), "{}", both(&output));
    let app = [
        "--client-id",
        &client_id,
        "--server",
        &url,
        "--label",
        "team",
    ];
    let output = put(&saved, &[&app[..], &["--json"]].concat());
    assert_eq!(json(&output), json!({ "id": "mona", "replaced": false }));
    let row = stage.shown("mona");
    assert_eq!(row["has_refresh_token"], true);
    assert_eq!(row["label"], "team");
    assert_eq!(row["expires_at"], ENDED);

    // Refreshed, it is no more the one in the file.
    succeed(stage.command(&["token", "mona"]), "");
    let output = put(&saved, &[]);
    assert_bad_input(&output, " was replaced at ");
    assert!(!both(&output).contains(&mona.token));

    // A word alone, for the app of the row.
    let newer = stage.sign_in().await;
    let output = put(&newer.token, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    assert_eq!(stage.stored("mona"), newer.token);
    assert_eq!(stage.shown("mona")["has_refresh_token"], false);
    assert_bad_input(&put(&newer.token, &["--client-id", "Iv1.other"]), "is of");
    assert_bad_input(&put("two words", &[]), "more than one word");

    let user = stage.sandbox.new_ohmygpt_user();
    let arguments = [
        "vault",
        "put",
        "omg",
        "--provider",
        "ohmygpt",
        "--token-file",
    ];
    let more = ["-", "--server", &url];
    let command = stage.anywhere(&[&arguments[..], &more].concat());
    succeed(command, &user.oauth_token);
    let output = run(stage.anywhere(&["vault", "get", "omg"]), "");
    assert_bad_input(&output, "is not known yet");
}
