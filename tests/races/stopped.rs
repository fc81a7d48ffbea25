//! Owners who stand still for longer than their leases, and then go on.

use std::time::Duration;

use tokenturn_tests::crash::{Gate, Held, PATIENCE, Point, Process, Scene, Shares};
use tokenturn_tests::postgres::Cluster;
use tokenturn_vault::State;

use super::{is_alive, on_all, row, story, worker};

on_all!(
    a_late_answer_of_ohmygpt_is_refused,
    a_late_call_of_ohmygpt_is_made_good,
    a_late_call_of_github_harms_nothing,
    a_late_answer_of_github_is_no_loss,
    a_late_answer_of_github_settles_a_crossing,
);

const GITHUB: &str = "github-000000";
const OHMYGPT: &str = "ohmygpt-000000";

async fn scene(cluster: Option<&Cluster>) -> (Scene, Gate) {
    let shares = Shares {
        github: 1,
        ohmygpt: 1,
    };
    let (mut scene, gate) = Scene::gated(cluster, shares).await;
    // Whoever stands still has stood still for longer when the next one comes.
    scene.lease = Duration::from_millis(100);
    (scene, gate)
}

/// Begins to replace a token, and stands still at this point of the call.
async fn stopped(scene: &Scene, gate: &Gate, id: &str, point: Point) -> (Process, Held) {
    let method = if id == GITHUB { "PATCH" } else { "POST" };
    let call = gate.hold(method, point);
    let process = scene.start(worker(), &["rotate", "one", id]);
    call.is_there().await;
    process.stop().await;
    (process, call)
}

/// The last thing that a process says.
async fn says(mut process: Process) -> String {
    let (lines, _) = process.finish(PATIENCE).await;
    lines.into_iter().next_back().unwrap_or_default()
}

async fn does(scene: &Scene, verb: &str, id: &str) -> String {
    says(scene.start(worker(), &[verb, "one", id])).await
}

/// The provider has done the late owner's call first.
async fn a_late_answer_of_ohmygpt_is_refused(cluster: Option<&Cluster>) {
    let (scene, gate) = scene(cluster).await;
    let (late, call) = stopped(&scene, &gate, OHMYGPT, Point::Answer).await;
    late_call_of_ohmygpt(&scene, late, call).await;
}

/// The provider does the late owner's call last, so its token lives, and not the stored one.
async fn a_late_call_of_ohmygpt_is_made_good(cluster: Option<&Cluster>) {
    let (scene, gate) = scene(cluster).await;
    let (late, call) = stopped(&scene, &gate, OHMYGPT, Point::Request).await;
    late_call_of_ohmygpt(&scene, late, call).await;
}

async fn late_call_of_ohmygpt(scene: &Scene, late: Process, call: Held) {
    let said = does(scene, "rotate", OHMYGPT).await;
    assert!(said.starts_with("rotated active 2 "), "{said}");

    call.release().await;
    assert_eq!(scene.sandbox.replacement_count(), 2);
    late.go_on().await;
    let told = says(late).await;
    let (_, token) = said.rsplit_once(' ').unwrap();
    assert_eq!(told, format!("rotated unknown 2 {token}"), "not its own");
    let vault = scene.open().await;
    assert_eq!(
        story(&vault, OHMYGPT).await,
        ["put", "replaced", "superseded"]
    );

    let said = does(scene, "recover", OHMYGPT).await;
    assert!(said.starts_with("recovered active 3 "), "{said}");
    assert!(is_alive(scene, &row(&vault, OHMYGPT).await));
    assert_eq!(scene.sandbox.replacement_count(), 3);
}

async fn a_late_call_of_github_harms_nothing(cluster: Option<&Cluster>) {
    let (scene, gate) = scene(cluster).await;
    let (late, call) = stopped(&scene, &gate, GITHUB, Point::Request).await;

    let said = does(&scene, "rotate", GITHUB).await;
    assert!(said.starts_with("rotated active 2 "), "{said}");

    // It is told that there is no such token.
    call.release().await;
    late.go_on().await;
    assert_eq!(says(late).await, said, "it adopts its successor's");
    let vault = scene.open().await;
    assert!(is_alive(&scene, &row(&vault, GITHUB).await));
    assert_eq!(story(&vault, GITHUB).await, ["put", "replaced"]);
    assert_eq!(scene.sandbox.replacement_count(), 1);
}

async fn a_late_answer_of_github_is_no_loss(cluster: Option<&Cluster>) {
    let (scene, gate) = scene(cluster).await;
    let (late, call) = stopped(&scene, &gate, GITHUB, Point::Answer).await;

    let said = does(&scene, "rotate", GITHUB).await;
    assert!(said.starts_with("error: the new token"), "{said}");
    let vault = scene.open().await;
    assert_eq!(row(&vault, GITHUB).await.state(), State::Lost);

    call.release().await;
    comes_back(&scene, late).await;
}

/// The successor finds the old token valid, and then the late call is done before its own.
async fn a_late_answer_of_github_settles_a_crossing(cluster: Option<&Cluster>) {
    let (scene, gate) = scene(cluster).await;
    let (late, first) = stopped(&scene, &gate, GITHUB, Point::Request).await;

    let second = gate.hold("PATCH", Point::Request);
    let successor = scene.start(worker(), &["rotate", "one", GITHUB]);
    second.is_there().await;
    first.release().await;
    second.release().await;
    let said = says(successor).await;
    assert!(said.starts_with("error: the new token"), "{said}");

    comes_back(&scene, late).await;
}

/// A lost token is found again by whoever has it.
async fn comes_back(scene: &Scene, late: Process) {
    late.go_on().await;
    let told = says(late).await;
    assert!(told.starts_with("rotated active 2 "), "{told}");
    let vault = scene.open().await;
    let row = row(&vault, GITHUB).await;
    assert_eq!((row.state(), row.generation), (State::Active, 2));
    assert!(is_alive(scene, &row));
    assert_eq!(story(&vault, GITHUB).await, ["put", "lost", "replaced"]);
    assert_eq!(scene.sandbox.replacement_count(), 1);
}
