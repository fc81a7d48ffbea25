//! The sandbox over plain sockets: what no client of ours would send, and what it answers with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokenturn_sandbox::Sandbox;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

struct Answer {
    status: u16,
    head: String,
    body: Value,
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
        head: head.to_ascii_lowercase(),
        body: serde_json::from_str(body).unwrap_or(Value::Null),
    }
}

fn basic(sandbox: &Sandbox) -> String {
    let pair = format!("{}:{}", sandbox.client_id(), sandbox.client_secret());
    format!("authorization: Basic {}\r\n", STANDARD.encode(pair))
}

#[tokio::test]
async fn github_refuses_in_the_documented_words() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let good = basic(&sandbox);
    let wrong = "authorization: Basic d3Jvbmc6d3Jvbmc=\r\n";
    let token = json!({ "access_token": sandbox.new_github_token() }).to_string();
    for method in ["POST", "PATCH"] {
        for prefix in ["", "/api/v3"] {
            for (headers, body, status, message) in [
                ("", token.as_str(), 401, "Requires authentication"),
                (wrong, &token, 401, "Bad credentials"),
                (&good, "{", 400, "Problems parsing JSON"),
                (&good, "", 400, "Problems parsing JSON"),
                (&good, "[]", 400, "Body should be a JSON object"),
                (&good, "{}", 422, "Invalid request"),
                (&good, r#"{"access_token":5}"#, 422, "Invalid request"),
                (&good, r#"{"access_token":"gho_x"}"#, 404, "Not Found"),
            ] {
                let client_id = sandbox.client_id();
                let line = format!("{method} {prefix}/applications/{client_id}/token");
                let answer = call(&sandbox, &line, headers, body).await;
                assert_eq!(answer.status, status, "{line} {body}");
                assert_eq!(answer.body["message"], message, "{line} {body}");
            }
            let line = format!("{method} {prefix}/applications/another/token");
            assert_eq!(call(&sandbox, &line, &good, &token).await.status, 404);
        }
    }
}

#[tokio::test]
async fn github_answers_with_the_recorded_headers_and_a_right_receipt() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let good = basic(&sandbox);
    let old = sandbox.new_github_token();
    let body = json!({ "access_token": old }).to_string();
    let line = format!("PATCH /applications/{}/token", sandbox.client_id());
    let answer = call(&sandbox, &line, &good, &body).await;
    assert_eq!(answer.status, 200);
    for header in [
        "x-ratelimit-limit: 5000",
        "x-ratelimit-remaining: 4999",
        "x-github-request-id: ",
        "content-type: application/json; charset=utf-8",
    ] {
        assert!(answer.head.contains(header), "{header}\n{}", answer.head);
    }
    let token = answer.body["token"].as_str().unwrap();
    let secret = tokenturn::Secret::new(token);
    assert_eq!(
        answer.body["hashed_token"],
        secret.fingerprint().to_string()
    );
    assert_eq!(answer.body["token_last_eight"], token[token.len() - 8..]);

    // The same fields as in the documented example, and the expiry that newer servers add.
    let seed: Value = serde_json::from_str(tokenturn_tests::GITHUB_SEED).unwrap();
    let mut found: Vec<_> = answer.body.as_object().unwrap().keys().collect();
    let mut wanted: Vec<_> = seed.as_object().unwrap().keys().collect();
    found.retain(|key| *key != "expires_at");
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);

    // The old token is dead, and the limit counts down.
    let answer = call(&sandbox, &line, &good, &body).await;
    assert_eq!(answer.status, 404);
    assert!(answer.head.contains("x-ratelimit-remaining: 4998"));
    assert!(!sandbox.is_alive(&old));
}

#[tokio::test]
async fn ohmygpt_answers_in_its_envelope() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let user = sandbox.new_ohmygpt_user();
    let line = "POST /api/v1/user/oauth/app/rotate-user-admin-token";
    for headers in ["", "authorization: Bearer omg-oat-v1-wrong\r\n"] {
        let answer = call(&sandbox, line, headers, "").await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.body["statusCode"], 401);
        assert_eq!(answer.body["errorType"], "oauth_invalid_token_error");
        assert!(answer.body["data"].is_null());
    }
    let bearer = format!("authorization: Bearer {}\r\n", user.oauth_token);
    let answer = call(&sandbox, line, &bearer, "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["statusCode"], 200);
    assert_eq!(answer.body["message"], "Rotate User Admin Token success");
    assert_eq!(answer.body["data"]["user_id"], 2286);
    assert!(sandbox.is_alive(answer.body["data"]["token"].as_str().unwrap()));
    assert_eq!(sandbox.requests().len(), 3);
}
