//! Killing whoever replaces the tokens of a fleet, again and again.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tokenturn_vault::{Filter, State};
use tokio::time::sleep;

use super::process::{PATIENCE, Process};
use super::scene::Scene;

/// A kill comes so late at most after the progress that it waits for.
pub(super) const DELAY: Duration = Duration::from_millis(20);

/// How often, and at which moments.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often.
    pub kills: usize,
    /// Two plans with the same seed have the same delays.
    pub seed: u64,
}

impl Plan {
    /// At random moments.
    pub fn new(kills: usize) -> Self {
        let seed = fastrand::u64(..);
        Self { kills, seed }
    }
}

/// The end of a process.
#[derive(Debug)]
pub struct Kill {
    /// When the process was started.
    pub started: Instant,
    /// Just before the signal was sent.
    pub at: Instant,
    /// When it was gone.
    pub gone: Instant,
    /// The rows that it had claimed and not settled, as far as is durable.
    pub in_flight: HashSet<String>,
}

/// Starts `program` over the whole fleet, kills it, and so on; at last lets it come to its end.
///
/// The kills are spread over the first half of the fleet: each waits until the log has grown by its
/// share. The other half is there so that no process is through before it is killed, also where the
/// machine lets the one who kills it wait.
///
/// # Panics
///
/// When the program ends before it is killed, or does not end at last.
pub async fn kill_and_finish(
    scene: &Scene,
    program: &Path,
    plan: Plan,
    words: &[&str],
) -> Vec<Kill> {
    let mut rng = Rng::with_seed(plan.seed);
    let tokens = scene.stock.len();
    assert!(
        tokens >= 10 * plan.kills,
        "so few tokens are replaced before the last kill"
    );
    let mut kills = Vec::new();
    for number in 1..=plan.kills {
        let mut process = scene.start(program, words);
        let share = number * tokens / 2 / plan.kills;
        scene.until_replaced(share, &mut process).await;
        sleep(DELAY.mul_f64(rng.f64())).await;
        assert!(
            !process.has_ended(),
            "it ended before kill {number}: {}",
            scene.last_said()
        );
        kills.push(scene.kill(&mut process).await);
    }
    let mut process = scene.start(program, words);
    let (lines, status) = process.finish(PATIENCE).await;
    // What it thinks of lost tokens shows in its status, and is judged by somebody else.
    assert!(
        status.code().is_some(),
        "{status}, {lines:?}, {}",
        scene.last_said()
    );
    kills
}

impl Scene {
    /// Kills a process, and sees what it leaves behind.
    pub async fn kill(&self, process: &mut Process) -> Kill {
        let at = Instant::now();
        process.kill().await;
        let gone = Instant::now();
        Kill {
            started: process.started(),
            at,
            gone,
            in_flight: in_flight(self, process.id()).await,
        }
    }
}

/// The rows that a process has claimed and not settled.
async fn in_flight(scene: &Scene, process: u32) -> HashSet<String> {
    let (vault, _folder) = scene.place.look(&scene.key).await;
    let mut rows = vault.list(Filter::new().state(State::Rotating));
    let owner = format!("process {process}");
    let mut ids = HashSet::new();
    while let Some(row) = rows.next().await {
        let row = row.unwrap();
        if row.progress.owner.as_ref() == Some(&owner) {
            ids.insert(row.id);
        }
    }
    ids
}
