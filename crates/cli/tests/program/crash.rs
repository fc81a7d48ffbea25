//! `tokenturn rotate --all`, killed again and again.

use std::path::Path;

use tokenturn_tests::crash::{Plan, run, table};
use tokenturn_tests::postgres::Cluster;

/// What a worker goes through in `tests/crash/`, at a size that shows that the program does the same.
const TOKENS: usize = 500;
const KILLS: usize = 5;

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

async fn survives(cluster: Option<&Cluster>) {
    let program = Path::new(env!("CARGO_BIN_EXE_tokenturn"));
    let tally = run(program, cluster, TOKENS, Plan::new(KILLS)).await;
    let is_right = tally.faults().is_empty();
    let table = table(&[tally]);
    println!("{table}");
    assert!(is_right, "{table}");
}
