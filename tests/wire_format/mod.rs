//! What goes over the wire is what the providers document, byte for byte.

mod family;
mod pages;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokenturn::{GitHub, RotateError, Secret};
use tokenturn_tests::{
    CLIENT_ID, CLIENT_SECRET, GITHUB_SEED, OAUTH_TOKEN, OHMYGPT_SEED, OLD_TOKEN, RawServer, github,
    json_answer, oauth_token, ohmygpt, old_token,
};

const GITHUB_JSON: &str = "application/vnd.github+json";
const V3_JSON: &str = "application/vnd.github.v3+json";
const PREVIEW_JSON: &str = "application/vnd.github.doctor-strange-preview+json";

async fn github_server() -> RawServer {
    RawServer::start([json_answer("200 OK", "", GITHUB_SEED)]).await
}

/// The headers of a GitHub call, all of them.
fn github_headers(host: &str, accept: &str, version: Option<&str>) -> BTreeMap<String, String> {
    let pair = STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    let mut headers: BTreeMap<String, String> = [
        ("accept", accept),
        ("accept-encoding", "identity"),
        ("authorization", &format!("Basic {pair}")),
        ("content-length", "59"),
        ("content-type", "application/json"),
        ("host", host),
        ("user-agent", "tokenturn/0.1.0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    if let Some(version) = version {
        headers.insert("x-github-api-version".into(), version.into());
    }
    headers
}

#[track_caller]
fn assert_github(server: &RawServer, line: &str, accept: &str, version: Option<&str>) {
    let request = server.only_request();
    assert_eq!(request.line, line);
    let wanted = github_headers(&server.host(), accept, version);
    let found = request.headers();
    let wanted: BTreeMap<&str, &str> = wanted
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    assert_eq!(found, wanted);
    assert_eq!(
        String::from_utf8(request.body).unwrap(),
        format!(r#"{{"access_token":"{OLD_TOKEN}"}}"#)
    );
}

#[tokio::test]
async fn reset_at_github() {
    let server = github_server().await;
    let _ = github(&server.url())
        .reset_token(&old_token())
        .await
        .unwrap();
    let line = format!("PATCH /applications/{CLIENT_ID}/token HTTP/1.1");
    assert_github(&server, &line, GITHUB_JSON, Some("2022-11-28"));
}

#[tokio::test]
async fn check_at_github() {
    let valid = format!(r#"{{"token":"{OLD_TOKEN}"}}"#);
    let server = RawServer::start([json_answer("200 OK", "", &valid)]).await;
    github(&server.url())
        .check_token(&old_token())
        .await
        .unwrap();
    let line = format!("POST /applications/{CLIENT_ID}/token HTTP/1.1");
    assert_github(&server, &line, GITHUB_JSON, Some("2022-11-28"));
}

#[tokio::test]
async fn reset_at_every_kind_of_enterprise_server() {
    for (version, accept, api_version) in [
        ("2.20", PREVIEW_JSON, None),
        ("2.21", V3_JSON, None),
        ("3.1", V3_JSON, None),
        ("3.2", GITHUB_JSON, None),
        ("3.8", GITHUB_JSON, None),
        ("3.9", GITHUB_JSON, Some("2022-11-28")),
        ("3.19", GITHUB_JSON, Some("2022-11-28")),
    ] {
        let server = github_server().await;
        let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET)
            .enterprise_server("ghe.example.com", version)
            .base_url(format!("{}/api/v3/", server.url()))
            .build()
            .unwrap();
        let _ = github.reset_token(&old_token()).await.unwrap();
        let line = format!("PATCH /api/v3/applications/{CLIENT_ID}/token HTTP/1.1");
        assert_github(&server, &line, accept, api_version);
    }
}

#[tokio::test]
async fn rotate_at_ohmygpt() {
    let server = RawServer::start([json_answer("200 OK", "", OHMYGPT_SEED)]).await;
    let _ = ohmygpt(&server.url())
        .rotate_admin_token(&oauth_token())
        .await
        .unwrap();
    let request = server.only_request();
    assert_eq!(
        request.line,
        "POST /api/v1/user/oauth/app/rotate-user-admin-token HTTP/1.1"
    );
    let host = server.host();
    let bearer = format!("Bearer {OAUTH_TOKEN}");
    let wanted: BTreeMap<&str, &str> = [
        ("accept", "application/json"),
        ("accept-encoding", "identity"),
        ("authorization", &bearer),
        ("content-length", "0"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("host", &host),
        ("user-agent", "tokenturn/0.1.0"),
    ]
    .into();
    assert_eq!(request.headers(), wanted);
    assert_eq!(request.body, b"");
}

#[tokio::test]
async fn the_user_agent_is_the_callers_choice() {
    let server = github_server().await;
    let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET)
        .base_url(server.url())
        .transport(|transport| transport.user_agent("my-app/1.0"))
        .build()
        .unwrap();
    let _ = github.reset_token(&old_token()).await.unwrap();
    assert_eq!(server.only_request().headers()["user-agent"], "my-app/1.0");
}

#[tokio::test]
async fn a_client_id_is_one_encoded_segment() {
    let server = github_server().await;
    let github = GitHub::builder("a/b c?d#é%2e", CLIENT_SECRET)
        .base_url(server.url())
        .build()
        .unwrap();
    let _ = github.reset_token(&old_token()).await.unwrap();
    assert_eq!(
        server.only_request().line,
        "PATCH /applications/a%2Fb%20c%3Fd%23%C3%A9%252e/token HTTP/1.1"
    );
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_is() {
    for client_id in ["", ".", "..", "a\nb", "a\0", "a:b"] {
        let built = GitHub::builder(client_id, CLIENT_SECRET).build();
        assert!(built.is_err(), "{client_id:?}");
    }
    assert!(GitHub::builder(CLIENT_ID, "").build().is_err());

    let server = RawServer::start([OHMYGPT_SEED]).await;
    for token in ["", "a b", "a\r\nx: y"] {
        let error = ohmygpt(&server.url())
            .rotate_admin_token(&Secret::new(token))
            .await
            .unwrap_err();
        assert!(
            matches!(error, RotateError::NotSent(_)),
            "{token:?}: {error}"
        );
    }
    assert_eq!(server.requests().len(), 0);
}
