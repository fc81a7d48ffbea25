//! A fleet that is killed again and again.

use tokenturn_tests::crash::{Plan, run, table};
use tokenturn_tests::postgres::Cluster;

use super::worker;

/// Enough to find what was broken by hand (CONTRIBUTING.md); `cargo xtask crash` looks longer.
const TOKENS: usize = 1_200;
const KILLS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_in_sqlite_survives_kills() {
    survives(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_in_postgres_survives_kills() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    survives(Some(cluster)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_behind_a_pooler_survives_kills() {
    let Some(cluster) = Cluster::shared_pooled() else {
        return;
    };
    survives(Some(cluster)).await;
}

async fn survives(cluster: Option<&Cluster>) {
    let tally = run(worker(), cluster, TOKENS, Plan::new(KILLS)).await;
    let is_right = tally.faults().is_empty();
    let table = table(&[tally]);
    println!("{table}");
    assert!(is_right, "{table}");
}
