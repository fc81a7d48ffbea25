//! `--json`: what every command says to a program, errors among it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::*;

fn told(folder: &Path, arguments: &[&str]) -> (Output, Value) {
    let output = run(tokenturn(folder, &[arguments, &["--json"]].concat()), "");
    let line = json(&output);
    (output, line)
}

#[test]
fn an_error_is_one_line_on_standard_output() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    succeed(tokenturn(path, &["vault", "init"]), "");
    write_private(path, "wrong.key", &"0".repeat(64));
    for (arguments, code, word, message) in [
        (
            &["vault", "lst"][..],
            2,
            "bad_input",
            "unrecognized subcommand 'lst'",
        ),
        (&["rotate", "github"], 2, "bad_input", "--client-id"),
        (
            &["vault", "show", "x"],
            8,
            "no_token",
            "there is no token named \"x\"",
        ),
        (
            &["vault", "remove", "x"],
            8,
            "no_token",
            "there is no token named \"x\"",
        ),
        (
            &["history", "x"],
            8,
            "no_token",
            "there is no token named \"x\"",
        ),
        (
            &["vault", "list", "--vault", "none.db"],
            2,
            "bad_input",
            "there is no vault at none.db",
        ),
        (
            &["vault", "list", "--key-file", "wrong.key"],
            2,
            "wrong_key",
            "the key in wrong.key: ",
        ),
        (&["rotate", "--all"], 8, "no_token", "the vault is empty"),
        (
            &["vault", "export", "-", "--format", "csv"],
            2,
            "bad_input",
            "no place for --json",
        ),
        (
            &["config", "--config", "none.toml"],
            2,
            "bad_input",
            "none.toml",
        ),
    ] {
        let (output, line) = told(path, arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {line}");
        assert_eq!(line["exit_code"], code, "{line}");
        assert_eq!(line["error"], word, "{line}");
        let said = line["message"].as_str().unwrap();
        assert!(said.contains(message), "{line}");
        assert!(!said.contains('\n') && !said.starts_with("error"), "{line}");
        assert!(output.stderr.is_empty(), "{}", both(&output));
    }
    // Without it, it is text for people.
    let output = run(tokenturn(path, &["vault", "show", "x"]), "");
    assert!(output.stdout.is_empty());
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: there is no token named \"x\"\n"
    );
}

#[test]
fn every_command_on_a_vault_tells() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let told = |arguments: &[&str]| {
        let (output, line) = told(path, arguments);
        assert_eq!(output.status.code(), Some(0), "{}", both(&output));
        line
    };
    let made = told(&["vault", "init"]);
    assert_eq!(made["vault"], "tokenturn.db");
    assert_eq!(made["key"], "tokenturn.db.key");
    let rows = "{\"id\":\"a\",\"token\":\"gho_a\",\"client_id\":\"app\"}\n";
    fs::write(path.join("rows.jsonl"), rows).unwrap();
    assert_eq!(told(&["vault", "import", "rows.jsonl"])["tokens"], 1);
    let fingerprint = tokenturn::Secret::new("gho_a").fingerprint().to_string();
    assert_eq!(told(&["vault", "list"])["fingerprint"], fingerprint);
    assert_eq!(told(&["vault", "show", "a"])["fingerprint"], fingerprint);
    let put = told(&["history"]);
    assert_eq!(put["new_fingerprint"], fingerprint);
    assert_eq!(put["old_fingerprint"], Value::Null);
    let written = told(&["vault", "export", "out.csv"]);
    assert_eq!(
        (&written["tokens"], &written["file"]),
        (&1.into(), &"out.csv".into())
    );
    let rekeyed = told(&["vault", "rekey"]);
    assert_eq!(rekeyed["tokens"], 1);
    assert_eq!(rekeyed["key"], "tokenturn.db.key");
    let removed = told(&["vault", "remove", "a"]);
    assert_eq!(
        (&removed["removed"], &removed["kept"]),
        (&"a".into(), &0.into())
    );
    let run = told(&["rotate", "--all", "--sandbox", "--tokens", "2"]);
    assert_eq!(
        (&run["replaced"], &run["exit_code"]),
        (&2.into(), &0.into())
    );
    assert_eq!(run["error"], Value::Null);
    let check = told(&["check", "github", "--sandbox"]);
    assert_eq!(
        (&check["outcome"], &check["error"]),
        (&"valid".into(), &Value::Null)
    );
}

#[test]
fn it_may_stand_before_the_command() {
    let folder = TempDir::new().unwrap();
    for arguments in [
        &["--json", "check", "github", "--sandbox"][..],
        &["--json", "rotate", "--all", "--sandbox", "--tokens", "1"],
        &["--json", "vault", "init"],
    ] {
        let output = run(tokenturn(folder.path(), arguments), "");
        assert_eq!(output.status.code(), Some(0), "{}", both(&output));
        json(&output);
    }
}

#[test]
fn the_demo_and_the_sandbox_tell_too() {
    let folder = TempDir::new().unwrap();
    let text = succeed(tokenturn(folder.path(), &["demo", "--json"]), "");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    for (line, provider) in lines.zip(["github", "ohmygpt"]) {
        assert_eq!(line["provider"], provider);
        assert_eq!(
            (&line["is_alive"], &line["new_is_alive"]),
            (&false.into(), &true.into())
        );
    }
    assert_eq!(text.lines().count(), 2);

    let mut sandbox = tokenturn(folder.path(), &["sandbox", "--json"])
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(sandbox.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    let url = told["url"].as_str().unwrap();
    let get = |name: &str| told["github"][name].as_str().unwrap();
    let more = ["--out", "new.txt", "--json"];
    let (id, secret) = (get("client_id"), get("client_secret"));
    let rotate = github("rotate", folder.path(), url, id, secret, &more);
    assert_eq!(json(&run(rotate, get("token")))["outcome"], "rotated");
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
}

/// A row that something else has changed has a code of its own, wherever it is met.
#[test]
fn a_damaged_row_is_told_apart() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let rows = "{\"id\":\"a\",\"token\":\"gho_a\",\"client_id\":\"app\"}\n";
    let import = ["vault", "import", "--init", "-", "--format", "jsonl"];
    succeed(tokenturn(path, &import), rows);
    let database = rusqlite::Connection::open(path.join("tokenturn.db")).unwrap();
    database
        .execute("UPDATE token SET sealed = zeroblob(99)", [])
        .unwrap();
    drop(database);
    let (output, line) = told(path, &["vault", "show", "a"]);
    assert_eq!(output.status.code(), Some(7), "{line}");
    assert_eq!(line["error"], "damaged");
}

#[test]
fn the_tables_speak_of_fingerprints() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    succeed(tokenturn(path, &["vault", "init"]), "");
    let list = succeed(tokenturn(path, &["vault", "list"]), "");
    assert!(list.contains("  FINGERPRINT  "), "{list}");
    let history = succeed(tokenturn(path, &["history"]), "");
    assert!(
        history.contains("  OLD FINGERPRINT  NEW FINGERPRINT  "),
        "{history}"
    );
}
