//! What the program believes, and what it keeps of an answer that it does not believe.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::json;
use tempfile::TempDir;
use tokenturn_tests::{
    CLIENT_ID, CLIENT_SECRET, GITHUB_SEED, OLD_TOKEN, RawRequest, RawServer, json_answer,
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
        assert!(!Path::new(kept).exists(), "the doubt is resolved");
        let new = fs::read_to_string(folder.path().join("new.txt")).ok();
        match is_made {
            true => assert_eq!(new.as_deref(), Some("abcdefgh12345678\n")),
            false => assert_eq!(new, None),
        }
        let outcome = if is_made { "recovered" } else { "not_replaced" };
        assert_eq!(json(&output)["outcome"], outcome);
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
