//! A vault in PostgreSQL.

use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex};

use crate::fleet::Stage;
use crate::support::*;
use tempfile::TempDir;
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::postgres::Cluster;
use tokenturn_tests::{CLIENT_ID, CLIENT_SECRET, GITHUB_SEED, RawServer, json_answer};

fn import(folder: &TempDir, server: &str, client_id: &str) -> Command {
    let arguments = ["vault", "import", "-", "--format", "csv", "--server"];
    let arguments = [&arguments[..], &[server, "--client-id", client_id]].concat();
    tokenturn(folder.path(), &arguments)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_named_by_the_environment_or_a_file() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    let url = cluster.new_database();
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    let csv = format!("id,token\nt,{}\n", sandbox.new_github_token());
    let mut command = import(&folder, &sandbox.url(), &sandbox.client_id());
    command.env("TOKENTURN_VAULT", &url);
    succeed(command, &csv);
    assert!(folder.path().join("tokenturn.key").exists());

    fs::write(folder.path().join("url.txt"), format!("{url}\n")).unwrap();
    let arguments = ["rotate", "--all", "--vault-file", "url.txt"];
    let mut command = tokenturn_at(folder.path(), &sandbox.url(), &arguments);
    command.env(SECRET_VARIABLE, sandbox.client_secret());
    let text = succeed(command, "");
    assert!(text.starts_with("replaced               1\n"), "{text}");
    let arguments = ["vault", "rekey", "--vault-file", "url.txt"];
    let text = succeed(tokenturn(folder.path(), &arguments), "");
    assert!(text.contains("it is in tokenturn.key"), "{text}");

    fs::remove_file(folder.path().join("tokenturn.key")).unwrap();
    let list = ["vault", "list", "--vault-file", "url.txt"];
    let output = run(tokenturn(folder.path(), &list), "");
    assert_bad_input(&output, "there is no key in tokenturn.key");
    let away = ["vault", "init", "--vault", "postgres://me@%2Fnowhere/db"];
    let output = run(tokenturn(folder.path(), &away), "");
    assert_eq!(output.status.code(), Some(4), "{}", both(&output));

    // Of whom the database does not let in, it tells the name, and we do not.
    let (_, rest) = url.split_once("://").unwrap();
    let (_, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
    fs::write(
        folder.path().join("url.txt"),
        format!("postgres://canary:can@{rest}"),
    )
    .unwrap();
    let output = run(
        tokenturn(folder.path(), &["vault", "init", "--vault-file", "url.txt"]),
        "",
    );
    assert!(!output.status.success(), "{}", both(&output));
    assert!(both(&output).contains("SQLSTATE 28"), "{}", both(&output));
    assert!(!both(&output).contains("can"), "{}", both(&output));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a token is kept in memory for a minute before it is put elsewhere"]
async fn what_the_vault_does_not_take_is_rescued() {
    let Some(cluster) = Cluster::find() else {
        return;
    };
    let (url, folder) = (cluster.new_database(), TempDir::new().unwrap());
    let cluster = Arc::new(Mutex::new(cluster));
    let doomed = Arc::clone(&cluster);
    // The vault goes away between the call and its answer.
    let server = RawServer::start_with(move |_| {
        doomed.lock().unwrap().kill();
        json_answer("200 OK", "", GITHUB_SEED).into()
    })
    .await;
    let mut command = import(&folder, &server.url(), CLIENT_ID);
    command.env("TOKENTURN_VAULT", &url);
    succeed(command, "id,token\nt,gho_old\n");

    let arguments = ["rotate", "--all", "--json"];
    let mut command = tokenturn_at(folder.path(), &server.url(), &arguments);
    command.env("TOKENTURN_VAULT", &url);
    command.env(SECRET_VARIABLE, CLIENT_SECRET);
    command.env("TMPDIR", folder.path());
    let child = start(command, "");
    while server.requests().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    signal("INT", child.id());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(6), "{}", both(&output));
    let text = both(&output);
    let rescued = text.lines().find_map(|line| {
        let (_, command) = line.split_once("tokenturn vault import --replace ")?;
        Some(command.to_owned())
    });
    let rescued = rescued.unwrap();
    let line = fs::read_to_string(&rescued).unwrap();
    assert!(line.contains(r#""token":"abcdefgh12345678""#), "{line}");
    assert_eq!(mode(rescued.as_ref()), 0o600);
}

/// With one session for all, what is left behind in it is what the next one gets.
#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_everything_is_saved_and_nothing_left_behind() {
    let settings = "pool_mode = transaction\ndefault_pool_size = 1\nserver_idle_timeout = 600";
    let Some(cluster) = Cluster::pooled(settings) else {
        return;
    };
    let database = cluster.new_database();
    let sandbox = Sandbox::start(0).await.unwrap();
    let url = sandbox.url();
    let stage = Stage::new(&url, sandbox, 40, Some(database.clone()));
    let ask = || {
        let questions = [
            "SHOW search_path",
            "SHOW plan_cache_mode",
            "SELECT count(*) FROM pg_prepared_statements",
        ];
        let ask = |question| cluster.sql_as_client(&database, question);
        tokio::task::block_in_place(|| questions.map(ask))
    };
    let before = ask();
    let arguments = ["rotate", "--all", "--concurrency", "40", "--json"];
    let output = run(stage.command(&arguments), "");
    let summary = json(&output);
    assert_eq!(output.status.code(), Some(0), "{summary}");
    assert_eq!(
        (&summary["replaced"], &summary["not_saved"]),
        (&40.into(), &0.into())
    );
    let stored = stage.stored();
    let alive = stored
        .iter()
        .filter(|(_, token)| stage.sandbox.is_alive(token));
    assert_eq!((alive.count(), stage.sandbox.replacement_count()), (40, 40));
    assert_eq!(ask(), before);
}
