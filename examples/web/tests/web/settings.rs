//! What the application is started with.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tokio::process::Command;

use super::browser::Browser;
use super::world::{Instance, program};

fn set_up(folder: &Path, more: &[&str]) -> Command {
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    fs::write(at("secret"), "canary-client-secret\n").unwrap();
    let mut command = program();
    command
        .args(["--client-id", "abcde12345fghij67890"])
        .args(["--client-secret-file", &at("secret")])
        .args(["--vault", &format!("sqlite:{}", at("web.db"))])
        .args(["--key-file", &at("web.key")])
        .args(more);
    command
}

#[tokio::test]
async fn cookies_go_over_tls_where_browsers_do() {
    let folder = TempDir::new().unwrap();
    let command = set_up(
        folder.path(),
        &[
            "--listen",
            "127.0.0.1:0",
            "--public-url",
            "https://app.example/",
        ],
    );
    let instance = Instance::start(command, &folder.path().join("log")).await;
    let mut browser = Browser::default();
    let page = browser.get(&instance, "/sign-in").await;
    let github = "https://github.com/login/oauth/authorize?client_id=abcde12345fghij67890&\
                  redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&";
    assert!(page.location().starts_with(github), "{page:?}");
    let cookie = page.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-sign-in-"), "{cookie}");
    assert!(cookie.contains("; Secure; Path=/;"), "{cookie}");
    assert!(!cookie.contains("Domain"), "{cookie}");
    // Without a password there is no admin.
    assert_eq!(browser.get(&instance, "/admin").await.status, 404);
}

/// Where its secrets would be seen, or guessed, or its sessions be over.
#[tokio::test]
async fn what_is_not_safe_does_not_start() {
    let folder = TempDir::new().unwrap();
    let http = ["--public-url", "http://app.example"];
    let path = ["--public-url", "https://app.example/app"];
    let no_time = ["--session-days", "0"];
    let everywhere = ["--listen", "0.0.0.0:0"];
    for (more, password, why) in [
        (&http[..], "", "has to be https"),
        (&path, "", "has a path"),
        (&everywhere, "", "say --public-url"),
        (&no_time, "", "'--session-days <DAYS>'"),
        (&[], "too short", "fewer than 16 characters"),
    ] {
        let mut command = set_up(folder.path(), more);
        if more != everywhere {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        if !password.is_empty() {
            command.env("ADMIN_PASSWORD", password);
        }
        let output = command.output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(why), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}
