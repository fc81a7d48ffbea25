//! The whole proof, and what it says in a table.

use std::path::Path;
use std::time::{Duration, Instant};

use super::application::{Application, Handed};
use super::deliveries::{RUNS, kill_and_deliver};
use super::judge::{Rules, Verdict, judge};
use super::kills::{Plan, kill_and_finish};
use super::scene::{Scene, Shares};
use crate::postgres::Cluster;

/// One proof.
#[derive(Debug)]
pub struct Tally {
    engine: &'static str,
    plan: Plan,
    tokens: usize,
    time: Duration,
    verdict: Verdict,
    handed: Option<Handed>,
}

/// Kills `program` as often as the plan says over a fleet of so many tokens, and judges the end.
pub async fn run(program: &Path, cluster: Option<&Cluster>, tokens: usize, plan: Plan) -> Tally {
    let began = Instant::now();
    let scene = Scene::new(cluster, Shares::of(tokens)).await;
    let kills = kill_and_finish(&scene, program, plan, &["rotate", "--all"]).await;
    let verdict = judge(&scene, &scene.open().await, Rules::after(&kills)).await;
    Tally {
        engine: cluster.map_or("SQLite", Cluster::engine),
        plan,
        tokens,
        time: began.elapsed(),
        verdict,
        handed: None,
    }
}

/// The same, and an application is handed each new token, which is judged, too, by what it holds.
pub async fn run_delivering(
    program: &Path,
    cluster: Option<&Cluster>,
    tokens: usize,
    plan: Plan,
) -> Tally {
    let began = Instant::now();
    let mut scene = Scene::new(cluster, Shares::of(tokens)).await;
    // So many commands run together.
    scene.concurrency = 16;
    let application = Application::new(&scene);
    let kills = kill_and_deliver(&scene, program, plan, &application).await;
    let vault = scene.open().await;
    let rules = Rules {
        runs: RUNS,
        ..Rules::after(&kills)
    };
    let verdict = judge(&scene, &vault, rules).await;
    Tally {
        engine: cluster.map_or("SQLite", Cluster::engine),
        plan,
        tokens,
        time: began.elapsed(),
        verdict,
        handed: Some(application.judge(&scene, &vault).await),
    }
}

impl Tally {
    /// What must not be, of which nothing is there when the proof holds.
    pub fn faults(&self) -> Vec<String> {
        let Self { verdict, plan, .. } = self;
        let mut faults = verdict.faults.clone();
        if let Some(handed) = &self.handed {
            faults.extend_from_slice(&handed.faults);
        }
        // Kills that hit nothing prove nothing.
        if plan.kills > 0 && verdict.in_flight < plan.kills {
            faults.push(format!(
                "only {} rotations were cut short",
                verdict.in_flight
            ));
        }
        // There is a report, and kills leave much of it.
        if 4 * verdict.told < self.tokens {
            faults.push(format!("only {} tokens were told of", verdict.told));
        }
        faults
    }
}

/// The proofs, a line for each, and what the columns are.
pub fn table(tallies: &[Tally]) -> String {
    let mut text = format!(
        "{:<10} {:>5} {:>6} {:>8} {:>8} {:>9} {:>4} {:>5} {:>4} {:>8} {:>9} {:>5} {:>7}  verdict\n",
        "engine",
        "kills",
        "tokens",
        "replaced",
        "cut off",
        "recovered",
        "lost",
        "again",
        "most",
        "distance",
        "handed on",
        "held",
        "time",
    );
    for tally in tallies {
        let Tally {
            engine,
            plan,
            tokens,
            time,
            verdict,
            handed,
        } = tally;
        let of_handed = |count: fn(&Handed) -> usize| {
            let count = handed.as_ref().map(count);
            count.map_or_else(|| "-".to_owned(), |count| count.to_string())
        };
        let faults = tally.faults();
        let word = match faults.len() {
            0 => "holds".into(),
            count => format!("BROKEN: {count} faults, seed {}", plan.seed),
        };
        let recovered = verdict.in_flight.saturating_sub(verdict.lost);
        text += &format!(
            "{engine:<10} {:>5} {tokens:>6} {:>8} {:>8} {recovered:>9} {:>4} {:>5} {:>4} {:>5} ms {:>9} {:>5} {:>5.1} s  {word}\n",
            plan.kills,
            verdict.replaced,
            verdict.in_flight,
            verdict.lost,
            verdict.again,
            verdict.most,
            verdict.distance.as_millis(),
            of_handed(|handed| handed.calls),
            of_handed(|handed| handed.held),
            time.as_secs_f64(),
        );
        for fault in faults.iter().take(20) {
            text += &format!("    {fault}\n");
        }
    }
    text + "cut off: claimed and not settled at a kill; lost: replaced at GitHub while the process died, and\n\
         the answer with it; again: replaced once more at OhMyGPT; most: lost by one kill; distance: the\n\
         longest time between a lost replacement and its kill; handed on: how often an application was given\n\
         a token, by several at a time; held: the tokens that it has then\n"
}
