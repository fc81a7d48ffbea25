//! Speed and memory by the number of tokens.
//!
//! The fleet is a process of its own; the sandbox and the filling of the vault are in this one.

use std::time::Instant;

use anyhow::Result;
use tokenturn_bench::{Size, Store};

use crate::cost::middle;
use crate::home::Home;
use crate::provider::{fill, github, sandbox_apart};
use crate::run;

pub(crate) const CONCURRENCY: usize = 64;
/// Short runs are repeated until about so many tokens were replaced.
const ENOUGH: usize = 30_000;

/// The middle one of several runs counts.
pub(crate) async fn measure(
    home: &Home<'_>,
    store: Store,
    tokens: usize,
    most_runs: usize,
) -> Result<Size> {
    let sandbox = sandbox_apart()?;
    let client = github(
        &sandbox.url(),
        &sandbox.client_id(),
        &sandbox.client_secret(),
    )?;
    let vault = home.vault().await?;
    let living = sandbox.new_github_tokens(tokens);
    let begun = Instant::now();
    fill(&vault, &client.into(), living).await?;
    let imported_per_second = tokens as f64 / begun.elapsed().as_secs_f64();
    drop(vault);

    let (mut seconds, mut peaks, mut bytes) = (Vec::new(), Vec::new(), None);
    for _ in 0..(ENOUGH / tokens).clamp(1, most_runs) {
        home.settle();
        let (took, peak) = run::apart(home, &sandbox, CONCURRENCY)?;
        seconds.push(took);
        peaks.push(peak);
        // A later run replaces them once more.
        if bytes.is_none() {
            bytes = Some(home.bytes()?);
        }
    }
    Ok(Size {
        store,
        tokens,
        tokens_per_second: tokens as f64 / middle(seconds),
        peak_mib: peaks.into_iter().fold(0.0, f64::max),
        disk_bytes_per_token: bytes.unwrap_or_default() / tokens as f64,
        imported_per_second,
    })
}
