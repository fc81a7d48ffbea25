//! What the program believes, and what it keeps of an answer that it does not believe.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokenturn_tests::{
    CLIENT_ID, CLIENT_SECRET, GITHUB_SEED, OAUTH_TOKEN, OHMYGPT_SEED, OLD_TOKEN, RawRequest,
    RawServer, json_answer,
};

use crate::support::*;

const NEW: &str = "abcdefgh12345678";
const ABOUT_THE_TOKEN: &str = r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest/apps/oauth-applications#check-a-token"}"#;
const OF_A_GATEWAY: &str = r#"{"message":"no Route matched with those values"}"#;

/// Runs a command on the old token, with temporary files in its folder.
fn on_old_token(verb: &str, folder: &Path, url: &str, more: &[&str]) -> Output {
    let mut command = github(verb, folder, url, CLIENT_ID, CLIENT_SECRET, more);
    command.env("TMPDIR", folder);
    run(command, OLD_TOKEN)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_no_token_and_is_kept() {
    let page = r#"<!doctype html><script>csrf = {"token":"csrf-0123456789"}</script>"#;
    let same = GITHUB_SEED.replace(NEW, OLD_TOKEN);
    for body in [page, r#"{"token":"csrf-0123456789","ttl":300}"#, &same] {
        let server = RawServer::start([json_answer("200 OK", "", body)]).await;
        let folder = TempDir::new().unwrap();
        let out = folder.path().join("token.txt");
        fs::write(&out, OLD_TOKEN).unwrap();
        let more = ["--json", "--out", "token.txt"];
        let output = on_old_token("rotate", folder.path(), &server.url(), &more);
        assert_eq!(output.status.code(), Some(5), "{}", both(&output));
        assert!(!both(&output).contains("0123456789"), "{}", both(&output));
        assert_eq!(fs::read_to_string(&out).unwrap(), OLD_TOKEN);

        let kept = json(&output)["kept"].as_str().unwrap().to_owned();
        assert_eq!(fs::read_to_string(&kept).unwrap(), body);
        #[cfg(unix)]
        assert_eq!(mode(Path::new(&kept)), 0o600);
    }
}

/// The reset is made, and what stands in front takes away what makes its answer GitHub's.
#[tokio::test(flavor = "multi_thread")]
async fn the_token_in_a_kept_answer_is_recovered() {
    for is_made in [true, false] {
        let server = RawServer::start_with(move |request: &RawRequest| {
            let body = String::from_utf8_lossy(&request.body);
            let asked = if body.contains(NEW) { NEW } else { OLD_TOKEN };
            let valid = json!({ "token": asked }).to_string();
            match () {
                () if request.line.starts_with("PATCH ") => {
                    json_answer("200 OK", "", &format!(r#"<p>{{"token":"{NEW}"}}"#)).into()
                }
                () if (asked == NEW) == is_made => json_answer("200 OK", "", &valid).into(),
                () => json_answer("404 Not Found", "", ABOUT_THE_TOKEN).into(),
            }
        })
        .await;
        let folder = TempDir::new().unwrap();
        let out = ["--out", "new.txt"];
        let output = on_old_token("rotate", folder.path(), &server.url(), &out);
        let text = both(&output);
        assert_eq!(output.status.code(), Some(5), "{text}");
        assert!(text.contains("--kept FILE"), "{text}");
        let kept = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("kept in"));
        let kept = kept.unwrap().trim();

        let more = ["--json", "--out", "new.txt", "--kept", kept];
        let output = on_old_token("recover", folder.path(), &server.url(), &more);
        assert_eq!(output.status.code(), Some(0), "{}", both(&output));
        assert!(!both(&output).contains(NEW));
        // A check that says that the old token lives may be older than the answer.
        assert_eq!(Path::new(kept).exists(), !is_made);
        let new = fs::read_to_string(folder.path().join("new.txt")).ok();
        match is_made {
            true => assert_eq!(new.as_deref(), Some("abcdefgh12345678\n")),
            false => assert_eq!(new, None),
        }
        let outcome = if is_made { "recovered" } else { "not_replaced" };
        let report = json(&output);
        assert_eq!(report["outcome"], outcome);
        // Nobody knows with which one GitHub has answered.
        assert_eq!(report["status"], Value::Null);
        assert_eq!(report["kept"].as_str(), (!is_made).then_some(kept));
    }
}

/// As long as the answer may have the token in a form that nobody can read, it is not gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_answer_in_which_no_token_is_valid_stays() {
    let server = RawServer::start_with(|_: &RawRequest| {
        json_answer("404 Not Found", "", ABOUT_THE_TOKEN).into()
    })
    .await;
    for answer in [&b"\x28\xb5\x2f\xfd"[..], br#"{"token":"gho_dead"}"#] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("kept"), answer).unwrap();
        let more = ["--out", "new.txt", "--kept", "kept"];
        let output = on_old_token("recover", folder.path(), &server.url(), &more);
        let told = both(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(!told.contains("gone"), "{told}");
        assert!(told.contains("is one that GitHub calls valid"), "{told}");
        assert!(told.contains("kept in         kept\n"), "{told}");
        let kept = fs::read(folder.path().join("kept")).unwrap();
        assert_eq!(kept, answer);
    }
}

/// Whoever replaces an admin token that leaked would believe it dead.
#[tokio::test(flavor = "multi_thread")]
async fn the_admin_token_that_is_there_already_is_not_a_new_one() {
    let server =
        RawServer::start_with(|_: &RawRequest| json_answer("200 OK", "", OHMYGPT_SEED).into())
            .await;
    let url = server.url();
    let seed: Value = serde_json::from_str(OHMYGPT_SEED).unwrap();
    let token = seed["data"]["token"].as_str().unwrap();
    let saved = json!({ "access_token": token }).to_string();
    for verb in ["rotate", "recover"] {
        for (held, code, outcome) in [
            (token, 5, "unchanged"),
            (&saved, 5, "unchanged"),
            ("sk-another", 0, "rotated"),
        ] {
            let folder = TempDir::new().unwrap();
            fs::write(folder.path().join("admin.txt"), held).unwrap();
            let mut arguments = vec![verb, "ohmygpt", "--base-url", &url, "--json"];
            arguments.extend(["--token-file", "-", "--out", "admin.txt"]);
            let output = run(tokenturn(folder.path(), &arguments), OAUTH_TOKEN);
            assert_eq!(output.status.code(), Some(code), "{}", both(&output));
            assert_eq!(json(&output)["outcome"], outcome);
            // Nothing is written: not even a line break.
            let is_held = read(folder.path(), "admin.txt") == held;
            assert_eq!(is_held, code == 5);
        }
    }
}

/// What is not known is left out.
#[tokio::test(flavor = "multi_thread")]
async fn a_status_is_one_that_came() {
    let valid = json!({ "token": OLD_TOKEN }).to_string();
    for (verb, more, status, body, shown) in [
        ("check", &[][..], 203, &*valid, json!(203)),
        ("recover", &[], 206, &valid, Value::Null),
        ("revoke", &["--leaked"], 207, "{}", json!(207)),
    ] {
        let status = format!("{status} Success");
        let server = RawServer::start([json_answer(&status, "", body)]).await;
        let folder = TempDir::new().unwrap();
        let more = [&["--json"], more].concat();
        let output = on_old_token(verb, folder.path(), &server.url(), &more);
        assert_eq!(output.status.code(), Some(0), "{}", both(&output));
        assert_eq!(json(&output)["status"], shown);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_has_no_say_about_a_token() {
    let about_a_path =
        r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest"}"#;
    for (body, is_own) in [
        (OF_A_GATEWAY, false),
        (about_a_path, false),
        (ABOUT_THE_TOKEN, true),
    ] {
        for (verb, own, other) in [("check", 1, 3), ("recover", 1, 5), ("revoke", 0, 3)] {
            let server = RawServer::start([json_answer("404 Not Found", "", body)]).await;
            let folder = TempDir::new().unwrap();
            let output = on_old_token(verb, folder.path(), &server.url(), &["--json"]);
            let code = if is_own { own } else { other };
            assert_eq!(
                output.status.code(),
                Some(code),
                "{verb} {body} {}",
                both(&output)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_is_accepted_says_so() {
    let server = RawServer::start([json_answer("202 Accepted", "", "{}")]).await;
    let folder = TempDir::new().unwrap();
    let output = on_old_token("revoke", folder.path(), &server.url(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    assert!(
        stdout(&output).contains("HTTP status 202"),
        "{}",
        both(&output)
    );
}

/// In a container, that may be the only folder that can be written.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_or_rescued_may_be_beside_what_was_asked_for() {
    let page = format!(r#"<p>{{"token":"{NEW}"}}"#);
    for (answer, code, field, held) in [
        (&*page, 5, "kept", &*page),
        (GITHUB_SEED, 6, "out", "abcdefgh12345678\n"),
    ] {
        let folder = TempDir::new().unwrap();
        let out = folder.path().join("new.txt");
        let (in_the_way, is_to_fail) = (out.clone(), code == 6);
        let answer = json_answer("200 OK", "", answer);
        let server = RawServer::start_with(move |_| {
            if is_to_fail {
                fs::create_dir(&in_the_way).unwrap();
            }
            answer.clone().into()
        })
        .await;
        let more = ["--json", "--out", out.to_str().unwrap()];
        // No file can be made in this one, by anybody.
        let nowhere = Path::new("/proc");
        let url = server.url();
        let mut command = github("rotate", nowhere, &url, CLIENT_ID, CLIENT_SECRET, &more);
        command.env("TMPDIR", nowhere).env("HOME", nowhere);
        let output = run(command, OLD_TOKEN);
        assert_eq!(output.status.code(), Some(code), "{}", both(&output));
        let report = json(&output);
        let place = Path::new(report[field].as_str().unwrap());
        assert_eq!(place.parent(), Some(folder.path()));
        assert_eq!(fs::read_to_string(place).unwrap(), held);
        assert_eq!(mode(place), 0o600);
    }
}

/// A fleet's vault is the file that was asked for.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a token is kept in memory for a minute before it is put elsewhere"]
async fn what_a_vault_does_not_take_may_be_beside_it() {
    let folder = TempDir::new().unwrap();
    let vault = folder.path().join("v.db");
    let broken = vault.clone();
    let server = RawServer::start_with(move |_: &RawRequest| {
        let database = rusqlite::Connection::open(&broken).unwrap();
        database.busy_timeout(LONGEST).unwrap();
        let refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON token
            BEGIN SELECT RAISE(ABORT, 'refused'); END";
        database.execute_batch(refuse).unwrap();
        json_answer("200 OK", "", GITHUB_SEED).into()
    })
    .await;
    let vault = vault.to_str().unwrap();
    let row = json!({ "token": OLD_TOKEN, "client_id": CLIENT_ID, "server": server.url() });
    let import = [
        "vault", "import", "--init", "-", "--format", "jsonl", "--vault", vault,
    ];
    succeed(tokenturn(folder.path(), &import), &row.to_string());
    // No file can be made in this one, by anybody.
    let nowhere = Path::new("/proc");
    let arguments = ["rotate", "--all", "--vault", vault, "--lease", "3s"];
    let mut command = tokenturn_at(nowhere, &server.url(), &arguments);
    command.env(SECRET_VARIABLE, CLIENT_SECRET);
    command.env("TMPDIR", nowhere).env("HOME", nowhere);
    let output = run(command, "");
    assert_eq!(output.status.code(), Some(6), "{}", both(&output));
    let rescued = fs::read_dir(folder.path()).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("tokenturn-rescued-").then_some(path)
    });
    let rescued = rescued.unwrap();
    let line = fs::read_to_string(&rescued).unwrap();
    assert!(line.contains(r#""token":"abcdefgh12345678""#), "{line}");
    assert!(both(&output).contains(rescued.to_str().unwrap()));
}
