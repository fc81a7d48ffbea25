//! How fast a fleet is, every token durable, next to the same requests that save nothing.
//!
//! Prints tokens per second of both, in turn, and the ratio.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use reqwest::header::{ACCEPT, USER_AGENT};
use tokenturn_sandbox::Sandbox;
use tokenturn_bench::{fill, github, sandbox_apart};
use tokenturn_vault::{Client, Filter, FleetOptions, Key, Vault};
use tokio::task::JoinSet;

const ROUNDS: usize = 5;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |or: usize| -> Result<usize> {
        arguments
            .next()
            .map_or(Ok(or), |text| text.parse())
            .context("a number")
    };
    let (tokens, concurrency) = (number(30_000)?, number(256)?);
    // Fails when there is one already, and that is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    println!("{tokens} tokens, {concurrency} at a time, {ROUNDS} rounds in turn");
    println!("{:>12} {:>12} {:>8}", "bare", "vault", "ratio");
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let bare = bare(&sandbox_apart()?, tokens, concurrency).await?;
        let vault = vault(&sandbox_apart()?, tokens, concurrency).await?;
        println!("{bare:>10.0}/s {vault:>10.0}/s {:>8.2}", vault / bare);
        ratios.push(vault / bare);
    }
    ratios.sort_by(f64::total_cmp);
    println!("ratio, the middle one: {:.2}", ratios[ROUNDS / 2]);
    Ok(())
}

/// A loop of requests, whose answers are read and dropped.
async fn bare(sandbox: &Sandbox, tokens: usize, concurrency: usize) -> Result<f64> {
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
                let body = serde_json::json!({ "access_token": token }).to_string();
                let answer = request
                    .header("content-type", "application/json")
                    .body(body)
                    .send()
                    .await?;
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
    Ok(tokens.len() as f64 / begun.elapsed().as_secs_f64())
}

/// A fleet over a vault in SQLite.
async fn vault(sandbox: &Sandbox, tokens: usize, concurrency: usize) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let vault = Vault::builder()
        .sqlite(folder.path().join("vault.db"), &Key::generate()?)
        .await?;
    let client = github(
        &sandbox.url(),
        &sandbox.client_id(),
        &sandbox.client_secret(),
    )?;
    let client = Client::from(client);
    fill(&vault, &client, sandbox.new_github_tokens(tokens)).await?;
    let options = FleetOptions::new().concurrency(concurrency);
    let begun = Instant::now();
    let mut fleet = vault.rotate_all([client], Filter::new(), options).await?;
    // On the threads that the loop is on, too.
    let told = tokio::spawn(async move {
        while let Some(settled) = fleet.next().await {
            ensure!(settled.new.is_some(), "{}: {}", settled.id, settled.outcome);
        }
        Ok(fleet)
    });
    let fleet = told.await??;
    let time = begun.elapsed().as_secs_f64();
    ensure!(
        fleet.summary().replaced == tokens as u64,
        "{:?}",
        fleet.summary()
    );
    Ok(tokens as f64 / time)
}
