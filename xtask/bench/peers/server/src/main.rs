//! A server on loopback that answers a reset with GitHub's own example, as fast as it can.
//!
//! It prints its URL, and ends when its standard input does.

use std::io::Read;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::patch;
use tokio::net::TcpListener;

const ANSWER: &str = include_str!("../../../../../tests/seeds/github-authorization.json");
/// `abcde12345fghij67890:bench-client-secret`, as credentials of the scheme Basic.
const CREDENTIALS: &str = "YWJjZGUxMjM0NWZnaGlqNjc4OTA6YmVuY2gtY2xpZW50LXNlY3JldA==";
const REQUEST: &[u8] = br#"{"access_token":"e72e16c7e42f292c6912e7710c838347ae178b4a"}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let reset = Router::new().route("/applications/abcde12345fghij67890/token", patch(reset));
    axum::serve(listener, reset).await?;
    Ok(())
}

/// Whoever sends something else is not measured by mistake.
async fn reset(headers: HeaderMap, body: Bytes) -> Response {
    let known = headers.get(AUTHORIZATION).is_some_and(|value| {
        let words = value.to_str().unwrap_or_default().split_once(' ');
        words.is_some_and(|(scheme, credentials)| {
            scheme.eq_ignore_ascii_case("Basic") && credentials == CREDENTIALS
        })
    });
    match known && *body == *REQUEST {
        true => ([(CONTENT_TYPE, "application/json; charset=utf-8")], ANSWER).into_response(),
        false => StatusCode::NOT_FOUND.into_response(),
    }
}
