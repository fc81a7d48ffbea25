//! `rotate --all` and `recover`: many tokens, and whatever happens meanwhile.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

#[cfg(unix)]
use crate::support::login::Waiting;
use crate::support::*;
use serde_json::Value;
use tempfile::TempDir;
use tokenturn_sandbox::{Calls, Fault, Sandbox};
#[cfg(unix)]
use tokenturn_tests::crash::{Gate, Place, Point};

/// A sandbox, and a vault that holds tokens of it.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    /// Where its tokens are called.
    url: String,
    pub(crate) folder: TempDir,
    pub(crate) tokens: Vec<String>,
    /// The URL of the database with the vault. Else it is a file.
    database: Option<String>,
}

impl Stage {
    pub(crate) async fn with(count: usize) -> Self {
        let sandbox = Sandbox::start(0).await.unwrap();
        let url = sandbox.url();
        Self::behind(&url, sandbox, count)
    }

    /// The tokens are called at this URL, which leads to the sandbox.
    pub(crate) fn behind(url: &str, sandbox: Sandbox, count: usize) -> Self {
        Self::new(url, sandbox, count, None)
    }

    /// The same, with the vault in the database with this URL, if any is given.
    pub(crate) fn new(url: &str, sandbox: Sandbox, count: usize, database: Option<String>) -> Self {
        sandbox.set_rate_limit(None);
        let stage = Self {
            tokens: sandbox.new_github_tokens(count),
            sandbox,
            url: url.to_owned(),
            folder: TempDir::new().unwrap(),
            database,
        };
        let id = stage.sandbox.client_id();
        let arguments = [
            "vault", "import", "--init", "-", "--format", "csv", "--server", url,
        ];
        let arguments = [&arguments[..], &["--client-id", &id]].concat();
        let mut csv = "id,token\n".to_owned();
        for (number, token) in stage.tokens.iter().enumerate() {
            csv.push_str(&format!("t{number},{token}\n"));
        }
        succeed(stage.command(&arguments), &csv);
        stage
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = tokenturn_at(self.folder.path(), &self.url, arguments);
        command.env(SECRET_VARIABLE, self.sandbox.client_secret());
        command.envs(self.database.iter().map(|url| ("TOKENTURN_VAULT", url)));
        command
    }

    /// Executes a statement on the tables of the vault.
    #[cfg(unix)]
    pub(crate) fn execute(&self, statement: &str) {
        let place = match &self.database {
            None => Place::Sqlite(self.path("tokenturn.db")),
            Some(url) => Place::Postgres(url.clone()),
        };
        tokio::task::block_in_place(|| place.execute(statement));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub(crate) fn report(&self) -> Vec<Value> {
        let text = self.read("report.jsonl");
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }

    /// What is in the vault, by its names.
    pub(crate) fn stored(&self) -> Vec<(String, String)> {
        let arguments = ["vault", "export", "-", "--format", "jsonl"];
        let text = succeed(self.command(&arguments), "");
        let lines = text.lines().map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let get = |name: &str| line[name].as_str().unwrap().to_owned();
            (get("id"), get("token"))
        });
        lines.collect()
    }

    /// Every token of the sandbox, old and new, is nowhere in it.
    #[track_caller]
    pub(crate) fn assert_no_secret(&self, text: &str) {
        let stored = self.stored().into_iter().map(|(_, token)| token);
        let secrets = self.tokens.iter().cloned().chain(stored);
        for secret in secrets.chain([self.sandbox.client_secret()]) {
            assert!(!text.contains(&secret), "{text}");
        }
    }
}

