//! Processes that are killed from outside.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// How long killed processes may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(600);

/// Kills the process whose number stands in a file, with its children, and waits until they are gone.
///
/// # Panics
///
/// When there is no such file.
pub(super) fn kill(pid_file: &str) {
    let content = fs::read_to_string(pid_file).expect("it runs");
    let server: u32 = content.lines().next().unwrap().parse().unwrap();
    // The server first: it would start others in the place of its children.
    let all: Vec<u32> = std::iter::once(server).chain(children(server)).collect();
    for pid in &all {
        // A child that is gone already has done no harm.
        let _ = Command::new("sh")
            .args(["-c", &format!("kill -KILL {pid}")])
            .output();
    }
    until("they are gone", || all.iter().all(|pid| is_gone(*pid)));
    // Where nobody collects the dead, their numbers are still taken.
    fs::remove_file(pid_file).unwrap();
}

pub(super) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The processes that a process has started.
fn children(parent: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").into_iter().flatten();
    let numbers = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers
        .filter(|pid| stat(*pid).is_some_and(|(_, of)| of == parent))
        .collect()
}

fn is_gone(pid: u32) -> bool {
    stat(pid).is_none_or(|(state, _)| state == "Z")
}

/// The state of a process, and the one that started it.
fn stat(pid: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it may have any characters in it.
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}
