//! A fleet that stands still while another one goes through all its rows, and then goes on.

use std::time::Duration;

use tokenturn_tests::crash::{Gate, PATIENCE, Point, Process, Rules, Scene, Shares, judge};
use tokenturn_tests::postgres::Cluster;
use tokenturn_vault::{Filter, State, Vault};
use tokio::time::{sleep, timeout};

use super::{on_all, worker};

on_all!(
    a_fleet_of_github_that_stood_still_loses_nothing,
    a_fleet_of_ohmygpt_that_stood_still_loses_nothing,
);

const TOKENS: usize = 400;
/// The other calls with this method only ask.
const ROTATION: &str = "POST /api/v1/user/oauth/app/rotate-user-admin-token";
/// A fleet claims so many rows for each call that it makes at a time.
const AHEAD: usize = 2;

async fn a_fleet_of_github_that_stood_still_loses_nothing(cluster: Option<&Cluster>) {
    let shares = Shares {
        github: TOKENS,
        ohmygpt: 0,
    };
    stands_still(Scene::gated(cluster, shares).await, "PATCH").await;
}

async fn a_fleet_of_ohmygpt_that_stood_still_loses_nothing(cluster: Option<&Cluster>) {
    let shares = Shares {
        github: 0,
        ohmygpt: TOKENS,
    };
    stands_still(Scene::gated(cluster, shares).await, ROTATION).await;
}

async fn stands_still((mut scene, gate): (Scene, Gate), rotation: &'static str) {
    scene.lease = Duration::from_secs(1);
    // Six sockets for each call, in four such tests at a time.
    scene.concurrency = 16;
    let calls = scene.concurrency;
    // The first two go alone.
    let canaries = [(); 2].map(|()| gate.hold(rotation, Point::Answer));
    // All calls are under way together, so that it stands still with none of them saved.
    let held: Vec<_> = (0..calls)
        .map(|_| gate.hold(rotation, Point::Answer))
        .collect();
    let late = scene.start(worker(), &["rotate", "--all"]);
    for canary in canaries {
        canary.pass().await;
    }
    for call in &held {
        call.is_there().await;
    }
    let vault = scene.open().await;
    // It waits for nothing but the answers then, so it stands still in no transaction.
    let claimed = async {
        while rotating(&vault).await < AHEAD * calls {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, claimed).await.expect("it claims them");
    late.stop().await;

    finishes(scene.start(worker(), &["rotate", "--all"])).await;
    let between = judge(&scene, &vault, Rules::after(&[])).await;
    // Nobody else can know what the first one was answered.
    assert_eq!(between.lost + between.again, calls);

    for call in held {
        call.release().await;
    }
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

async fn rotating(vault: &Vault) -> usize {
    let rotating = Filter::new().state(State::Rotating);
    vault.count(&rotating).await.unwrap().try_into().unwrap()
}

async fn finishes(mut process: Process) {
    let (lines, status) = process.finish(PATIENCE).await;
    assert!(status.success(), "{lines:?}");
}
