//! Many who hand on the same tokens, while they are replaced.

use std::fs;
use std::time::Duration;

use tokenturn_tests::crash::{Application, PATIENCE, Process, Rules, Scene, Shares, judge, until};
use tokenturn_tests::postgres::Cluster;
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};

use super::{on_all, row, worker};

on_all!(
    several_that_hand_on_take_turns,
    a_token_that_is_replaced_while_it_is_handed_on_is_followed_by_the_new_one,
    whoever_stood_still_ends_no_delivery_of_another,
);

const TOKENS: usize = 48;
const ID: &str = "github-000000";

/// All wait with a token that is replaced meanwhile.
async fn several_that_hand_on_take_turns(cluster: Option<&Cluster>) {
    let mut scene = Scene::new(cluster, Shares::of(TOKENS)).await;
    scene.concurrency = 8;
    let application = Application::new(&scene);
    let refuses = ["--deliver", "exit 1", "--deliver-within", "0ms"];
    let process = scene.start(worker(), &[&["rotate", "--all"][..], &refuses].concat());
    finishes(process).await;
    block_in_place(|| scene.place.wait_for_deliveries());

    let line = application.line();
    let fleet = |more: &[&str]| {
        let rotate = ["rotate", "--all", "--deliver", &line];
        scene.start(worker(), &[&rotate, more].concat())
    };
    let deliver = || Process::start(scene.deliverer(worker(), &line), &scene.said());
    let processes = [deliver(), deliver(), fleet(&["--new-run"]), fleet(&[])];
    for process in processes {
        finishes(process).await;
    }
    holds_what_lives(&scene, &application, TOKENS).await;
}

async fn a_token_that_is_replaced_while_it_is_handed_on_is_followed_by_the_new_one(
    cluster: Option<&Cluster>,
) {
    let (scene, application) = scene(cluster).await;
    let line = application.line();
    let rotate = ["rotate", "--all", "--deliver", &line];
    let hold = application.hold(ID);
    let first = scene.start(worker(), &rotate);
    begins(&application, "begin 2").await;
    let second = scene.start(worker(), &[&rotate[..], &["--new-run"]].concat());
    is_replaced(&scene, 3).await;
    fs::remove_file(hold).unwrap();
    finishes(first).await;
    finishes(second).await;
    let story = application.story(ID);
    assert_eq!(story[..3], ["begin 2", "end 2", "begin 3"]);
    holds_what_lives(&scene, &application, 1).await;
}

/// Its claim is over, and somebody else has the row.
async fn whoever_stood_still_ends_no_delivery_of_another(cluster: Option<&Cluster>) {
    let (scene, application) = scene(cluster).await;
    let line = application.line();
    let rotate = ["rotate", "--all", "--deliver", &line];
    let hold = application.hold(ID);
    let briefly = ["--deliver-within", "0ms"];
    let mut late = scene.start(worker(), &[&rotate[..], &briefly].concat());
    begins(&application, "begin 2").await;
    late.stop().await;
    fs::remove_file(hold).unwrap();
    begins(&application, "end 2").await;

    let hold = application.hold(ID);
    let second = scene.start(worker(), &[&rotate[..], &["--new-run"]].concat());
    is_replaced(&scene, 3).await;
    block_in_place(|| scene.place.wait_for_deliveries());
    begins(&application, "begin 3").await;
    late.go_on().await;
    until("it has gone on", PATIENCE, || {
        late.has_ended() || application.story(ID).len() > 3
    })
    .await;
    fs::remove_file(hold).unwrap();
    finishes(second).await;
    holds_what_lives(&scene, &application, 1).await;
}

async fn scene(cluster: Option<&Cluster>) -> (Scene, Application) {
    let shares = Shares {
        github: 1,
        ohmygpt: 0,
    };
    let scene = Scene::new(cluster, shares).await;
    let application = Application::new(&scene);
    (scene, application)
}

/// The last thing that it has done.
async fn begins(application: &Application, what: &str) {
    let does = || {
        application
            .story(ID)
            .last()
            .is_some_and(|last| last == what)
    };
    until(what, PATIENCE, does).await;
}

async fn is_replaced(scene: &Scene, generation: u64) {
    let vault = scene.open().await;
    let replaced = async {
        while row(&vault, ID).await.generation < generation {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let replaced = timeout(PATIENCE, replaced).await;
    replaced.expect("it is replaced");
}

async fn finishes(mut process: Process) {
    let (lines, status) = process.finish(PATIENCE).await;
    assert!(status.success(), "{lines:?}");
}

async fn holds_what_lives(scene: &Scene, application: &Application, tokens: usize) {
    let vault = scene.open().await;
    let rules = Rules {
        runs: 3,
        ..Rules::after(&[])
    };
    assert_eq!(judge(scene, &vault, rules).await.faults, [""; 0]);
    let handed = application.judge(scene, &vault).await;
    assert_eq!(handed.faults, [""; 0], "{}", scene.last_said());
    assert_eq!(handed.held, tokens);
}
