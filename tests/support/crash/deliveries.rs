//! Killing whoever hands tokens on, again and again.

use std::path::Path;

use fastrand::Rng;
use tokio::task::block_in_place;
use tokio::time::sleep;

use super::application::Application;
use super::kills::{DELAY, Kill, Plan};
use super::process::{PATIENCE, Process};
use super::scene::Scene;

/// How often the fleet is replaced at most: by the run that is killed, by two that work together, and
/// each may begin one of its own, and by the last.
pub(super) const RUNS: usize = 4;

/// Starts `program` over the whole fleet, with another one that hands on what it has left, kills both,
/// and so on. Then several hand on at the same time, while everything is replaced anew; at last a run
/// is left alone.
///
/// # Panics
///
/// When the program ends before it is killed, or does not end at last.
pub(super) async fn kill_and_deliver(
    scene: &Scene,
    program: &Path,
    plan: Plan,
    application: &Application,
) -> Vec<Kill> {
    let mut rng = Rng::with_seed(plan.seed);
    let (tokens, line) = (scene.stock.len(), application.line());
    let rotate = ["rotate", "--all", "--deliver", &line];
    let start = |more: &[&str]| scene.start(program, &[&rotate, more].concat());
    let deliver = || Process::start(scene.deliverer(program, &line), &scene.said());
    let mut kills = Vec::new();
    for number in 1..=plan.kills {
        let (mut fleet, mut other) = (start(&[]), deliver());
        let share = number * tokens / 2 / plan.kills;
        scene.until_replaced(share, &mut fleet).await;
        sleep(DELAY.mul_f64(rng.f64())).await;
        assert!(
            !fleet.has_ended(),
            "it ended before kill {number}: {}",
            scene.last_said()
        );
        // What the fleet has claimed is read from a copy of the file, which nobody may write to meanwhile.
        other.kill().await;
        kills.push(scene.kill(&mut fleet).await);
        // Their commands go on, or are killed, too.
        application.settle(number % 2 == 0).await;
        block_in_place(|| scene.place.wait_for_deliveries());
    }
    // What the killed ones have left is handed on while it is replaced.
    for process in [deliver(), start(&["--new-run"]), start(&[])] {
        ends(scene, process).await;
    }
    ends(scene, start(&[])).await;
    ends(scene, deliver()).await;
    kills
}

/// What it thinks of lost tokens shows in its status, and is judged by somebody else.
async fn ends(scene: &Scene, mut process: Process) {
    let (lines, status) = process.finish(PATIENCE).await;
    let said = scene.last_said();
    assert!(status.code().is_some(), "{status}, {lines:?}, {said}");
}
