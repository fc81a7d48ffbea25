//! A loop of requests by hand, whose answers are read and dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use reqwest::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use tokenturn_sandbox::Sandbox;
use tokio::task::JoinSet;

pub(crate) async fn bare(sandbox: &Sandbox, tokens: usize, concurrency: usize) -> Result<Duration> {
    let tokens = Arc::new(sandbox.new_github_tokens(tokens));
    let client = reqwest::Client::new();
    let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
    let url = format!("{}/applications/{id}/token", sandbox.url());
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..concurrency {
        let (client, url, id, secret) = (client.clone(), url.clone(), id.clone(), secret.clone());
        let (tokens, next) = (Arc::clone(&tokens), Arc::clone(&next));
        tasks.spawn(async move {
            while let Some(token) = tokens.get(next.fetch_add(1, Relaxed)) {
                let request = client.patch(&url).basic_auth(&id, Some(&secret));
                let request = request.header(USER_AGENT, "bare");
                let request = request.header(ACCEPT, "application/vnd.github+json");
                let request = request.header(CONTENT_TYPE, "application/json");
                let body = serde_json::json!({ "access_token": token }).to_string();
                let answer = request.body(body).send().await?;
                let answer = answer.error_for_status()?.bytes().await?;
                let answer: serde_json::Value = serde_json::from_slice(&answer)?;
                ensure!(answer["token"].is_string(), "no token");
            }
            Ok(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(begun.elapsed())
}
