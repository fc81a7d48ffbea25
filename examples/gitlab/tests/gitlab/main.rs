//! GitLab through the front door, a vault and a fleet: the rule about families is never met.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod front_door;
mod sandbox;
mod vault;

use sandbox::{Fate, Sandbox};
use tokenturn_example_gitlab::GitLab;

async fn start() -> (Sandbox, GitLab) {
    let sandbox = Sandbox::start().await;
    let gitlab = GitLab::new(&sandbox.url()).unwrap();
    (sandbox, gitlab)
}
