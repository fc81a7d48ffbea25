//! `vault backup`, `vault copy`, and parts of the history.

use std::fs;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::postgres::Cluster;

use crate::support::*;

const ROWS: &str = r#"
{"id":"a","token":"gho_first","client_id":"Iv1.app","label":"blue"}
{"id":"b","token":"gho_second","client_id":"Iv1.app","expires_at":"2030-01-01T00:00:00Z","refresh_token":"ghr_1"}
{"id":"c","token":"gho_third","client_id":"Iv1.app","kept":"YW4gYW5zd2Vy"}
"#;

/// A vault with some tokens, and a history.
fn filled() -> TempDir {
    let folder = TempDir::new().unwrap();
    let import = ["vault", "import", "-", "--format", "jsonl"];
    succeed(tokenturn(folder.path(), &["vault", "init"]), "");
    succeed(tokenturn(folder.path(), &import), ROWS);
    let again = r#"{"id":"a","token":"gho_newer","client_id":"Iv1.app"}"#;
    let replace = [&import[..], &["--replace"]].concat();
    succeed(tokenturn(folder.path(), &replace), again);
    let gone = r#"{"id":"gone","token":"gho_gone","client_id":"Iv1.app"}"#;
    succeed(tokenturn(folder.path(), &import), gone);
    succeed(tokenturn(folder.path(), &["vault", "remove", "gone"]), "");
    folder
}

/// What a vault has, in the words of the program.
fn all(folder: &TempDir, place: &[&str]) -> String {
    let verbs: [&[&str]; 3] = [
        &["vault", "export", "-", "--format", "jsonl"],
        &["vault", "list", "--json"],
        &["history", "--json"],
    ];
    let told = verbs.map(|verb| {
        let arguments = [verb, place].concat();
        succeed(tokenturn(folder.path(), &arguments), "")
    });
    told.concat()
}

#[test]
fn a_backup_takes_the_place_of_its_vault() {
    let folder = filled();
    let before = all(&folder, &[]);
    let backup = ["vault", "backup", "backup.db"];
    let text = succeed(tokenturn(folder.path(), &backup), "");
    assert!(text.starts_with("3 tokens in backup.db"), "{text}");
    assert!(
        text.contains("whatever is replaced from now on is dead in it"),
        "{text}"
    );
    #[cfg(unix)]
    assert_eq!(mode(&folder.path().join("backup.db")), 0o600);
    let again = run(tokenturn(folder.path(), &backup), "");
    assert_bad_input(&again, "backup.db is there already, and is not replaced");

    succeed(tokenturn(folder.path(), &["vault", "remove", "a"]), "");
    for suffix in ["", "-wal", "-shm", "-reserve"] {
        let _ = fs::remove_file(folder.path().join(format!("tokenturn.db{suffix}")));
    }
    let place = folder.path().join("tokenturn.db");
    fs::rename(folder.path().join("backup.db"), place).unwrap();
    assert_eq!(all(&folder, &[]), before);
    succeed(tokenturn(folder.path(), &["vault", "remove", "a"]), "");

    let json = [&backup[..], &["--json"]].concat();
    let output = run(tokenturn(folder.path(), &json), "");
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&line["tokens"], &line["file"]),
        (&2.into(), &"backup.db".into())
    );
}

#[test]
fn a_copy_has_a_key_of_its_own() {
    let folder = filled();
    let before = all(&folder, &[]);
    let copy = ["vault", "copy", "--to", "other.db"];
    let output = run(tokenturn(folder.path(), &copy), "");
    assert_bad_input(&output, "--init makes one");
    assert!(!folder.path().join("other.db").exists());

    let init = [&copy[..], &["--init", "--to-key-file", "other.key"]].concat();
    let text = succeed(tokenturn(folder.path(), &init), "");
    assert!(text.starts_with("3 tokens copied to other.db\n"), "{text}");
    assert!(
        text.contains("the key of that vault is in other.key"),
        "{text}"
    );
    assert!(text.contains("use one of the two from now on"), "{text}");
    assert_ne!(
        read(folder.path(), "other.key"),
        read(folder.path(), "tokenturn.db.key")
    );
    let place = ["--vault", "other.db", "--key-file", "other.key"];
    assert_eq!(all(&folder, &place), before);
    let output = run(tokenturn(folder.path(), &init), "");
    assert_bad_input(&output, "the vault to copy to is not empty");
    assert_eq!(all(&folder, &place), before);
}

