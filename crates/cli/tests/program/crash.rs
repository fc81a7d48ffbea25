//! `tokenturn rotate --all` and `tokenturn deliver`, killed again and again.

use std::path::Path;

use tokenturn_tests::crash::{Plan, Tally, run, run_delivering, table};
use tokenturn_tests::postgres::Cluster;

/// What a worker goes through in `tests/crash/`, at a size that shows that the program does the same.
const TOKENS: usize = 500;
const KILLS: usize = 5;
/// Each is handed on several times, by processes of its own.
const HANDED_ON: usize = 120;

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_in_sqlite_survives_kills() {
    survives(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_in_postgres_survives_kills() {
    if let Some(cluster) = Cluster::shared() {
        survives(Some(cluster)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_behind_a_pooler_survives_kills() {
    if let Some(cluster) = Cluster::shared_pooled() {
        survives(Some(cluster)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_on_from_sqlite_survives_kills() {
    hands_on(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_on_from_postgres_survives_kills() {
    if let Some(cluster) = Cluster::shared() {
        hands_on(Some(cluster)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_on_from_behind_a_pooler_survives_kills() {
    if let Some(cluster) = Cluster::shared_pooled() {
        hands_on(Some(cluster)).await;
    }
}

async fn survives(cluster: Option<&Cluster>) {
    holds(&run(program(), cluster, TOKENS, Plan::new(KILLS)).await);
}

async fn hands_on(cluster: Option<&Cluster>) {
    holds(&run_delivering(program(), cluster, HANDED_ON, Plan::new(KILLS)).await);
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_tokenturn"))
}

#[track_caller]
fn holds(tally: &Tally) {
    let table = table(std::slice::from_ref(tally));
    println!("{table}");
    assert!(tally.faults().is_empty(), "{table}");
}
