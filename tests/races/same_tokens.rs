//! Eight processes that replace the same tokens at once.

use std::collections::{HashMap, HashSet};

use tokenturn_tests::crash::{PATIENCE, Process, Rules, Scene, Shares, judge};
use tokenturn_tests::postgres::Cluster;

use super::worker;

const PROCESSES: usize = 8;
const TOKENS: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn one_of_eight_replaces_each_token_in_sqlite() {
    race(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_eight_replaces_each_token_in_postgres() {
    // Its own server: eight processes take most of the connections.
    if let Some(cluster) = Cluster::find() {
        race(Some(&cluster)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_eight_replaces_each_token_behind_a_pooler() {
    if let Some(cluster) = Cluster::find_pooled() {
        race(Some(&cluster)).await;
    }
}

async fn race(cluster: Option<&Cluster>) {
    let mut scene = Scene::new(cluster, Shares::of(TOKENS)).await;
    // No call is taken for dead, however slow the host is.
    scene.lease = PATIENCE;
    scene.concurrency = 16;

    let start = |seed: usize| scene.start(worker(), &["race", &seed.to_string()]);
    let mut processes: Vec<Process> = (0..PROCESSES).map(start).collect();
    for process in &mut processes {
        assert_eq!(process.line().await.as_deref(), Some("ready"));
    }
    assert_eq!(scene.sandbox.replacement_count(), 0);
    for process in &mut processes {
        process.send("go").await;
    }
    let mut answers: HashMap<String, HashSet<String>> = HashMap::new();
    for process in &mut processes {
        let (lines, status) = process.finish(2 * PATIENCE).await;
        assert!(status.success(), "{lines:?}");
        assert_eq!(lines.len(), TOKENS);
        for line in lines {
            let (id, answer) = line.split_once(' ').unwrap();
            answers
                .entry(id.to_owned())
                .or_default()
                .insert(answer.to_owned());
        }
    }

    assert_eq!(scene.sandbox.replacement_count(), TOKENS, "each once");
    assert_eq!(answers.len(), TOKENS, "{:?}", answers.keys());
    let vault = scene.open().await;
    for (id, told) in answers {
        let row = super::row(&vault, &id).await;
        let name = row.tokens.fingerprint().unwrap();
        assert_eq!(told, HashSet::from([format!("2 {name}")]), "{id}");
    }
    let verdict = judge(&scene, &vault, Rules::after(&[])).await;
    assert_eq!(verdict.faults, [""; 0]);
}