#[test]
fn there_and_back_between_engines_everything_stays() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    let folder = filled();
    let before = all(&folder, &[]);
    let url = cluster.new_database();
    fs::write(folder.path().join("url"), &url).unwrap();
    let there = [
        "vault",
        "copy",
        "--to-vault-file",
        "url",
        "--init",
        "--json",
    ];
    let text = succeed(tokenturn(folder.path(), &there), "");
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["tokens"], 3);
    assert_eq!(line["key"], "tokenturn.key");
    assert_eq!(line["damaged"], Value::Array(Vec::new()));
    let place = ["--vault-file", "url"];
    assert_eq!(all(&folder, &place), before);

    succeed(
        tokenturn(folder.path(), &["vault", "init", "--vault", "back.db"]),
        "",
    );
    let back = ["vault", "copy", "--to", "back.db", "--vault-file", "url"];
    succeed(tokenturn(folder.path(), &back), "");
    assert_eq!(all(&folder, &["--vault", "back.db"]), before);

    let backup = ["vault", "backup", "backup.db", "--vault-file", "url"];
    succeed(tokenturn(folder.path(), &backup), "");
    let place = ["--vault", "backup.db", "--key-file", "tokenturn.key"];
    assert_eq!(all(&folder, &place), before);

    let secret = ["vault", "copy", "--to", "postgres://me:hunter2@db/tokens"];
    let output = run(tokenturn(folder.path(), &secret), "");
    assert_bad_input(&output, "a file for --to-vault-file");
    assert!(!both(&output).contains("hunter2"));
}

#[test]
fn what_cannot_be_copied_is_named() {
    let folder = filled();
    let vault = rusqlite::Connection::open(folder.path().join("tokenturn.db")).unwrap();
    vault
        .execute_batch("UPDATE token SET generation = 9 WHERE id = 'b'")
        .unwrap();
    let copy = ["vault", "copy", "--to", "other.db", "--init"];
    let output = run(tokenturn(folder.path(), &copy), "");
    assert_eq!(output.status.code(), Some(7), "{}", both(&output));
    let text = both(&output);
    assert!(text.contains("2 tokens copied to other.db"), "{text}");
    assert!(text.contains("damaged: \"b\" cannot be read"), "{text}");
    let list = ["vault", "list", "--vault", "other.db"];
    assert_eq!(
        succeed(tokenturn(folder.path(), &list), "").lines().count(),
        3
    );
}

#[test]
fn the_last_part_of_the_history_is_told() {
    let folder = filled();
    let told = |more: &[&str]| {
        let arguments = [&["history", "--json"], more].concat();
        let text = succeed(tokenturn(folder.path(), &arguments), "");
        let lines = text.lines().map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["what"].as_str().unwrap().to_owned()
        });
        lines.collect::<Vec<_>>()
    };
    assert_eq!(told(&[]).len(), 6);
    assert_eq!(told(&["--last", "2"]), ["put", "removed"]);
    assert_eq!(told(&["a", "--last", "1"]), ["put"]);
    assert_eq!(told(&["--since", "1h"]).len(), 6);
    assert!(told(&["--since", "9999-01-01T00:00:00Z"]).is_empty());
    assert_eq!(
        told(&["--since", "2020-01-01T00:00:00Z", "--last", "1"]),
        ["removed"]
    );
    for wrong in ["yesterday", "2026-01-01", "-1d", ""] {
        let since = format!("--since={wrong}");
        let output = run(tokenturn(folder.path(), &["history", &since]), "");
        assert_bad_input(&output, "a time such as 2026-11-22T10:00:00Z");
    }

    let vault = rusqlite::Connection::open(folder.path().join("tokenturn.db")).unwrap();
    vault.execute_batch("UPDATE event SET at = 1").unwrap();
    let prune = ["history", "prune", "--older-than", "90d"];
    let text = succeed(tokenturn(folder.path(), &prune), "");
    assert_eq!(text, "3 events forgotten\n");
    let json = [&prune[..], &["--json"]].concat();
    assert_eq!(
        succeed(tokenturn(folder.path(), &json), ""),
        "{\"pruned\":0}\n"
    );
    assert_eq!(told(&[]), ["put", "put", "put"]);
    let output = run(
        tokenturn(folder.path(), &["history", "prune", "--older-than", "23h"]),
        "",
    );
    assert_bad_input(&output, "give a day or more");
    // A token may have any name.
    let output = run(tokenturn(folder.path(), &["history", "--", "prune"]), "");
    assert_ends(&output, 8, "there is no token named \"prune\"");
}

