//! A database that goes away while a fleet is replaced.

use tokenturn_tests::crash::{PATIENCE, Process, Rules, Scene, Shares, judge};
use tokenturn_tests::postgres::Cluster;
use tokio::task::block_in_place;

use super::{AWAY, worker};

const TOKENS: usize = 1_500;
const CUTS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_connections_are_cut() {
    if let Some(cluster) = Cluster::find() {
        is_cut(cluster).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_connections_of_a_pooler_are_cut() {
    if let Some(cluster) = Cluster::find_pooled() {
        is_cut(cluster).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_server_is_killed() {
    if let Some(cluster) = Cluster::find() {
        is_away(cluster, Cluster::kill, Cluster::restart).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_server_behind_a_pooler_is_killed() {
    // It keeps questions for two minutes unless told otherwise.
    let settings = "pool_mode = transaction\nquery_wait_timeout = 5";
    if let Some(cluster) = Cluster::pooled(settings) {
        is_away(cluster, Cluster::kill, Cluster::restart).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_a_pooler_is_killed() {
    if let Some(cluster) = Cluster::find_pooled() {
        let kill = |cluster: &mut Cluster| cluster.kill_pooler();
        is_away(cluster, kill, |cluster| cluster.start_pooler()).await;
    }
}

async fn is_cut(cluster: Cluster) {
    let (scene, mut process) = fleet(&cluster).await;
    for number in 1..=CUTS {
        // Early enough that it is not through before somebody gets to it.
        let share = number * TOKENS / 2 / CUTS;
        scene.until_replaced(share, &mut process).await;
        block_in_place(|| cluster.cut_connections());
    }
    goes_on(scene, process).await;
}

async fn is_away(mut cluster: Cluster, kill: fn(&mut Cluster), restart: fn(&mut Cluster)) {
    let (scene, mut process) = fleet(&cluster).await;
    for share in [TOKENS / 6, TOKENS / 3] {
        scene.until_replaced(share, &mut process).await;
        block_in_place(|| kill(&mut cluster));
        // It is away until the fleet has noticed, and longer.
        let before = scene.count_said(AWAY);
        scene.until_said(AWAY, before + 2).await;
        assert!(!process.has_ended(), "{}", scene.last_said());
        block_in_place(|| restart(&mut cluster));
    }
    goes_on(scene, process).await;
}

async fn fleet(cluster: &Cluster) -> (Scene, Process) {
    let scene = Scene::new(Some(cluster), Shares::of(TOKENS)).await;
    let process = scene.start(worker(), &["rotate", "--all"]);
    (scene, process)
}

/// The process has not died, so every answer was kept until it was saved.
async fn goes_on(scene: Scene, mut process: Process) {
    let (lines, status) = process.finish(PATIENCE).await;
    assert!(status.success(), "{lines:?}");
    let verdict = judge(&scene, &scene.open().await, Rules::after(&[])).await;
    assert_eq!(verdict.faults, [""; 0], "{}", scene.last_said());
    assert_eq!((verdict.replaced, verdict.lost), (TOKENS, 0));
}
