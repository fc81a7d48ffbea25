//! reqwest and nothing else: no care is taken of the new token.

use caller::{CLIENT_ID, CLIENT_SECRET, Failure, OLD_TOKEN};
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

fn main() -> Result<(), Failure> {
    // Fails when there is one already, and that is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    caller::run(
        |url| {
            let client = reqwest::Client::builder().user_agent("bare").build()?;
            Ok((client, format!("{url}/applications/{CLIENT_ID}/token")))
        },
        reset,
    )
}

async fn reset((client, url): (reqwest::Client, String)) -> Result<(), Failure> {
    let answer = client
        .patch(url)
        .basic_auth(CLIENT_ID, Some(CLIENT_SECRET))
        .header(ACCEPT, "application/vnd.github+json")
        .json(&json!({ "access_token": OLD_TOKEN }))
        .send()
        .await?;
    let answer: Value = answer.error_for_status()?.json().await?;
    answer["token"].as_str().ok_or("there is no token")?;
    Ok(())
}
