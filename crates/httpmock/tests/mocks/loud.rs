//! What a mock takes for its own, and how loudly it fails on everything else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokenturn_client::{Operation, Secret, Transport, github};
use tokenturn_httpmock::github::Mocks as _;
use tokenturn_httpmock::runtime::Credentials;
use tokenturn_httpmock::{Mock, MockServer};

const TOKEN: &str = "e72e16c7e42f292c6912e7710c838347ae178b4a";
const SECRET: &str = "the-client-secret";
const RESET: &Operation = github::builder::ResetToken::OPERATION;

fn body(token: &str) -> github::types::AccessTokenRequest {
    let body = github::types::AccessTokenRequest::builder().access_token(token);
    body.try_into().unwrap()
}

fn client(server: &MockServer) -> github::Client {
    let transport = Transport::builder(server.base_url()).basic("id", SECRET);
    github::Client::new(transport.build().unwrap())
}

async fn reset(server: &MockServer, client_id: &str, token: &str) -> u16 {
    let client = client(server);
    let call = client.reset_token().client_id(client_id).body(body(token));
    match call.send().await {
        Ok(answer) => answer.status().as_u16(),
        Err(error) => error.status().unwrap().as_u16(),
    }
}

fn mock<'a>(server: &'a MockServer, client_id: &str) -> Mock<'a> {
    server.reset_token(|when, then| {
        when.client_id(client_id)
            .body(&body(TOKEN))
            .basic("id", SECRET);
        then.raw(
            200,
            "application/json",
            format!("{{\"token\":\"{TOKEN}\"}}"),
        );
    })
}

/// The message with which the server fails, which must show no secret.
fn failure(server: MockServer) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| drop(server))).unwrap_err();
    let message = panic.downcast::<String>().unwrap();
    for secret in [TOKEN, SECRET, "another", "aWQ6"] {
        assert!(!message.contains(secret), "{message}");
    }
    *message
}

#[tokio::test]
async fn what_fits_is_answered() {
    for client_id in ["Iv1.8a61f9b3a7aba766", "a.b+c/d e%é", "a.*", "%2e"] {
        let server = MockServer::start_async().await;
        let mock = mock(&server, client_id);
        assert_eq!(reset(&server, client_id, TOKEN).await, 200);
        mock.assert();
    }
}

#[tokio::test]
async fn a_path_value_is_no_pattern() {
    let server = MockServer::start_async().await;
    let mock = mock(&server, "a.b+c/d");
    assert_eq!(reset(&server, "aXb+c/d", TOKEN).await, 999);
    mock.assert_calls(0);
    assert_eq!(
        failure(server),
        "unexpected request: not as the mock of `reset_token` (PATCH \
         /applications/{client_id}/token) wants it: path parameter `client_id`"
    );
}

#[tokio::test]
async fn every_part_that_does_not_fit_is_named() {
    let server = MockServer::start_async().await;
    mock(&server, "id");
    let transport = Transport::builder(server.base_url()).bearer("another");
    let client = github::Client::new(transport.build().unwrap());
    let call = client
        .reset_token()
        .client_id("other")
        .body(body("another token"));
    call.send().await.unwrap_err();
    let message = failure(server);
    let parts = "path parameter `client_id`, credentials, body at `/access_token`";
    assert!(message.ends_with(parts), "{message}");
}

#[tokio::test]
async fn credentials_are_asked_for_without_being_named() {
    let server = MockServer::start_async().await;
    let describe = |credentials| {
        server.operation(RESET, credentials, |_, then| {
            then.empty(204);
        })
    };
    let basic = describe(Credentials::Basic);
    for transport in [
        Transport::builder(server.base_url()),
        Transport::builder(server.base_url()).bearer("another"),
    ] {
        let client = github::Client::new(transport.build().unwrap());
        let call = client.reset_token().client_id("id").body(body(TOKEN));
        assert_eq!(call.send().await.unwrap_err().status().unwrap(), 999);
    }
    basic.assert_calls(0);
    reset(&server, "id", TOKEN).await;
    basic.assert();
    basic.delete();

    let none = describe(Credentials::None);
    assert_eq!(reset(&server, "id", TOKEN).await, 999);
    none.assert_calls(0);
    let message = failure(server);
    assert_eq!(message.lines().count(), 3);
    assert!(
        message
            .lines()
            .all(|line| line.ends_with("wants it: credentials")),
        "{message}"
    );
}

