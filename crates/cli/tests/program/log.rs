//! `-v` and TOKENTURN_LOG: what is told of a run, and what is not.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;
use tokenturn_sandbox::{Fault, Sandbox};
use tokenturn_tests::postgres::Cluster;

use crate::support::*;

const EVERYTHING: [(&str, &str); 1] = [("TOKENTURN_LOG", "trace")];

/// Does all that a vault does, and returns what was written to standard error.
fn everything(folder: &Path, sandbox: &Sandbox, vault: &str, tokens: &[String]) -> String {
    let (url, id) = (sandbox.url(), sandbox.client_id());
    let mut log = String::new();
    let mut does = |arguments: &[&str], input: &str| {
        let mut command = tokenturn_at(folder, &url, arguments);
        command.env("TOKENTURN_VAULT", vault).envs(EVERYTHING);
        command.env(SECRET_VARIABLE, sandbox.client_secret());
        let output = run(command, input);
        log.push_str(std::str::from_utf8(&output.stderr).unwrap());
    };
    let import = [
        "vault", "import", "--init", "-", "--format", "csv", "--server", &url,
    ];
    let csv = format!("token\n{}\n", tokens.join("\n"));
    does(&[&import[..], &["--client-id", &id]].concat(), &csv);
    does(&["rotate", "--all", "--deliver", "exit 0"], "");
    does(&["recover", "--leave-alone", "0s"], "");
    does(&["check", "--all"], "");
    does(&["vault", "rekey"], "");
    does(&["vault", "export", "all.csv"], "");
    log
}

/// All tokens, the client secret and the keys, in the forms in which they may slip out.
fn secrets(folder: &Path, sandbox: &Sandbox, mut secrets: Vec<String>) -> Vec<String> {
    let exported = read(folder, "all.csv");
    secrets.extend(
        exported
            .split([',', '\n'])
            .filter(|word| word.starts_with("gh"))
            .map(str::to_owned),
    );
    secrets.push(sandbox.client_secret());
    for key in ["tokenturn.db.key", "tokenturn.key"] {
        let key = std::fs::read_to_string(folder.join(key)).unwrap_or_default();
        secrets.extend(key.split_whitespace().map(str::to_owned));
    }
    let pair = format!("{}:{}", sandbox.client_id(), sandbox.client_secret());
    let others = secrets.iter().flat_map(|secret| {
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        let bytes = format!("{:?}", secret.as_bytes());
        let bytes = bytes.trim_matches(['[', ']']).to_owned();
        [STANDARD.encode(secret), hex, bytes]
    });
    let others: Vec<_> = others.chain([STANDARD.encode(pair)]).collect();
    [secrets, others].concat()
}

#[track_caller]
fn assert_clean(log: &str, secrets: &[String]) {
    assert!(
        log.contains("DEBUG") && log.contains("tokenturn_client"),
        "{log}"
    );
    for secret in secrets {
        assert!(
            !secret.is_empty() && !log.contains(secret),
            "{secret}: {log}"
        );
    }
    // What other crates say is not ours to vouch for.
    for line in log.lines() {
        let mut words = line.split_whitespace().skip(1);
        if let (Some("TRACE" | "DEBUG" | "INFO"), Some(_)) = (words.next(), words.next()) {
            let is_ours = line.contains(" tokenturn");
            assert!(is_ours, "{line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_log() {
    let sandbox = Sandbox::start(0).await.unwrap();
    sandbox.set_rate_limit(None);
    let folder = TempDir::new().unwrap();
    let tokens = sandbox.new_github_tokens(4);
    let log = everything(folder.path(), &sandbox, "tokenturn.db", &tokens);
    assert_clean(&log, &secrets(folder.path(), &sandbox, tokens));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_log_of_postgres() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    let sandbox = Sandbox::start(0).await.unwrap();
    sandbox.set_rate_limit(None);
    let folder = TempDir::new().unwrap();
    let tokens = sandbox.new_github_tokens(4);
    let url = cluster.new_database();
    let log = everything(folder.path(), &sandbox, &url, &tokens);
    assert_clean(&log, &secrets(folder.path(), &sandbox, tokens));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_one_token_is_in_the_log() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    let (url, id, secret) = (sandbox.url(), sandbox.client_id(), sandbox.client_secret());
    let old = sandbox.new_github_token();
    let mut log = String::new();
    // Its answer does not come.
    sandbox.set_fault(Fault::AfterChange);
    let lost = sandbox.new_github_token();
    let more = ["--out", "lost.txt"];
    let mut command = github("rotate", folder.path(), &url, &id, &secret, &more);
    command.envs(EVERYTHING);
    let output = run(command, &lost);
    assert_eq!(output.status.code(), Some(5), "{}", both(&output));
    log.push_str(std::str::from_utf8(&output.stderr).unwrap());
    sandbox.set_fault(None);
    for (verb, out) in [
        ("check", &[][..]),
        ("rotate", &["--out", "all.csv"]),
        ("revoke", &[]),
    ] {
        let mut command = github(verb, folder.path(), &url, &id, &secret, out);
        command.envs(EVERYTHING);
        let output = run(command, &old);
        log.push_str(std::str::from_utf8(&output.stderr).unwrap());
    }
    assert_clean(&log, &secrets(folder.path(), &sandbox, vec![old, lost]));
}

#[test]
fn it_is_silent_unless_asked_and_says_more_the_more_it_is_asked() {
    let folder = TempDir::new().unwrap();
    let told = |more: &[&str], variable: &str| {
        let arguments = [&["check", "github", "--sandbox"][..], more].concat();
        let mut command = tokenturn(folder.path(), &arguments);
        command.env("TOKENTURN_LOG", variable);
        let output = run(command, "");
        assert_eq!(output.status.code(), Some(0), "{}", both(&output));
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(told(&[], ""), "");
    assert!(!told(&["-v"], "").contains("DEBUG"));
    assert!(told(&["-vv"], "").contains("DEBUG"));
    assert!(told(&[], "tokenturn_client=debug").contains("DEBUG"));
    assert_eq!(told(&[], "off"), "");
    // The command line goes before the environment.
    assert!(told(&["-vv"], "off").contains("DEBUG"));

    let mut wrong = tokenturn(folder.path(), &["demo"]);
    wrong.env("TOKENTURN_LOG", "tokenturn=loud");
    assert_bad_input(&run(wrong, ""), "TOKENTURN_LOG");
}
