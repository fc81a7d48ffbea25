//! Clocks that are put forward or back by an hour, in the midst of a run and between two.
//!
//! A vault in SQLite goes by the clock of the host, which Debian's `faketime` turns for the worker
//! alone. One in PostgreSQL goes by the server's: there, what is stored is turned instead.

use std::fs;
use std::path::{Path, PathBuf};

use tokenturn_tests::crash::{PATIENCE, Process, Rules, Scene, Shares, judge};
use tokenturn_tests::postgres::Cluster;
use tokenturn_tests::skip;
use tokio::task::block_in_place;

use super::worker;

const TOKENS: usize = 1_000;
/// As many of each provider: neither is through with its own before the process is killed, however fast they are.
const SHARES: Shares = Shares {
    github: TOKENS / 2,
    ohmygpt: TOKENS / 2,
};
/// Much longer than [`PATIENCE`]: what waits for the clock does not end in time.
const HOUR: i64 = 3600;

#[tokio::test(flavor = "multi_thread")]
async fn a_host_clock_that_is_put_forward_holds_nothing_up() {
    host(HOUR).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_clock_that_is_put_back_holds_nothing_up() {
    host(-HOUR).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_clock_that_is_put_forward_holds_nothing_up() {
    server(HOUR).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_clock_that_is_put_back_holds_nothing_up() {
    server(-HOUR).await;
}

async fn host(jump: i64) {
    let Some(library) = library() else { return };
    let scene = Scene::new(None, SHARES).await;
    let stamp = scene.folder().join("clock");
    let turn = |seconds: i64| {
        // At once, for it is read again and again.
        fs::write(stamp.with_extension("new"), format!("{seconds:+}\n")).unwrap();
        fs::rename(stamp.with_extension("new"), &stamp).unwrap();
    };
    turn(0);
    let start = || {
        let mut command = scene.command(worker(), &["rotate", "--all"]);
        command
            .env("LD_PRELOAD", &library)
            .env("FAKETIME_TIMESTAMP_FILE", &stamp)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        Process::start(command, &scene.said())
    };
    survives(&scene, start, |number| turn(jump * number)).await;
}

async fn server(jump: i64) {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    let scene = Scene::new(Some(cluster), SHARES).await;
    let start = || scene.start(worker(), &["rotate", "--all"]);
    let turn = |_| {
        // As much as the clock goes forward, everything that is written lies further back.
        let millis = 1000 * jump;
        let statement = format!(
            "SET search_path = tokenturn; UPDATE token SET until = until - {millis}, \
             changed_at = changed_at - {millis}; UPDATE pace SET next = next - {millis}, \
             written = written - {millis}"
        );
        block_in_place(|| cluster.sql(&scene.place.to_string(), &statement));
    };
    survives(&scene, start, turn).await;
}

/// Turns the clock once while a process replaces tokens, and once more when it was killed.
async fn survives(scene: &Scene, start: impl Fn() -> Process, mut turn: impl FnMut(i64)) {
    let mut process = start();
    // Early enough that it is not through before somebody gets to it.
    scene.until_replaced(TOKENS / 6, &mut process).await;
    turn(1);
    scene.until_replaced(TOKENS / 3, &mut process).await;
    let kill = scene.kill(&mut process).await;
    turn(2);
    let (lines, status) = start().finish(PATIENCE).await;
    assert!(status.success(), "{lines:?} {}", scene.last_said());
    let rules = Rules {
        kills: &[kill],
        all: true,
        runs: 1,
        // Whoever is at work when the clock is put forward is taken for dead.
        repeats: scene.concurrency,
    };
    let verdict = judge(scene, &scene.open().await, rules).await;
    assert_eq!(verdict.faults, [""; 0], "{verdict:?}");
}

/// The library that turns the clock. `None`, and the test is skipped, where it is missing.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten();
    let found = folders
        .filter_map(|folder| Some(folder.ok()?.path().join("faketime/libfaketimeMT.so.1")))
        .find(|path: &PathBuf| Path::exists(path));
    if found.is_none() {
        skip("faketime is missing (Debian's faketime)");
    }
    found
}
