//! What may be repeated is repeated, and nothing else.

use std::time::Duration;

use tokenturn::AuthorizationCode;
use tokenturn::github::Deletion;
use tokenturn_client::{Retry, github, github_login, ohmygpt};
use tokenturn_tests::{
    GITHUB_SEED, OLD_TOKEN, RawServer, github as client, json_answer, oauth_token, ohmygpt as omg,
    old_token,
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::sandbox::clock;

/// GitHub's answer to a check of [`old_token`].
fn valid(headers: &str) -> String {
    let body = GITHUB_SEED.replace("\"abcdefgh12345678\"", &format!("\"{OLD_TOKEN}\""));
    json_answer("200 OK", headers, &body)
}

fn bad_gateway() -> String {
    json_answer("502 Bad Gateway", "", "")
}

#[test]
fn the_table_says_what_may_be_repeated() {
    let rows: Vec<_> = github::OPERATIONS
        .iter()
        .chain(github_login::OPERATIONS)
        .chain(ohmygpt::OPERATIONS)
        .map(|o| (o.id, o.retry, o.authenticated))
        .collect();
    assert_eq!(
        rows,
        [
            ("check_token", Retry::Safe, true),
            ("reset_token", Retry::Never, true),
            ("delete_token", Retry::Idempotent, true),
            ("scope_token", Retry::Repeatable, true),
            ("delete_authorization", Retry::Idempotent, true),
            ("revoke_credentials", Retry::Idempotent, false),
            ("create_access_token", Retry::Never, false),
            ("create_device_code", Retry::Repeatable, false),
            ("issue_token", Retry::Never, false),
            ("query_user_basic_info", Retry::Safe, true),
            ("rotate_user_admin_token", Retry::Repeatable, true),
            ("new_api_token", Retry::Repeatable, true),
            ("update_api_token", Retry::Idempotent, true),
            ("get_api_tokens", Retry::Safe, true),
            ("del_api_token", Retry::Repeatable, true),
            ("balance", Retry::Safe, true),
        ]
    );
}

#[tokio::test]
async fn a_check_survives_a_failure_that_passes() {
    // A status that passes, a connection that closes, and an answer.
    let server = RawServer::start([bad_gateway(), String::new(), valid("")]).await;
    let check = client(&server.url()).check_token(&old_token()).await;
    assert!(check.unwrap().is_valid());
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_check_gives_up_in_the_end() {
    let server =
        RawServer::start([bad_gateway(), bad_gateway(), bad_gateway(), bad_gateway()]).await;
    let error = client(&server.url()).check_token(&old_token()).await;
    assert_eq!(error.unwrap_err().status(), Some(502));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_reset_is_sent_once() {
    for answer in [
        String::new(),
        bad_gateway(),
        json_answer("503 Service Unavailable", "retry-after: 0\r\n", ""),
        json_answer("429 Too Many Requests", "retry-after: 0\r\n", ""),
    ] {
        let server = RawServer::start([answer]).await;
        let _ = client(&server.url())
            .reset_token(&old_token())
            .await
            .unwrap_err();
        let _ = omg(&server.url())
            .rotate_admin_token(&oauth_token())
            .await
            .unwrap_err();
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn what_uses_up_a_code_is_sent_once() {
    for answer in [String::new(), bad_gateway()] {
        let server = RawServer::start(vec![answer; 3]).await;
        let code = || AuthorizationCode::new("code");
        let github = client(&server.url());
        assert!(github.exchange_code(code()).await.unwrap_err().is_unknown());
        let refreshed = github.refresh_token(&old_token()).await;
        assert!(refreshed.unwrap_err().is_unknown());
        let issued = omg(&server.url()).issue_token(code()).await;
        assert!(issued.unwrap_err().is_unknown());
        assert_eq!(server.requests().len(), 3);
    }
}

#[tokio::test]
async fn a_deletion_is_repeated_and_then_finds_its_own_work() {
    // The first attempt was made, and its answer was lost.
    let request_id = "x-github-request-id: A:1\r\n";
    let gone = json_answer("404 Not Found", request_id, r#"{"message":"Not Found"}"#);
    let server = RawServer::start([bad_gateway(), gone]).await;
    let deletion = client(&server.url()).delete_token(&old_token()).await;
    assert_eq!(*deletion.unwrap(), Deletion::AlreadyGone);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_deletion_that_was_sent_is_not_called_unsent_when_the_server_is_gone_at_the_next_attempt()
{
    for answer in ["", &bad_gateway()] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        // It reads one request, answers or not, and nobody listens any more.
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            drop(listener);
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        };
        let client = client(&url);
        let token = old_token();
        let (deletion, ()) = tokio::join!(client.delete_token(&token), server);
        let error = deletion.unwrap_err();
        assert_eq!(error.status().is_some(), !answer.is_empty());
        let why = error.into_why();
        assert!(why.is_unknown(), "{why:?}");
    }
}

#[tokio::test]
async fn a_refusal_of_the_second_attempt_says_nothing_of_the_first() {
    let refusal = |status: &str| json_answer(status, "", r#"{"message":"No"}"#);
    for status in ["401 Unauthorized", "403 Forbidden", "429 Too Many Requests"] {
        for first in [String::new(), bad_gateway()] {
            let server = RawServer::start([first.clone(), refusal(status)]).await;
            let deletion = client(&server.url()).delete_token(&old_token()).await;
            let why = deletion.unwrap_err().into_why();
            assert!(why.is_unknown(), "{first:?}, {status}: {why:?}");
            assert_eq!(server.requests().len(), 2);

            // A check changes nothing: there, the last answer is as good as any.
            let server = RawServer::start([first, refusal(status)]).await;
            let check = client(&server.url()).check_token(&old_token()).await;
            let why = check.unwrap_err().into_why();
            assert!(why.is_refused(), "{status}: {why:?}");
        }
    }
    // Alone, a refusal is one.
    let server = RawServer::start([refusal("403 Forbidden")]).await;
    let deletion = client(&server.url()).delete_token(&old_token()).await;
    assert!(deletion.unwrap_err().into_why().is_refused());
}

#[tokio::test]
async fn a_reset_on_a_reused_connection_is_sent_once() {
    // The second request arrives on the connection of the first and is read, and then the server
    // closes: whoever sends it again may kill the token that it made.
    let _clock = clock::stop();
    let good = valid("connection: keep-alive\r\n");
    let server = RawServer::start([good, String::new()]).await;
    let client = client(&server.url());
    assert!(client.check_token(&old_token()).await.unwrap().is_valid());
    let error = client.reset_token(&old_token()).await.unwrap_err();
    assert!(error.is_unknown(), "{error:?}");
    let connections: Vec<_> = server.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [0, 0]);
}

#[tokio::test]
async fn a_connection_that_lay_idle_is_not_used_again() {
    let _clock = clock::stop();
    let good = json_answer("200 OK", "connection: keep-alive\r\n", GITHUB_SEED);
    let checked = valid("connection: keep-alive\r\n");
    let server = RawServer::start([checked, good.clone(), good]).await;
    let client = client(&server.url());
    assert!(client.check_token(&old_token()).await.unwrap().is_valid());
    let _ = client.reset_token(&old_token()).await.unwrap();
    // Longer than the limit, and shorter than any server waits.
    tokio::time::advance(Duration::from_millis(2500)).await;
    let _ = client.reset_token(&old_token()).await.unwrap();
    let connections: Vec<_> = server.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [0, 0, 1]);
}