#[test]
fn a_sandbox_of_its_own_needs_nothing() {
    let folder = TempDir::new().unwrap();
    let arguments = ["rotate", "--all", "--sandbox", "--tokens", "200"];
    let text = succeed(tokenturn(folder.path(), &arguments), "");
    assert!(text.starts_with("replaced             200\n"), "{text}");
    assert!(
        text.ends_with("all 200 tokens in the vault are alive\n"),
        "{text}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    for (arguments, advice) in [
        (&["rotate"][..], "--all"),
        (
            &["rotate", "--all", "--sandbox", "--vault", "x"],
            "cannot be used with",
        ),
        (&["rotate", "--all"], "there is no vault at tokenturn.db"),
        (&["recover"], "there is no vault at tokenturn.db"),
    ] {
        assert_bad_input(&run(tokenturn(folder.path(), arguments), ""), advice);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_tokens_are_replaced_once_and_reported() {
    let stage = Stage::with(50).await;
    let arguments = ["rotate", "--all", "--report", "report.jsonl", "--json"];
    let output = run(stage.command(&arguments), "");
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let summary = json(&output);
    assert_eq!(summary["replaced"], 50);
    assert_eq!(summary["stopped"], Value::Null);

    let stored = stage.stored();
    assert_eq!(stored.len(), 50);
    assert!(
        stored
            .iter()
            .all(|(_, token)| stage.sandbox.is_alive(token))
    );
    assert!(
        stage
            .tokens
            .iter()
            .all(|token| !stage.sandbox.is_alive(token))
    );
    assert_eq!(stage.sandbox.replacements().len(), 50);

    let report = stage.report();
    assert_eq!(report.len(), 50);
    for (id, token) in &stored {
        let line = report.iter().find(|line| line["id"] == *id).unwrap();
        let new = tokenturn::Secret::new(token.as_str()).fingerprint();
        assert_eq!(line["new_fingerprint"], new.to_string());
        assert_eq!(line["outcome"], "replaced");
        assert!(line["request_id"].is_string());
    }
    stage.assert_no_secret(&both(&output));
    stage.assert_no_secret(&stage.read("report.jsonl"));
    let history = succeed(stage.command(&["history", "t7"]), "");
    assert!(history.contains("replaced"), "{history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing() {
    let stage = Stage::with(3).await;
    let before = stage.stored();
    let arguments = ["rotate", "--all", "--dry-run", "--per-second", "0.5"];
    let text = succeed(stage.command(&arguments), "");
    let app = format!(
        "github app {} at {}",
        stage.sandbox.client_id(),
        stage.sandbox.url()
    );
    let expected =
        format!("{app}\n  tokens    3\n  pace      0.5/s\n  takes     6s\nnothing was changed\n");
    assert_eq!(text, expected);

    let mut command = stage.command(&[&arguments[..], &["--json"]].concat());
    command.env(SECRET_VARIABLE, "wrong");
    let output = run(command, "");
    assert_eq!(output.status.code(), Some(3), "{}", both(&output));
    let trouble = json(&output)["apps"][0]["trouble"].to_string();
    assert!(trouble.contains("client"), "{trouble}");

    assert_eq!(stage.stored(), before);
    assert!(stage.sandbox.replacements().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_stop_the_run() {
    let stage = Stage::with(40).await;
    let mut command = stage.command(&["rotate", "--all", "--concurrency", "4"]);
    command.env(SECRET_VARIABLE, "wrong-secret");
    let output = run(command, "");
    assert_eq!(output.status.code(), Some(3), "{}", both(&output));
    let text = both(&output);
    assert!(text.contains("not attempted         40"), "{text}");
    assert!(
        text.contains("stopped: the client's credentials are wrong"),
        "{text}"
    );
    assert!(!text.contains("wrong-secret"), "{text}");
    assert!(stage.sandbox.requests().len() <= 4);
    assert!(
        stage
            .tokens
            .iter()
            .all(|token| stage.sandbox.is_alive(token))
    );

    // Put right, it goes on.
    let text = succeed(stage.command(&["rotate", "--all"]), "");
    assert!(text.starts_with("replaced              40\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_never_come_stop_the_run() {
    let stage = Stage::with(200).await;
    stage.sandbox.set_fault(Fault::AfterChange);
    let arguments = ["rotate", "--all", "--leave-alone", "100ms"];
    let output = run(stage.command(&arguments), "");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(text.contains("lost                   3"), "{text}");
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("stopped: 3 tokens of an app"), "{text}");
    assert!(last.ends_with("run it again"), "{text}");
    let lost = || {
        stage
            .tokens
            .iter()
            .filter(|t| !stage.sandbox.is_alive(t))
            .count()
    };
    assert_eq!(lost(), 3);

    let arguments = [&arguments[..], &["--max-lost", "1", "--json"]].concat();
    let output = run(stage.command(&arguments), "");
    assert_eq!(json(&output)["stopped"], "lost", "{}", both(&output));
    assert_eq!(lost(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_no_again_and_again_stops_the_run() {
    let stage = Stage::with(0).await;
    let mut csv = "token\n".to_owned();
    for number in 0..40 {
        csv.push_str(&format!("gho_dead{number}\n"));
    }
    let (url, id) = (stage.sandbox.url(), stage.sandbox.client_id());
    let import = [
        "vault", "import", "--init", "-", "--format", "csv", "--server", &url,
    ];
    let import = [&import[..], &["--client-id", &id]].concat();
    succeed(stage.command(&import), &csv);
    for (more, times) in [(&[][..], 10), (&["--max-same-refusal", "5"], 5)] {
        let output = run(stage.command(&[&["rotate", "--all"], more].concat()), "");
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(text.contains(&format!("invalid {times:>16}  ")), "{text}");
        assert!(text.contains("\nstopped: the same no came"), "{text}");
    }
    let arguments = ["rotate", "--all", "--max-same-refusal", "0"];
    let output = run(stage.command(&arguments), "");
    assert_eq!(output.status.code(), Some(1), "{}", both(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_said_before_anything_is_sent() {
    let stage = Stage::with(2).await;
    let mut command = stage.command(&["rotate", "--all"]);
    command.env_remove(SECRET_VARIABLE);
    assert_bad_input(&run(command, ""), SECRET_VARIABLE);
    let command = stage.command(&["rotate", "--all", "--report", "none/report.jsonl"]);
    assert_bad_input(&run(command, ""), "cannot write none/report.jsonl");

    let mut command = stage.command(&["rotate", "--all"]);
    command.env(SECRET_VARIABLE, "");
    assert_bad_input(&run(command, ""), "no client secret");
    for option in ["--base-url", "--ohmygpt-base-url"] {
        for url in ["http://me:canary@127.0.0.1:9", "nonsense"] {
            let output = run(stage.command(&["rotate", "--all", option, url]), "");
            assert_bad_input(&output, "the base URL ");
            assert!(!both(&output).contains("canary"), "{}", both(&output));
        }
    }
    for command in [&["rotate", "--all"][..], &["recover"], &["deliver"]] {
        let arguments = [command, &["--deliver", " "]].concat();
        let output = run(stage.command(&arguments), "");
        assert_bad_input(&output, "it is a command that takes the token");
    }

    let import = [
        "vault",
        "import",
        "-",
        "--format",
        "csv",
        "--client-id",
        "Iv1.other",
    ];
    succeed(stage.command(&import), "token\ngho_other\n");
    let dotcom = "https://api.github.com";
    let both_servers = [
        "rotate",
        "--all",
        "--base-url",
        dotcom,
        "--base-url",
        &stage.url,
    ];
    let output = run(stage.command(&both_servers), "");
    assert_bad_input(&output, "no client secret for the github app Iv1.other");
    assert_bad_input(&output, "give --app-secret-file Iv1.other=FILE");
    assert_eq!(stage.sandbox.requests().len(), 0);

    let id = stage.sandbox.client_id();
    let text = succeed(stage.command(&["rotate", "--all", "--client-id", &id]), "");
    assert!(text.starts_with("replaced               2\n"), "{text}");
    // Named by its address, the rest is left alone.
    let output = run(
        stage.command(&["rotate", "--all", "--base-url", &stage.url]),
        "",
    );
    let text = both(&output);
    assert!(text.contains("other apps             1"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_users_have_revoked_are_told_apart() {
    let stage = Stage::with(5).await;
    let import = ["vault", "import", "--init", "-", "--format", "csv"];
    let (url, id) = (stage.sandbox.url(), stage.sandbox.client_id());
    let app = ["--server", &url, "--client-id", &id];
    let csv = "id,token\ndead,gho_dead\n";
    succeed(stage.command(&[&import[..], &app].concat()), csv);
    let output = run(stage.command(&["rotate", "--all"]), "");
    assert_eq!(output.status.code(), Some(1), "{}", both(&output));
    let text = stdout(&output);
    assert!(
        text.contains("invalid                1  their users have to"),
        "{text}"
    );
    assert!(text.contains("replaced               5\n"), "{text}");
    let listed = succeed(stage.command(&["vault", "list", "--state", "revoked"]), "");
    assert!(listed.contains("dead"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_providers_are_in_one_run() {
    let stage = Stage::with(3).await;
    let users = stage.sandbox.new_ohmygpt_users(3);
    let mut csv = "id,provider,oauth_token,token\n".to_owned();
    for (number, user) in users.iter().enumerate() {
        // Nobody needs to know the admin token before.
        let known = [user.admin_token.as_str(), ""][number % 2];
        csv.push_str(&format!("u{number},ohmygpt,{},{known}\n", user.oauth_token));
    }
    let url = stage.sandbox.url();
    let import = [
        "vault", "import", "--init", "-", "--format", "csv", "--server", &url,
    ];
    succeed(stage.command(&import), &csv);

    // OhMyGPT needs no secret.
    let mut command = stage.command(&["rotate", "--all", "--provider", "ohmygpt"]);
    command.env_remove(SECRET_VARIABLE);
    let text = succeed(command, "");
    assert!(text.starts_with("replaced               3\n"), "{text}");
    assert!(
        users
            .iter()
            .all(|user| !stage.sandbox.is_alive(&user.admin_token))
    );
    let text = succeed(stage.command(&["rotate", "--all"]), "");
    assert!(text.starts_with("replaced               6\n"), "{text}");
    let stored = stage.stored();
    assert_eq!(stored.len(), 6);
    assert!(
        stored
            .iter()
            .all(|(_, token)| stage.sandbox.is_alive(token))
    );
}

/// It says the token aloud when it fails, which must not be repeated.
#[cfg(unix)]
const FAILS_TWICE: &str = r#"
    n=$(cat "$TOKENTURN_ID.n" 2>/dev/null || echo 0)
    echo $((n + 1)) > "$TOKENTURN_ID.n"
    if [ "$n" -lt 2 ]; then echo "no place for $(cat)" >&2; exit 7; fi
    cat > "$TOKENTURN_ID.got"
    env > "$TOKENTURN_ID.env"
"#;

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn new_tokens_are_handed_on_until_they_are_taken() {
    let stage = Stage::with(4).await;
    let arguments = [
        "rotate",
        "--all",
        "--report",
        "report.jsonl",
        "--deliver",
        FAILS_TWICE,
    ];
    let output = run(stage.command(&arguments), "");
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    assert!(
        both(&output).contains("handed on              4"),
        "{}",
        both(&output)
    );
    for (id, token) in stage.stored() {
        assert_eq!(stage.read(&format!("{id}.got")), token);
        assert_eq!(stage.read(&format!("{id}.n")), "3\n");
        let env = stage.read(&format!("{id}.env"));
        assert!(env.contains("TOKENTURN_PROVIDER=github"), "{env}");
        assert!(!env.contains(&token) && !env.contains(&stage.sandbox.client_secret()));
    }
    let count = |outcome| {
        let report = stage.report().into_iter();
        report.filter(|line| line["outcome"] == outcome).count()
    };
    assert_eq!(count("delivered"), count("replaced"));
    stage.assert_no_secret(&both(&output));
}

/// Nobody has told it to stop.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_not_whole_is_the_reason() {
    let stage = Stage::with(2).await;
    let arguments = ["rotate", "--all", "--json", "--report", "/dev/full"];
    let output = run(stage.command(&arguments), "");
    assert_eq!(output.status.code(), Some(4), "{}", both(&output));
    let line = json(&output);
    assert_eq!(line["stopped"], "report");
    let message = line["message"].as_str().unwrap();
    assert!(
        message.starts_with("the report is not whole: No space left"),
        "{message}"
    );
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_takes_is_handed_on_by_the_next_run() {
    let stage = Stage::with(2).await;
    let refuses = r#"echo "no place for $(cat)" >&2; touch "$TOKENTURN_ID.tried"; exit 7"#;
    let child = start(
        stage.command(&["rotate", "--all", "--deliver", refuses]),
        "",
    );
    until(|| stage.path("t0.tried").exists() && stage.path("t1.tried").exists());
    signal("INT", child.id());
    let output = child.wait_with_output().unwrap();
    let text = both(&output);
    assert_eq!(output.status.code(), Some(9), "{text}");
    assert!(text.contains("not handed on          2"), "{text}");
    assert!(text.contains("no place for [token]"), "{text}");
    stage.assert_no_secret(&text);

    let takes = r#"cat > "$TOKENTURN_ID.got""#;
    succeed(stage.command(&["rotate", "--all", "--deliver", takes]), "");
    for (id, token) in stage.stored() {
        assert_eq!(stage.read(&format!("{id}.got")), token);
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn asked_to_stop_it_goes_on_there_the_next_time() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let gate = Gate::start(&sandbox.url()).await;
    let stage = Stage::behind(&gate.url(), sandbox, 60);
    // The first two go alone.
    let canaries = [(); 2].map(|()| gate.hold("PATCH", Point::Answer));
    let calls = [(); 2].map(|()| gate.hold("PATCH", Point::Answer));
    let more = ["--concurrency", "2", "--report", "report.jsonl"];
    let arguments = [&["rotate", "--all"][..], &more].concat();
    let mut program = Waiting::new(stage.command(&arguments));
    for canary in canaries {
        canary.pass().await;
    }
    for call in &calls {
        call.is_there().await;
    }
    for _ in 0..2 {
        signal("INT", program.child.id());
        program.line(|line| line.starts_with("stopping: waiting for the answers"));
    }
    for call in calls {
        call.release().await;
    }
    let output = program.end();
    let text = both(&output);
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(text.contains("stopped: it was told to stop"), "{text}");
    // What was under way is brought to its end, and nothing else is begun.
    assert_eq!(stage.report().len(), 4);
    assert_eq!(stage.sandbox.replacements().len(), 4);

    let output = run(
        stage.command(&["rotate", "--all", "--report", "report.jsonl"]),
        "",
    );
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let going_on = "going on with a run that is through with 4 tokens";
    assert!(both(&output).contains(going_on), "{}", both(&output));
    assert_eq!(stage.report().len(), 60);
    assert_eq!(stage.sandbox.replacements().len(), 60);
    assert!(
        stage
            .stored()
            .iter()
            .all(|(_, token)| stage.sandbox.is_alive(token))
    );
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn recover_finds_out_about_all_doubts() {
    let stage = Stage::with(2).await;
    stage.sandbox.set_fault(Fault::AfterChange);
    // The run itself finds nothing out, however soon it asks.
    stage.sandbox.add_fault(Fault::Outage, Calls::Every);
    let arguments = ["rotate", "--all", "--leave-alone", "100ms"];
    let child = start(stage.command(&arguments), "");
    let in_doubt = || {
        let list = ["vault", "list", "--state", "unknown", "--json"];
        let text = stdout(&run(stage.command(&list), ""));
        text.lines().filter(|line| line.contains("\"id\"")).count()
    };
    until(|| in_doubt() == 2);
    signal("TERM", child.id());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", both(&output));

    stage.sandbox.set_fault(None);
    let output = run(stage.command(&["recover", "--report", "report.jsonl"]), "");
    assert_eq!(output.status.code(), Some(1), "{}", both(&output));
    let text = stdout(&output);
    assert!(
        text.contains("lost                   2  replaced, and the new ones"),
        "{text}"
    );
    assert_eq!(stage.report().len(), 2);
    assert_eq!(in_doubt(), 0);
    let text = succeed(stage.command(&["recover", "--all"]), "");
    assert!(text.starts_with("resolved               0"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_all_brings_back_what_lives() {
    let stage = Stage::with(3).await;
    let import = ["vault", "import", "--init", "-", "--format", "csv"];
    let (url, id) = (stage.sandbox.url(), stage.sandbox.client_id());
    let app = ["--server", &url, "--client-id", &id];
    let csv = "id,token\ndead,gho_dead\n";
    succeed(stage.command(&[&import[..], &app].concat()), csv);
    let check = ["check", "--all", "--report", "report.jsonl"];
    let output = run(stage.command(&check), "");
    assert_eq!(output.status.code(), Some(1), "{}", both(&output));
    let text = stdout(&output);
    assert!(text.starts_with("valid                  3\n"), "{text}");
    assert!(text.contains("invalid                1  their"), "{text}");
    assert_eq!(stage.report().len(), 4);
    assert!(stage.sandbox.replacements().is_empty());

    // A vault that takes a living token for a dead one.
    let database = rusqlite::Connection::open(stage.path("tokenturn.db")).unwrap();
    let killed = database.execute("UPDATE token SET state = 'revoked'", []);
    assert_eq!(killed.unwrap(), 4);
    // That all are dead is no success.
    let output = run(stage.command(&["rotate", "--all"]), "");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let told =
        "dead                   4  lost or revoked, so not tried; tokenturn check --all asks";
    assert!(text.contains(told), "{text}");
    let text = stdout(&run(stage.command(&["check", "--all"]), ""));
    assert!(text.contains("restored               3  lost or"), "{text}");
    let output = run(stage.command(&["rotate", "--all"]), "");
    assert_eq!(output.status.code(), Some(1), "{}", both(&output));
    assert!(stdout(&output).starts_with("replaced               3\n"));
    let output = run(
        stage.command(&["check", "--all", "--state", "active", "--json"]),
        "",
    );
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let summary = json(&output);
    assert_eq!(
        (&summary["command"], &summary["valid"]),
        (&"check".into(), &3.into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_named_has_to_be_there() {
    let stage = Stage::with(2).await;
    let url = stage.sandbox.url();
    let elsewhere = format!(
        "there is one of the github app {} at {url}",
        stage.sandbox.client_id()
    );
    for command in [&["rotate", "--all"][..], &["check", "--all"], &["recover"]] {
        for (named, advice) in [
            (["--base-url", "http://127.0.0.1:9"], &*elsewhere),
            (["--server", "https://api.github.com"], &*elsewhere),
            (["--client-id", "Iv1.other"], &*elsewhere),
            (["--label", "none"], &*elsewhere),
        ] {
            let output = run(stage.command(&[command, &named].concat()), "");
            assert_ends(&output, 8, advice);
        }
    }
    // Nothing is old.
    let old = ["rotate", "--all", "--older-than", "1d"];
    assert_ends(&run(stage.command(&old), ""), 8, "no token fits");
    assert_eq!(stage.sandbox.requests().len(), 0);

    succeed(stage.command(&["vault", "remove", "t0"]), "");
    succeed(stage.command(&["vault", "remove", "t1"]), "");
    let output = run(stage.command(&["rotate", "--all"]), "");
    assert_ends(&output, 8, "the vault is empty");
}