/// A vault with tokens of a sandbox.
async fn leaked(count: usize) -> (Sandbox, TempDir, Vec<String>) {
    let sandbox = Sandbox::start(0).await.unwrap();
    sandbox.set_rate_limit(None);
    let folder = TempDir::new().unwrap();
    let tokens = sandbox.new_github_tokens(count);
    let (id, url) = (sandbox.client_id(), sandbox.url());
    let lines = tokens.iter().enumerate().map(|(n, token)| {
        format!(
            r#"{{"id":"{n}","token":"{token}","client_id":"{id}","server":"{url}","label":"l{}"}}"#,
            n % 2
        )
    });
    let lines: Vec<_> = lines.collect();
    let import = ["vault", "import", "-", "--format", "jsonl"];
    succeed(tokenturn(folder.path(), &["vault", "init"]), "");
    succeed(tokenturn(folder.path(), &import), &lines.join("\n"));
    (sandbox, folder, tokens)
}

fn revoke(sandbox: &Sandbox, folder: &TempDir, more: &[&str]) -> Command {
    let url = sandbox.url();
    let arguments = [&["revoke"], more, &["--base-url", &url]].concat();
    let mut command = tokenturn(folder.path(), &arguments);
    command.env(SECRET_VARIABLE, sandbox.client_secret());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_leaked_are_revoked() {
    let (sandbox, folder, tokens) = leaked(6).await;
    let alive = || {
        tokens
            .iter()
            .filter(|token| sandbox.is_alive(token))
            .count()
    };
    let output = run(revoke(&sandbox, &folder, &["--all"]), "6\n");
    assert_bad_input(&output, "6 tokens would be dead for good; say --yes");
    assert_eq!(alive(), 6);
    let output = run(revoke(&sandbox, &folder, &[]), "");
    assert_eq!(output.status.code(), Some(2), "{}", both(&output));

    let text = succeed(revoke(&sandbox, &folder, &["--id", "0"]), "");
    assert!(text.starts_with("revoked                1\n"), "{text}");
    assert_eq!(alive(), 5);
    let some = [
        "--all", "--yes", "--label", "l0", "--report", "report", "--json",
    ];
    let output = run(revoke(&sandbox, &folder, &some), "");
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let line = json(&output);
    assert_eq!(
        (&line["command"], &line["revoked"]),
        (&"revoke".into(), &2.into())
    );
    assert_eq!((&line["dead"], &line["exit_code"]), (&1.into(), &0.into()));
    let report = read(folder.path(), "report");
    assert_eq!(report.matches(r#""outcome":"revoked""#).count(), 2);
    assert_eq!(alive(), 3);

    let mut wrong = revoke(&sandbox, &folder, &["--all", "--yes"]);
    wrong.env(SECRET_VARIABLE, "wrong");
    let output = run(wrong, "");
    assert_eq!(output.status.code(), Some(3), "{}", both(&output));
    assert_eq!(alive(), 3);

    // One that has no call for it stops nothing.
    let url = sandbox.url();
    let row =
        format!(r#"{{"id":"o","provider":"ohmygpt","oauth_token":"omg-1","server":"{url}"}}"#);
    let import = ["vault", "import", "-", "--format", "jsonl"];
    succeed(tokenturn(folder.path(), &import), &row);
    let all = ["--all", "--yes", "--ohmygpt-base-url", &url];
    let output = run(revoke(&sandbox, &folder, &all), "");
    assert_eq!(output.status.code(), Some(3), "{}", both(&output));
    let text = stdout(&output);
    assert!(
        text.contains("revoked                3\nno call                1  their provider"),
        "{text}"
    );
    assert_eq!(alive(), 0);
    let list = succeed(
        tokenturn(folder.path(), &["vault", "list", "--state", "revoked"]),
        "",
    );
    assert_eq!(list.lines().count(), 7, "{list}");
}

#[test]
fn an_import_says_how_far_it_has_come() {
    use std::io::{BufRead, BufReader, Write};

    let folder = TempDir::new().unwrap();
    let import = ["vault", "import", "-", "--format", "jsonl"];
    succeed(tokenturn(folder.path(), &["vault", "init"]), "");
    let mut child = tokenturn(folder.path(), &import).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, r#"{{"id":"a","token":"gho_first","client_id":"x"}}"#).unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert!(line.starts_with("importing  1  "), "{line}");
    drop(stdin);
    assert!(child.wait().unwrap().success());
}
