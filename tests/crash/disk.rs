//! A disk that is full, before a rotation and while calls are under way.
//!
//! It is a small file system in memory, which only root may mount.

use std::ffi::CStr;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::time::Instant;

use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use tempfile::TempDir;
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::crash::{Gate, PATIENCE, Place, Point, Process, Rules, Scene, Shares, judge};
use tokenturn_tests::skip;
use tokenturn_vault::{Filter, State};

use super::{AWAY, worker};

const SIZE: &CStr = c"size=32m";
const TOKENS: usize = 1_000;

/// Not all are replaced yet, and nothing excuses a loss.
const SO_FAR: Rules<'_> = Rules {
    kills: &[],
    all: false,
    runs: 1,
    repeats: 0,
};

/// A small disk, which is gone when it is dropped. It is mounted without `mount(8)`, as in
/// `sinks/mounts.rs`.
struct Disk(TempDir);

impl Disk {
    /// `None`, and the test is skipped, where it may not mount one.
    fn new() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        match mount("tmpfs", folder.path(), "tmpfs", MountFlags::empty(), SIZE) {
            Err(Errno::PERM) => skip("no small disk can be mounted, which takes root"),
            mounted => {
                mounted.unwrap();
                return Some(Self(folder));
            }
        }
        None
    }

    fn filling(&self) -> PathBuf {
        self.0.path().join("filling")
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(self.filling())
            .unwrap();
        let mut block = &[0xA5; 1 << 20][..];
        while !block.is_empty() {
            match file.write(block) {
                Ok(written) => assert_ne!(written, 0),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
                    // The last bytes, too.
                    block = &block[..block.len() / 2];
                }
            }
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.filling()).unwrap();
    }

    fn place(&self) -> Place {
        Place::Sqlite(self.0.path().join("vault.db"))
    }

    async fn scene(&self) -> Scene {
        let sandbox = Sandbox::start(0).await.unwrap();
        let (url, folder) = (sandbox.url(), TempDir::new().unwrap());
        Scene::at(self.place(), folder, sandbox, url, Shares::of(TOKENS)).await
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Also when something still has a file open there.
        unmount(self.0.path(), UnmountFlags::DETACH).unwrap();
    }
}

/// Nothing is sent that could not be saved.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_when_the_disk_is_full_before() {
    let Some(disk) = Disk::new() else { return };
    let scene = disk.scene().await;
    scene.sandbox.set_recording(true);
    let mut opened = scene.start(worker(), &["race", "1"]);
    assert_eq!(opened.line().await.as_deref(), Some("ready"));
    disk.fill();

    opened.send("go").await;
    let (lines, _) = opened.finish(PATIENCE).await;
    assert_eq!(lines.len(), TOKENS);
    for line in lines {
        assert!(line.starts_with("error: ") && is_clear(&line), "{line}");
    }
    for words in [
        &["rotate", "--all"][..],
        &["rotate", "one", "github-000000"],
    ] {
        // The process before it has left a little room, which a fleet might begin with and then wait.
        disk.fill();
        let mut process = scene.start(worker(), words);
        let (lines, status) = process.finish(PATIENCE).await;
        assert!(
            !status.success() && lines.iter().any(|line| is_clear(line)),
            "{lines:?}"
        );
    }
    assert_eq!(scene.sandbox.requests().len(), 0);

    disk.make_room();
    let process = scene.start(worker(), &["rotate", "--all"]);
    goes_on(&scene, process).await;
}

fn is_clear(said: &str) -> bool {
    said.contains("disk of the vault is full") || said.contains("could not be reserved")
}

/// All calls are answered when there is no room any more.
#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_under_way_are_saved_on_a_full_disk() {
    let Some(disk) = Disk::new() else { return };
    let sandbox = Sandbox::start(0).await.unwrap();
    let gate = Gate::start(&sandbox.url()).await;
    let shares = Shares {
        github: TOKENS,
        ohmygpt: 0,
    };
    let folder = TempDir::new().unwrap();
    let scene = Scene::at(disk.place(), folder, sandbox, gate.url(), shares).await;
    // The first two go alone.
    let canaries = [(); 2].map(|()| gate.hold("PATCH", Point::Answer));
    let held = (0..scene.concurrency).map(|_| gate.hold("PATCH", Point::Answer));
    let held: Vec<_> = held.collect();

    let mut process = scene.start(worker(), &["rotate", "--all"]);
    for canary in canaries {
        canary.pass().await;
    }
    scene
        .until_replaced(2 + scene.concurrency, &mut process)
        .await;
    disk.fill();
    for answer in held {
        answer.release().await;
    }

    // Nothing makes room for them but the vault itself.
    all_is_saved(&scene).await;
    process.kill().await;
    let (vault, _folder) = scene.place.look(&scene.key).await;
    let verdict = judge(&scene, &vault, SO_FAR).await;
    assert_eq!(verdict.faults, [""; 0]);
    assert!(verdict.replaced >= scene.concurrency);
    assert!(verdict.replaced < TOKENS, "it goes on without room");
}

/// What is written one by one, as answers that come one by one, by two users of the vault in turn: its log
/// alone would need more room than is kept.
#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_changes_are_saved_on_a_full_disk() {
    let Some(disk) = Disk::new() else { return };
    let scene = disk.scene().await;
    let vaults = [scene.open().await, scene.open().await];
    disk.fill();
    for (id, vault) in scene.stock.keys().zip(vaults.iter().cycle()) {
        // Like the end of a rotation, it may use the room up that is kept for these.
        assert!(vault.remove(id).await.unwrap());
    }
}

/// The disk is full for a while in the midst of a run.
#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_goes_on_when_there_is_room_again() {
    let Some(disk) = Disk::new() else { return };
    let scene = disk.scene().await;
    let mut process = scene.start(worker(), &["rotate", "--all"]);
    // Early enough that it is not through before the disk is full.
    for share in [TOKENS / 10, TOKENS / 4] {
        scene.until_replaced(share, &mut process).await;
        // It would be given the room for the new tokens while it takes all that there is.
        process.stop().await;
        disk.fill();
        process.go_on().await;
        all_is_saved(&scene).await;
        let (vault, _folder) = scene.place.look(&scene.key).await;
        assert_eq!(judge(&scene, &vault, SO_FAR).await.faults, [""; 0]);
        assert!(!process.has_ended(), "{}", scene.last_said());
        disk.make_room();
    }
    goes_on(&scene, process).await;
}

/// Waits until the fleet has noticed, and then until nothing is under way.
async fn all_is_saved(scene: &Scene) {
    let before = scene.count_said(AWAY);
    scene.until_said(AWAY, before + 1).await;
    let began = Instant::now();
    loop {
        let (vault, _folder) = scene.place.look(&scene.key).await;
        let rotating = vault
            .count(&Filter::new().state(State::Rotating))
            .await
            .unwrap();
        if rotating == 0 {
            return;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "{rotating} answers are not saved"
        );
    }
}

async fn goes_on(scene: &Scene, mut process: Process) {
    let (lines, status) = process.finish(PATIENCE).await;
    assert!(status.success(), "{lines:?}");
    let verdict = judge(scene, &scene.open().await, Rules::after(&[])).await;
    assert_eq!(verdict.faults, [""; 0]);
    assert_eq!((verdict.replaced, verdict.lost), (TOKENS, 0));
}
