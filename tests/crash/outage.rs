//! A database that goes away while a fleet is replaced.

use std::time::Duration;

use tokenturn_tests::crash::{Application, PATIENCE, Process, Rules, Scene, Shares, judge, until};
use tokenturn_tests::postgres::Cluster;
use tokenturn_vault::{Filter, State};
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};

use super::{AWAY, worker};

const KEPT: &str = "waits to be stored";
const TOKENS: usize = 1_500;
const CUTS: usize = 5;
/// Each is handed on, by a process of its own.
const HANDED_ON: usize = 300;

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

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_on_is_right_when_the_server_was_away() {
    if let Some(cluster) = Cluster::find() {
        hands_on(cluster, Cluster::kill, Cluster::restart).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_on_is_right_when_a_pooler_was_away() {
    if let Some(cluster) = Cluster::find_pooled() {
        let kill = |cluster: &mut Cluster| cluster.kill_pooler();
        hands_on(cluster, kill, |cluster| cluster.start_pooler()).await;
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
    goes_on(&scene, process, TOKENS).await;
}

async fn is_away(mut cluster: Cluster, kill: fn(&mut Cluster), restart: fn(&mut Cluster)) {
    let (scene, mut process) = fleet(&cluster).await;
    for share in [TOKENS / 6, TOKENS / 3] {
        scene.until_replaced(share, &mut process).await;
        block_in_place(|| kill(&mut cluster));
        // It is away until the fleet has noticed, and longer.
        notices(&scene).await;
        sleep(Duration::from_millis(300)).await;
        assert!(!process.has_ended(), "{}", scene.last_said());
        block_in_place(|| restart(&mut cluster));
    }
    goes_on(&scene, process, TOKENS).await;
}

async fn hands_on(mut cluster: Cluster, kill: fn(&mut Cluster), restart: fn(&mut Cluster)) {
    let mut scene = Scene::new(Some(&cluster), Shares::of(HANDED_ON)).await;
    scene.concurrency = 16;
    let application = Application::new(&scene);
    let line = application.line();
    let mut process = scene.start(worker(), &["rotate", "--all", "--deliver", &line]);
    for share in [HANDED_ON / 5, HANDED_ON / 4] {
        scene.until_replaced(share, &mut process).await;
        block_in_place(|| cluster.cut_connections());
    }
    scene.until_replaced(HANDED_ON / 3, &mut process).await;
    block_in_place(|| kill(&mut cluster));
    notices(&scene).await;
    block_in_place(|| restart(&mut cluster));
    scene.until_replaced(HANDED_ON, &mut process).await;
    let vault = scene.open().await;
    let saved = async {
        let active = Filter::new().state(State::Active);
        while vault.count(&active).await.ok() != Some(HANDED_ON as u64) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, saved).await.expect("all are saved");

    // A delivery whose claim was made, and not answered, is made when that claim is over.
    process.kill().await;
    application.settle(false).await;
    block_in_place(|| scene.place.wait_for_deliveries());
    let deliverer = scene.deliverer(worker(), &line);
    goes_on(&scene, Process::start(deliverer, &scene.said()), HANDED_ON).await;
    let handed = application.judge(&scene, &vault).await;
    assert_eq!(handed.faults, [""; 0], "{}", scene.last_said());
    assert_eq!(handed.held, HANDED_ON);
}

/// Waits until it is said once more that the vault is away: by who claims rows, or else by those who have
/// outcomes to store.
async fn notices(scene: &Scene) {
    let said = || [AWAY, KEPT].map(|words| scene.count_said(words));
    let before = said();
    until("it is noticed", PATIENCE, || said() != before).await;
}

async fn fleet(cluster: &Cluster) -> (Scene, Process) {
    let scene = Scene::new(Some(cluster), Shares::of(TOKENS)).await;
    let process = scene.start(worker(), &["rotate", "--all"]);
    (scene, process)
}

/// The process has not died, so every answer was kept until it was saved.
async fn goes_on(scene: &Scene, mut process: Process, tokens: usize) {
    let (lines, status) = process.finish(PATIENCE).await;
    assert!(status.success(), "{lines:?}");
    let verdict = judge(scene, &scene.open().await, Rules::after(&[])).await;
    assert_eq!(verdict.faults, [""; 0], "{}", scene.last_said());
    assert_eq!((verdict.replaced, verdict.lost), (tokens, 0));
}
