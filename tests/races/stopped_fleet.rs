//! A fleet that stands still while another one goes through all its rows, and then goes on.

use std::time::Duration;

use tokenturn_sandbox::{Calls, Fault};
use tokenturn_tests::crash::{PATIENCE, Process, Rules, Scene, Shares, judge};
use tokenturn_tests::postgres::Cluster;

use crate::{on_both, worker};

on_both!(
    a_fleet_of_github_that_stood_still_loses_nothing,
    a_fleet_of_ohmygpt_that_stood_still_loses_nothing,
);

const TOKENS: usize = 400;

async fn a_fleet_of_github_that_stood_still_loses_nothing(cluster: Option<&Cluster>) {
    let shares = Shares {
        github: TOKENS,
        ohmygpt: 0,
    };
    stands_still(Scene::new(cluster, shares).await).await;
}

async fn a_fleet_of_ohmygpt_that_stood_still_loses_nothing(cluster: Option<&Cluster>) {
    let shares = Shares {
        github: 0,
        ohmygpt: TOKENS,
    };
    stands_still(Scene::new(cluster, shares).await).await;
}

async fn stands_still(mut scene: Scene) {
    scene.lease = Duration::from_secs(1);
    let calls = scene.concurrency;
    // All calls are under way together, so that it stands still with none of them saved.
    let slow = Fault::Slow(Duration::from_secs(5));
    scene
        .sandbox
        .add_fault(slow, Calls::Next(u32::try_from(calls).unwrap()));

    let mut late = scene.start(worker(), &["rotate", "--all"]);
    scene.until_replaced(calls, &mut late).await;
    late.stop().await;
    let done = scene.sandbox.replacements();
    assert!(
        done.iter().all(|done| done.answered.is_none()),
        "it took too long"
    );

    finishes(scene.start(worker(), &["rotate", "--all"])).await;
    let vault = scene.open().await;
    let between = judge(&scene, &vault, Rules::after(&[])).await;
    // Nobody else can know what the first one was answered.
    assert_eq!(between.lost + between.again, calls);

    late.go_on().await;
    finishes(late).await;
    let rules = Rules {
        // The other fleet's, and those that settle which of both was the last.
        repeats: 2 * between.again,
        ..Rules::after(&[])
    };
    let verdict = judge(&scene, &vault, rules).await;
    assert_eq!(verdict.faults, [""; 0]);
    assert_eq!((verdict.replaced, verdict.lost), (TOKENS, 0));
}

async fn finishes(mut process: Process) {
    let (lines, status) = process.finish(PATIENCE).await;
    assert!(status.success(), "{lines:?}");
}
