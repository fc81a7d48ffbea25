//! Tokens that a vault does not take, and how they get back into it.

use std::fs;

use serde_json::{Value, json};

use crate::fleet::Stage;
use crate::support::*;

const IMPORT: [&str; 4] = ["vault", "import", "--replace", "-"];

impl Stage {
    /// Lets the vault take no new secrets.
    fn refuse(&self) {
        let refuse =
            "CREATE TRIGGER refuse BEFORE UPDATE ON token WHEN NEW.generation > OLD.generation
            BEGIN SELECT RAISE(ABORT, 'refused'); END";
        self.database().execute_batch(refuse).unwrap();
    }

    fn database(&self) -> rusqlite::Connection {
        let database = rusqlite::Connection::open(self.path("tokenturn.db")).unwrap();
        database.busy_timeout(LONGEST).unwrap();
        database
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a token is kept in memory for a minute before it is put elsewhere"]
async fn what_the_vault_does_not_take_gets_back_by_the_command_that_is_told() {
    let stage = Stage::with(20).await;
    stage.refuse();
    let arguments = ["rotate", "--all", "--lease", "3s", "--concurrency", "4"];
    let output = run(stage.command(&arguments), "");
    assert_eq!(output.status.code(), Some(6), "{}", both(&output));
    let text = both(&output);
    let told = "tokenturn vault import --replace ";
    let files = text.lines().filter_map(|line| {
        let (_, file) = line.split_once(told)?;
        line.contains(": the new token is in ").then_some(file)
    });
    let files: Vec<_> = files.collect();
    let (file, count) = (files[0], files.len());
    // No other is replaced that could not be stored, either.
    assert!((1..=4).contains(&count), "{text}");
    assert_eq!(stage.sandbox.replacement_count(), count);
    assert!(
        text.contains("the vault cannot be used; mend that"),
        "{text}"
    );
    assert!(files.iter().all(|other| *other == file), "{text}");
    let rescued = fs::read_to_string(stage.path(file)).unwrap();
    assert_eq!(rescued.lines().count(), count, "{rescued}");
    #[cfg(unix)]
    assert_eq!(mode(&stage.path(file)), 0o600);
    stage.assert_no_secret(&text);

    stage
        .database()
        .execute_batch("DROP TRIGGER refuse")
        .unwrap();
    let import = ["vault", "import", "--replace", file];
    let text = succeed(stage.command(&import), "");
    assert!(text.ends_with("put in\n"), "{text}");
    let stored = stage.stored();
    assert_eq!(stored.len(), 20);
    let dead = stored
        .iter()
        .filter(|(_, token)| !stage.sandbox.is_alive(token));
    assert_eq!(dead.count(), 0);

    // What was rescued once does not come back when it has been replaced since.
    succeed(stage.command(&["rotate", "--all", "--new-run"]), "");
    let stored = stage.stored();
    let output = run(stage.command(&import), "");
    assert_bad_input(&output, "nothing is put in: ");
    assert_bad_input(&output, "line 1: the token of ");
    assert_bad_input(&output, " was replaced at ");
    stage.assert_no_secret(&both(&output));
    assert_eq!(stage.stored(), stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_there_get_the_secrets_and_others_are_put_in() {
    let stage = Stage::with(2).await;
    let app = (stage.sandbox.url(), stage.sandbox.client_id());
    let line = |id: &str, token: &str| {
        json!({ "id": id, "token": token, "server": app.0, "client_id": app.1 }).to_string()
    };
    let import = [&IMPORT[..], &["--format", "jsonl"]].concat();
    let lines = [line("t1", "gho_second"), line("new", "gho_third")].join("\n");
    let text = succeed(stage.command(&import), &lines);
    assert_eq!(text, "2 tokens put in\n");
    let stored: Vec<_> = stage.stored().into_iter().map(|(id, _)| id).collect();
    assert_eq!(stored, ["new", "t0", "t1"]);
    let show = ["vault", "show", "t1", "--json"];
    let shown: Value = serde_json::from_str(&succeed(stage.command(&show), "")).unwrap();
    assert_eq!(shown["generation"], 2);

    // A line of another app ends it there.
    let other = json!({ "id": "t0", "token": "gho_other", "client_id": "Iv1.other" });
    let lines = [
        line("t1", "gho_fourth"),
        other.to_string(),
        line("last", "gho_last"),
    ]
    .join("\n");
    let output = run(stage.command(&import), &lines);
    let told = "error: 1 token put in, and no more: standard input: line 2: the token \"t0\" is of";
    assert_bad_input(&output, told);
    let stored: Vec<_> = stage.stored().into_iter().map(|(id, _)| id).collect();
    assert_eq!(stored, ["new", "t0", "t1"]);
    assert_eq!(stage.stored()[2].1, "gho_fourth");
    let output = run(stage.command(&import), "no line");
    assert_bad_input(
        &output,
        "error: nothing is put in: standard input: line 1: ",
    );
}
