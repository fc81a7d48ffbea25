//! The sandbox over plain sockets: what no client of ours would send, and what it answers with.

mod clock;
mod device;
mod github;
mod keys;
mod login;
mod ohmygpt;
mod own;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokenturn_sandbox::{Fault, Sandbox};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

struct Answer {
    status: u16,
    head: String,
    text: String,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        Some(lines.find(|(found, _)| *found == name)?.1)
    }

    fn text(&self, field: &str) -> String {
        let value = self.body[field].as_str();
        value.unwrap_or_else(|| panic!("no {field}")).to_owned()
    }
}

async fn call(sandbox: &Sandbox, line: &str, headers: &str, body: &str) -> Answer {
    let host = sandbox.url().replace("http://", "");
    let mut stream = TcpStream::connect(&host).await.unwrap();
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\
         {headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_owned(),
        text: body.to_owned(),
        body: serde_json::from_str(body).unwrap_or(Value::Null),
    }
}

fn basic(sandbox: &Sandbox) -> String {
    let pair = format!("{}:{}", sandbox.client_id(), sandbox.client_secret());
    format!("authorization: Basic {}\r\n", STANDARD.encode(pair))
}

const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";
const JSON: &str = "content-type: application/json\r\naccept: application/json\r\n";
const FORM_FOR_JSON: &str =
    "content-type: application/x-www-form-urlencoded\r\naccept: application/json\r\n";

const EXCHANGE: &str = "POST /login/oauth/access_token";
const CALLBACK: &str = "http://127.0.0.1:7777/back";

/// The pair of RFC 7636.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn encode(fields: &[(&str, &str)]) -> String {
    let one = |text: &str| -> String { text.bytes().map(|b| format!("%{b:02X}")).collect() };
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{}={}", one(name), one(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn param<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = url.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    Some(pairs.find(|(found, _)| *found == name)?.1)
}

/// An authorization URL of GitHub's.
fn github_url(sandbox: &Sandbox, more: &[(&str, &str)]) -> String {
    let id = sandbox.client_id();
    let mut fields = vec![("client_id", id.as_str())];
    fields.extend(more);
    format!(
        "{}/login/oauth/authorize?{}",
        sandbox.url(),
        encode(&fields)
    )
}

/// A code of GitHub's for the scopes `repo` and `gist`.
fn github_code(sandbox: &Sandbox, more: &[(&str, &str)]) -> String {
    let mut fields = vec![("redirect_uri", CALLBACK), ("scope", "repo gist")];
    fields.extend(more);
    let url = sandbox.approve(&github_url(sandbox, &fields)).unwrap();
    param(&url, "code").unwrap().to_owned()
}

/// What GitHub's login host says to the app, in JSON.
async fn exchange(sandbox: &Sandbox, secret: Option<&str>, more: &[(&str, &str)]) -> Answer {
    let id = sandbox.client_id();
    let mut fields = vec![("client_id", id.as_str())];
    fields.extend(secret.map(|secret| ("client_secret", secret)));
    fields.extend(more);
    let answer = call(sandbox, EXCHANGE, FORM_FOR_JSON, &encode(&fields)).await;
    assert_eq!(answer.status, 200);
    if answer.body.get("error").is_some() {
        assert!(
            answer
                .text("error_uri")
                .starts_with("https://docs.github.com")
        );
        assert!(!answer.text("error_description").is_empty());
    }
    answer
}

async fn check(sandbox: &Sandbox, token: &str) -> Answer {
    let line = format!("POST /applications/{}/token", sandbox.client_id());
    let body = json!({ "access_token": token }).to_string();
    call(sandbox, &line, &basic(sandbox), &body).await
}

/// The line of a call of a path without its host.
fn get(url: &str) -> String {
    format!("GET /{}", url.splitn(4, '/').nth(3).unwrap())
}

#[tokio::test]
async fn only_calls_that_change_something_fail_on_demand() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let app = format!("/applications/{}", sandbox.client_id());
    for (line, is_change) in [
        (format!("POST {app}/token"), false),
        (format!("POST /api/v3{app}/token"), false),
        (format!("PATCH {app}/token"), true),
        (format!("DELETE {app}/token"), true),
        (format!("DELETE /api/v3{app}/grant"), true),
        (format!("POST {app}/token/scoped"), true),
        ("POST /credentials/revoke".into(), true),
        ("GET /login/oauth/authorize".into(), false),
        ("POST /login/oauth/authorize".into(), false),
        (EXCHANGE.into(), true),
        ("POST /login/device/code".into(), true),
        ("GET /login/device".into(), false),
        ("POST /login/device".into(), false),
        ("GET /next/v1/oauth".into(), false),
        ("POST /next/v1/oauth".into(), false),
        ("GET /next/v1/oauth/succeed".into(), false),
        ("POST /api/v1/user/oauth/issue-token".into(), true),
        (
            "POST /api/v1/user/oauth/app/query-user-basic-info".into(),
            false,
        ),
        (
            "POST /api/v1/user/oauth/app/rotate-user-admin-token".into(),
            true,
        ),
        ("POST /api/v1/user/admin/new-api-token".into(), true),
        ("POST /api/v1/user/admin/update-api-token".into(), true),
        ("POST /api/v1/user/admin/get-api-tokens".into(), false),
        ("POST /api/v1/user/admin/del-api-token".into(), true),
        ("POST /api/v1/user/admin/balance".into(), false),
    ] {
        for fault in [Fault::BeforeChange, Fault::AfterChange] {
            sandbox.set_fault(fault);
            let answer = call(&sandbox, &line, "", "").await;
            assert_eq!(answer.status == 502, is_change, "{line}");
        }
        sandbox.set_fault(Fault::Outage);
        assert_eq!(call(&sandbox, &line, "", "").await.status, 503, "{line}");
    }
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let user = sandbox.new_ohmygpt_user();
    let code = github_code(&sandbox, &[]);
    let secret = sandbox.client_secret();
    let answer = exchange(&sandbox, Some(&secret), &[("code", &code)]).await;
    let page = sandbox
        .approve(&github_url(&sandbox, &[("state", "canary")]))
        .unwrap_err();
    let bearer = format!("authorization: Bearer {}\r\n", user.oauth_token);
    let line = "POST /api/v1/user/oauth/app/rotate-user-admin-token";
    let rotated = call(&sandbox, line, &bearer, "").await;
    let new = sandbox.new_expiring_github_token();
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &new.refresh_token),
    ];
    let refreshed = exchange(&sandbox, Some(&secret), &fields).await;
    let (requests, done) = (sandbox.requests(), sandbox.replacements());
    let refreshes = sandbox.refreshes();
    assert_eq!((done.len(), refreshes.len()), (1, 1));
    let text = format!("{sandbox:?} {user:?} {page:?} {requests:?} {done:?} {new:?} {refreshes:?}");
    for hidden in [
        secret,
        code,
        answer.text("access_token"),
        new.token,
        new.refresh_token,
        refreshed.text("access_token"),
        refreshed.text("refresh_token"),
        sandbox.ohmygpt_client_secret(),
        user.oauth_token,
        user.admin_token,
        rotated.body["data"]["token"].as_str().unwrap().to_owned(),
        "canary".to_owned(),
    ] {
        assert!(!text.contains(&hidden));
    }
}
