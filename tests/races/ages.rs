//! Sixteen processes that ask for the same tokens while these age, die and are refreshed.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::join_all;
use futures_util::stream;
use tokenturn::Secret;
use tokenturn_tests::crash::{PATIENCE, Process, Scene};
use tokenturn_tests::postgres::Cluster;
use tokenturn_vault::{Entry, Filter, State, StoreError, Tokens};

use super::worker;

const PROCESSES: usize = 16;
const TOKENS: usize = 200;
const LIVES: usize = 10;
/// A token lives so long at the provider, and is refreshed when less than this is left.
const LIFE: Duration = Duration::from_secs(8);
const FRESH_FOR: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_keep_tokens_alive_in_sqlite() {
    ages(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_keep_tokens_alive_in_postgres() {
    // Its own server: sixteen processes take most of the connections.
    if let Some(cluster) = Cluster::find() {
        ages(Some(&cluster)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_kept_alive_in_sqlite_while_processes_are_killed() {
    kills(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_kept_alive_in_postgres_while_processes_are_killed() {
    if let Some(cluster) = Cluster::find() {
        kills(Some(&cluster)).await;
    }
}

async fn ages(cluster: Option<&Cluster>) {
    let mut scene = scene(cluster).await;
    // No call is taken for dead, however slow the host is.
    scene.lease = PATIENCE;
    let mut processes: Vec<Process> = (0..PROCESSES).map(|_| start(&scene)).collect();
    let told = processes.iter_mut().map(|process| process.finish(PATIENCE));
    let mut lines = Vec::new();
    for (told, status) in join_all(told).await {
        assert!(status.success(), "{}", scene.last_said());
        lines.extend(told);
    }
    let failed: Vec<_> = lines
        .iter()
        .filter(|line| line.contains(" error "))
        .collect();
    assert_eq!(failed, [""; 0]);
    let lost = judge(&scene, &lines);
    assert_eq!(lost, HashSet::new());
    // Nobody has used one twice, nor was sent to sign in.
    assert_eq!(scene.sandbox.refused_refreshes(), 0);
    let vault = scene.open().await;
    let active = Filter::new().state(State::Active);
    assert_eq!(vault.count(&active).await.unwrap(), TOKENS as u64);
}

/// Every second one of the processes is killed, and another one takes its place.
async fn kills(cluster: Option<&Cluster>) {
    let mut scene = scene(cluster).await;
    scene.lease = Duration::from_secs(5);
    let mut processes: Vec<Process> = (0..PROCESSES).map(|_| start(&scene)).collect();
    let (mut lines, mut killed) = (Vec::new(), 0);
    let least = TOKENS * LIVES / 2;
    while scene.sandbox.refresh_count() < least {
        let next = Instant::now() + Duration::from_secs(1);
        // Whoever is not read stands still.
        let reading = processes
            .iter_mut()
            .map(|process| lines_until(process, next));
        lines.extend(join_all(reading).await.into_iter().flatten());
        let number = fastrand::usize(..PROCESSES);
        processes[number].kill().await;
        killed += 1;
        lines.extend(processes[number].finish(PATIENCE).await.0);
        processes[number] = start(&scene);
    }
    for (told, status) in join_all(processes.iter_mut().map(|p| p.finish(PATIENCE))).await {
        assert!(status.success(), "{}", scene.last_said());
        lines.extend(told);
    }
    let lost = judge(&scene, &lines);
    // What may be lost is what was on the wire.
    assert!(
        lost.len() <= killed * scene.concurrency,
        "{lost:?} {killed}"
    );
    let vault = scene.open().await;
    let active = Filter::new().state(State::Active);
    let active = vault.count(&active).await.unwrap();
    assert_eq!(active as usize, TOKENS - lost.len());
    // Of each row that is lost, somebody has asked whether its refresh token still works: more than one where
    // they were killed over it.
    let refused = scene.sandbox.refused_refreshes();
    let most = lost.len() + killed * scene.concurrency;
    assert!(
        (lost.len()..=most).contains(&refused),
        "{refused} {}",
        lost.len()
    );
}

async fn lines_until(process: &mut Process, time: Instant) -> Vec<String> {
    let mut lines = Vec::new();
    let time = tokio::time::Instant::from_std(time);
    while let Ok(Some(line)) = tokio::time::timeout_at(time, process.line()).await {
        lines.push(line);
    }
    tokio::time::sleep_until(time).await;
    lines
}

fn start(scene: &Scene) -> Process {
    let lives = LIVES.to_string();
    let mut command = scene.command(worker(), &["ask", &lives]);
    let millis = FRESH_FOR.as_millis();
    command.args(["--fresh-for", &format!("{millis}ms")]);
    Process::start(command, &scene.said())
}

async fn scene(cluster: Option<&Cluster>) -> Scene {
    let mut scene = Scene::crowded(cluster).await;
    scene.concurrency = 16;
    scene.leave_alone = Duration::from_millis(500);
    scene.sandbox.set_lifetimes(LIFE, 1000 * LIFE);
    let app = scene.clients()[0].app();
    let new = scene.sandbox.new_expiring_github_tokens(TOKENS);
    let entries = (0..).zip(new).map(|(number, new)| {
        let mut tokens = Tokens::github(new.token);
        tokens.expires_at = Some(new.expires_at.parse().unwrap());
        tokens.refresh_token = Some(new.refresh_token.into());
        Ok::<_, StoreError>(Entry::new(format!("{number:03}"), app.clone(), tokens))
    });
    let entries: Vec<_> = entries.collect();
    let vault = scene.open().await;
    vault.import(stream::iter(entries)).await.unwrap();
    scene
}

/// Every token was valid when it was asked for, or came later. Returns the rows that are lost.
fn judge(scene: &Scene, lines: &[String]) -> HashSet<String> {
    let (now, by_host) = (Instant::now(), SystemTime::now());
    let millis = |at: Instant| {
        let at = by_host - now.duration_since(at);
        at.duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_millis()
    };
    let name = |token: &str| Secret::new(token).fingerprint().to_string();
    // When each token died, if it did before its end.
    let (mut ends, mut deaths) = (HashMap::new(), HashMap::new());
    let refreshes = scene.sandbox.refreshes();
    for refresh in &refreshes {
        let at = millis(refresh.at);
        deaths.insert(name(&refresh.old), at);
        ends.insert(name(&refresh.new), at + LIFE.as_millis());
    }
    let used: HashSet<_> = refreshes
        .iter()
        .map(|refresh| &refresh.old_refresh_token)
        .collect();
    assert_eq!(used.len(), refreshes.len(), "each once");
    let (mut lost, mut generations) = (HashSet::new(), HashMap::new());
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let id = words[0].to_owned();
        match (
            words[1],
            words.get(2).and_then(|asked| asked.parse::<u128>().ok()),
        ) {
            ("lost", _) => drop(lost.insert(id)),
            ("error", _) => {}
            (token, Some(asked)) => {
                let end = ends.get(token).copied().unwrap_or(u128::MAX);
                let died = deaths.get(token).copied().unwrap_or(u128::MAX);
                // An answer's date has whole seconds, and this clock milliseconds.
                assert!(asked <= end.min(died) + 1, "{line}: {end} {died}");
                let generation: usize = words[3].parse().unwrap();
                let last = generations.entry(id).or_insert(0);
                *last = generation.max(*last);
            }
            _ => panic!("{line}"),
        }
    }
    for (id, generation) in &generations {
        assert!(
            lost.contains(id) || *generation > LIVES,
            "{id} {generation}"
        );
    }
    let known: HashSet<_> = generations.keys().chain(&lost).collect();
    assert_eq!(known.len(), TOKENS);
    lost
}
