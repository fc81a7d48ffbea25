//! The program behind a proxy, which its environment names.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokenturn_tests::{
    Authority, CLIENT_ID, CLIENT_SECRET, GITHUB_SEED, OLD_TOKEN, RawServer, json_answer,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::support::*;

/// Nobody has such a name, so what does not go through a proxy is not sent (RFC 6761).
const URL: &str = "https://ghe.invalid:8443";
/// The base64 of `user:can@ry`.
const CREDENTIALS: &str = "Basic dXNlcjpjYW5Acnk=";

/// `rotate github` with these variables and no others of a proxy.
fn rotate(folder: &Path, more: &[&str], variables: &[(&str, &str)]) -> Command {
    let more = [&["--out", "new.txt"], more].concat();
    let mut command = github("rotate", folder, URL, CLIENT_ID, CLIENT_SECRET, &more);
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command
            .env_remove(name)
            .env_remove(name.to_ascii_lowercase());
    }
    command.envs(variables.iter().copied());
    command
}

fn assert_hidden(output: &Output) {
    let text = both(output);
    for secret in ["can@ry", "can%40ry", "ry@", &CREDENTIALS[6..]] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_says_what_goes_through_a_proxy() {
    let folder = TempDir::new().unwrap();
    let refuses = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
    let server = RawServer::start_with(move |_| refuses.to_owned().into()).await;
    let proxy = format!("http://user:can%40ry@{}", server.host());
    let without_scheme = server.host();
    let not_encoded = format!(" http://user:can@ry@{}/ ", server.host());
    let unused = format!("http://{}", refusing_host());
    let with = ("HTTPS_PROXY", proxy.as_str());
    for (variables, is_used) in [
        (&[][..], false),
        (&[with], true),
        (&[("https_proxy", &*proxy)], true),
        (&[("ALL_PROXY", &*proxy)], true),
        (&[("all_proxy", &*proxy)], true),
        (&[("HTTP_PROXY", &*proxy)], false),
        (&[("HTTPS_PROXY", &*without_scheme)], true),
        (&[("HTTPS_PROXY", &*not_encoded)], true),
        (&[with, ("ALL_PROXY", &*unused)], true),
        (&[("HTTPS_PROXY", ""), ("https_proxy", &*proxy)], true),
        (&[("HTTPS_PROXY", " "), ("ALL_PROXY", &*proxy)], true),
        (&[with, ("REQUEST_METHOD", "GET")], true),
        (&[with, ("NO_PROXY", "")], true),
        (&[with, ("NO_PROXY", "ghe.invalid:443,10.0.0.0/8")], true),
        (&[with, ("NO_PROXY", "ghe.invalid")], false),
        (&[with, ("no_proxy", "ghe.invalid")], false),
        (&[with, ("NO_PROXY", ""), ("no_proxy", "*.invalid")], false),
        (&[with, ("NO_PROXY", "a.invalid GHE.invalid.:8443")], false),
        (&[("ALL_PROXY", &*proxy), ("NO_PROXY", "*")], false),
        (&[("HTTPS_PROXY", "no URL"), ("NO_PROXY", "*")], false),
    ] {
        let before = server.requests().len();
        let output = run(rotate(folder.path(), &[], variables), OLD_TOKEN);
        assert_eq!(output.status.code(), Some(4), "{}", both(&output));
        assert_hidden(&output);
        let requests = server.requests();
        let new = &requests[before..];
        assert_eq!(new.len(), usize::from(is_used), "{variables:?}");
        if is_used {
            assert_eq!(new[0].line, "CONNECT ghe.invalid:8443 HTTP/1.1");
        }
        let has_credentials = |(_, value): &&(&str, &str)| value.contains("can");
        if is_used && variables.iter().find(has_credentials).is_some() {
            assert_eq!(new[0].headers()["proxy-authorization"], CREDENTIALS);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proxy_says_is_not_the_providers() {
    let folder = TempDir::new().unwrap();
    let lost = r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest"}"#;
    let mark = "x-github-request-id: 1\r\n";
    for answer in [
        json_answer("403 Forbidden", mark, "{}"),
        json_answer("404 Not Found", mark, lost),
        json_answer("407 Proxy Authentication Required", "", "{}"),
        json_answer("502 Bad Gateway", "", "{}"),
        json_answer("302 Found", "location: https://ghe.invalid/\r\n", "{}"),
        json_answer("200 OK", mark, GITHUB_SEED),
        json_answer("201 Created", mark, GITHUB_SEED),
        "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\n\r\n".to_owned(),
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n".to_owned(),
        "no HTTP".to_owned(),
        String::new(),
    ] {
        let server = RawServer::start([answer.clone()]).await;
        let proxy = server.url();
        let command = rotate(folder.path(), &["--json"], &[("HTTPS_PROXY", &proxy)]);
        let output = run(command, OLD_TOKEN);
        assert_eq!(output.status.code(), Some(4), "{answer}: {}", both(&output));
        assert_eq!(json(&output)["outcome"], "not_sent");
        server.only_request();
    }
}

#[test]
fn a_proxy_that_cannot_be_used_is_refused() {
    let folder = TempDir::new().unwrap();
    let unused = refusing_host();
    for (name, value) in [
        ("HTTPS_PROXY", format!("ftp://user:can%40ry@{unused}")),
        ("HTTPS_PROXY", format!("http://user:can#can@ry@{unused}")),
        ("ALL_PROXY", format!("\"http://user:can@ry@{unused}\"")),
    ] {
        let output = run(rotate(folder.path(), &[], &[(name, &value)]), OLD_TOKEN);
        assert_bad_input(&output, &format!("{name} is not the URL of a proxy"));
        assert_hidden(&output);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_a_proxy_go_to_it_alone() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
    let tls = authority.server("ghe.invalid", false);
    let github = RawServer::start_tls(tls, |_| json_answer("200 OK", "", GITHUB_SEED).into()).await;
    let (proxy, heads) = tunnel(github.host()).await;
    let proxy = format!("http://user:can%40ry@{proxy}");

    let variables = [("HTTPS_PROXY", proxy.as_str())];
    let command = rotate(folder.path(), &["--ca-file", "ca.pem"], &variables);
    let output = run(command, OLD_TOKEN);
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    assert_hidden(&output);

    let heads = heads.lock().unwrap().clone();
    assert_eq!(heads.len(), 1, "{heads:?}");
    assert!(heads[0].contains(CREDENTIALS), "{heads:?}");
    assert!(!heads[0].contains("\r\nauthorization"), "{heads:?}");
    let request = github.only_request();
    assert!(!request.headers().contains_key("proxy-authorization"));
    assert!(request.headers().contains_key("authorization"));
}

/// A proxy that connects whatever it is asked for with `target`, and what it was asked.
async fn tunnel(target: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heads = Arc::<Mutex<Vec<String>>>::default();
    let seen = Arc::clone(&heads);
    // It ends with the test's runtime.
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(client.read_u8().await.unwrap());
            }
            seen.lock().unwrap().push(String::from_utf8(head).unwrap());
            client
                .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                .await
                .unwrap();
            let mut server = TcpStream::connect(&target).await.unwrap();
            let _ = copy_bidirectional(&mut client, &mut server).await;
        }
    });
    (address, heads)
}

fn refusing_host() -> String {
    tokenturn_tests::refusing_url()["http://".len()..].to_owned()
}
