//! The generated clients on their own, without the wrapper.

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokenturn_client::{Error, Secret, Transport, github, ohmygpt};
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::{GITHUB_SEED, RawServer, json_answer};
use tokio::time::Instant;

use crate::sandbox::clock;

fn at_github(sandbox: &Sandbox) -> github::Client {
    let transport = Transport::builder(sandbox.url())
        .basic(sandbox.client_id(), sandbox.client_secret())
        .build();
    github::Client::new(transport.unwrap())
}

#[tokio::test]
async fn reset_and_check() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let client = at_github(&sandbox);
    let old = Secret::new(sandbox.new_github_token());
    let answer = client
        .reset_token()
        .client_id(sandbox.client_id())
        .body_map(|body| body.access_token(old.clone()))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-ratelimit-limit"], "5000");
    assert!(sandbox.is_alive(answer.token.expose()));

    let error = client
        .check_token()
        .client_id(sandbox.client_id())
        .body_map(|body| body.access_token(old))
        .send()
        .await
        .unwrap_err();
    // The whole answer is there: status, headers, body.
    assert_eq!(error.status().unwrap(), 404);
    let response = error.response().unwrap();
    assert!(response.header("x-github-request-id").is_some());
    assert!(response.body().starts_with(br#"{"message":"Not Found""#));
    assert!(response.is_complete());
}

#[tokio::test]
async fn rotate_an_admin_token() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let user = sandbox.new_ohmygpt_user();
    let transport = Transport::builder(sandbox.url()).bearer(user.oauth_token);
    let client = ohmygpt::Client::new(transport.build().unwrap());
    let answer = client.rotate_user_admin_token().send().await.unwrap();
    let (envelope, raw) = answer.into_parts();
    assert_eq!(envelope.status_code, 200);
    assert!(sandbox.is_alive(envelope.data.unwrap().token.expose()));
    assert!(raw.is_complete());
}

#[tokio::test]
async fn a_path_parameter_cannot_leave_its_segment() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let client = at_github(&sandbox);
    for client_id in ["", ".", "..", "a\nb"] {
        let error = client
            .reset_token()
            .client_id(client_id)
            .body_map(|body| body.access_token("gho_a"))
            .send()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::InvalidRequest(_)), "{error:?}");
        assert!(error.is_not_sent());
    }
    // A parameter that was never set is the caller's mistake too.
    let error = client.reset_token().send().await.unwrap_err();
    assert!(error.is_not_sent(), "{error:?}");
    assert_eq!(sandbox.requests().len(), 0);
}

#[tokio::test]
async fn a_body_ends_at_the_limit() {
    let server = RawServer::start([json_answer("200 OK", "", GITHUB_SEED)]).await;
    let transport = Transport::builder(server.url()).body_limit(100).build();
    let error = github::Client::new(transport.unwrap())
        .check_token()
        .client_id("id")
        .body_map(|body| body.access_token("gho_a"))
        .send()
        .await
        .unwrap_err();
    let response = error.response().unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.body(), &GITHUB_SEED.as_bytes()[..100]);
    assert!(!response.is_complete());
    assert!(matches!(error, Error::InvalidResponsePayload(..)));
}

#[test]
fn calls_can_be_spawned() {
    fn send<T: Send>(value: T) -> T {
        value
    }
    let transport = Transport::builder("http://127.0.0.1:1").build().unwrap();
    let client = github::Client::new(transport);
    drop(send(client.reset_token().send()));
}

#[tokio::test]
async fn a_body_loses_its_codings() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(GITHUB_SEED.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let answer = |headers: &str| {
        let head = json_answer("200 OK", headers, "");
        let length = format!("content-length: {}", packed.len());
        let head = head.replace("content-length: 0", &length);
        [head.as_bytes(), &packed].concat()
    };
    let two_lines = "content-encoding: X-GZip\r\ncontent-encoding: identity\r\n";
    let answers = ["", "content-encoding: gzip, br\r\n", two_lines];
    let server = RawServer::start(answers.map(answer)).await;
    let transport = Transport::builder(server.url()).build().unwrap();
    for is_decoded in [true, false, true] {
        let client = github::Client::new(transport.clone());
        let call = client.check_token();
        let call = call.client_id("id").body_map(|b| b.access_token("gho_a"));
        let (_, raw) = call.send().await.unwrap().into_parts();
        assert_eq!(raw.body(), GITHUB_SEED.as_bytes());
        assert_eq!(raw.is_decoded(), is_decoded);
        assert!(raw.is_complete());
    }
}

#[tokio::test]
async fn who_never_connects_has_sent_nothing() {
    let _clock = clock::stop();
    // The system takes the connection, and nobody begins TLS on it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let builder = || {
        Transport::builder(&url)
            .max_attempts(1)
            .timeout(Duration::from_secs(9))
    };
    let forever = Duration::from_secs(600);
    let short = Duration::from_secs(2);
    for (builder, at_most) in [
        (builder(), 9),
        (builder().connect_timeout(forever), 9),
        (builder().connect_timeout(short), 3),
    ] {
        let client = github::Client::new(builder.build().unwrap());
        let call = client.check_token();
        let call = call.client_id("id").body_map(|b| b.access_token("gho_a"));
        let begun = Instant::now();
        let error = clock::passes(call.send()).await.unwrap_err();
        assert!(error.is_not_sent() && error.is_timeout(), "{error:?}");
        assert!(begun.elapsed() < Duration::from_secs(at_most));
    }
}