#[tokio::test]
async fn a_request_without_a_mock_is_named() {
    let server = MockServer::start_async().await;
    assert_eq!(reset(&server, "id", TOKEN).await, 999);
    let message = catch_unwind(AssertUnwindSafe(|| server.verify())).unwrap_err();
    let message = message.downcast::<String>().unwrap();
    assert_eq!(
        *message,
        "unexpected request: no mock is for PATCH /applications/id/token; there are mocks for \
         nothing"
    );
    // It was told, so the drop is silent.
    server.verify();
}

#[tokio::test]
#[should_panic = "the mock of `reset_token` was called 0 times, and not 1 times"]
async fn a_mock_that_was_not_called_fails_when_asked() {
    let server = MockServer::start_async().await;
    mock(&server, "id").assert();
}

#[tokio::test]
#[should_panic = "the mock of `reset_token` does not say what is answered"]
async fn a_mock_without_an_answer_is_refused() {
    let server = MockServer::start_async().await;
    server.reset_token(|_, _| {});
}

#[tokio::test]
async fn mocks_follow_each_other() {
    let server = MockServer::start_async().await;
    let first = server.reset_token(|_, then| {
        then.raw(502, "text/plain", "")
            .and(|then| then.up_to_n_times(1));
    });
    let second = mock(&server, "id");
    assert_eq!(reset(&server, "id", TOKEN).await, 502);
    assert_eq!(reset(&server, "id", TOKEN).await, 200);
    first.assert();
    second.assert();
}

#[tokio::test]
async fn httpmock_can_be_spoken_to() {
    let server = MockServer::start_async().await;
    let raw = server.mock(|when, then| {
        when.path_prefix("/applications/");
        then.status(499);
    });
    assert_eq!(reset(&server, "id", TOKEN).await, 499);
    raw.assert();
}

#[test]
fn nothing_prints_what_it_holds() {
    let server = MockServer::start();
    let mock = server.reset_token(|when, then| {
        let when = when.basic("id", Secret::new(TOKEN));
        assert_eq!(format!("{when:?}"), "ResetTokenWhen(When { .. })");
        assert_eq!(format!("{:?}", then.gone()), "ResetTokenThen(Then { .. })");
    });
    assert_eq!(
        format!("{mock:?}"),
        "Mock { operation: \"reset_token\", .. }"
    );
}

#[tokio::test]
async fn of_a_body_only_what_is_named_matters() {
    let server = MockServer::start_async().await;
    let mock = server.reset_token(|when, then| {
        when.body_field_that("access_token", |token| token.starts_with("e72e"));
        then.ok_token("Iv1.8a61f9b3a7aba766", "gho_new");
    });
    assert_eq!(reset(&server, "id", TOKEN).await, 200);
    mock.assert();
    assert_eq!(reset(&server, "id", "another").await, 999);
    let message = failure(server);
    assert!(
        message.ends_with("wants it: body at `access_token`"),
        "{message}"
    );
}

#[tokio::test]
async fn an_answer_is_an_example_and_what_changes_in_it() {
    let server = MockServer::start_async().await;
    server.reset_token(|_, then| {
        then.ok_with(|answer| answer.note = None);
    });
    let client = client(&server);
    let call = client.reset_token().client_id("id").body(body(TOKEN));
    let answer = call.send().await.unwrap();
    assert_eq!((&answer.note, answer.id), (&None, Some(1)));
}
