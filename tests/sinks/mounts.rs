//! Files that are mount points, as in containers. To mount takes root.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use rustix::io::{Errno, Result};
use rustix::mount::{MountFlags, UnmountFlags, mount_bind, mount_remount, unmount};
use tempfile::TempDir;
use tokenturn::Sink;
use tokenturn::sink::FileSink;
use tokenturn_tests::skip;

use crate::sinks::{names, new, save};

/// Something that is mounted somewhere else, too, until it is dropped. It is mounted without
/// `mount(8)`, which reads the list of all mounts and is led astray when tests change it meanwhile.
struct Mount(PathBuf);

impl Mount {
    /// `None`, and the test is skipped, where it may not mount.
    fn new(from: &Path, to: &Path) -> Option<Self> {
        match mount_bind(from, to) {
            Err(Errno::PERM) => skip("nothing can be mounted, which takes root"),
            mounted => {
                mounted.unwrap();
                return Some(Self(to.to_owned()));
            }
        }
        None
    }

    fn read_only(self) -> Self {
        self.remount(MountFlags::RDONLY).unwrap();
        self
    }

    fn writable(self) -> Self {
        self.remount(MountFlags::empty()).unwrap();
        self
    }

    /// A process that another test has just begun may have a file open here, until it runs its
    /// program.
    fn remount(&self, flags: MountFlags) -> Result<()> {
        for _ in 0..1_000 {
            match mount_remount(&self.0, MountFlags::BIND | flags, "") {
                Err(Errno::BUSY) => sleep(Duration::from_millis(10)),
                done => return done,
            }
        }
        Err(Errno::BUSY)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Also when something still has a file open there.
        unmount(&self.0, UnmountFlags::DETACH).unwrap();
    }
}

struct Place {
    folder: TempDir,
    /// What is mounted.
    host: PathBuf,
    /// Where.
    path: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("inside")).unwrap();
        let (host, path) = (at("host"), at("inside/token.txt"));
        fs::write(&host, "old").unwrap();
        fs::write(&path, "").unwrap();
        Self { folder, host, path }
    }

    fn inside(&self) -> PathBuf {
        self.folder.path().join("inside")
    }

    /// Both names are of the same file still, and there is nothing else.
    fn holds(&self, token: &str) {
        for path in [&self.host, &self.path] {
            assert_eq!(fs::read_to_string(path).unwrap(), format!("{token}\n"));
        }
        assert_eq!(names(&self.inside()), ["token.txt"]);
    }
}

#[tokio::test]
async fn a_file_that_is_a_mount_point_is_written_itself() {
    let place = Place::new();
    let Some(_mount) = Mount::new(&place.host, &place.path) else {
        return;
    };
    for token in ["a-token-which-is-longer", "short"] {
        save(&place.path, token).await;
        place.holds(token);
    }
}

#[tokio::test]
async fn a_file_that_is_mounted_meanwhile_is_written_itself() {
    let place = Place::new();
    let mut sink = FileSink::new(&place.path);
    Sink::<()>::prepare(&mut sink).await.unwrap();
    let Some(_mount) = Mount::new(&place.host, &place.path) else {
        return;
    };
    sink.save(&new("new")).await.unwrap();
    place.holds("new");
}

#[tokio::test]
async fn a_file_in_a_folder_that_cannot_be_written_is_written_itself() {
    let place = Place::new();
    let Some(folder) = Mount::new(&place.inside(), &place.inside()) else {
        return;
    };
    let _folder = folder.read_only();
    let mut sink = FileSink::new(&place.path);
    // As it is, the file cannot be written either.
    let error = Sink::<()>::prepare(&mut sink).await.unwrap_err();
    assert!(error.to_string().contains("Read-only"), "{error}");

    let _file = Mount::new(&place.host, &place.path).unwrap();
    save(&place.path, "new").await;
    place.holds("new");

    // There is no place for a new one.
    let mut sink = FileSink::new(place.inside().join("another"));
    let error = Sink::<()>::prepare(&mut sink).await.unwrap_err();
    assert!(error.to_string().contains("Read-only"), "{error}");
}

#[tokio::test]
async fn a_draft_stays_until_the_file_has_the_token() {
    let place = Place::new();
    let Some(mount) = Mount::new(&place.host, &place.path) else {
        return;
    };
    let mut sink = FileSink::new(&place.path);
    Sink::<()>::prepare(&mut sink).await.unwrap();
    let mount = mount.read_only();
    assert!(sink.save(&new("new")).await.is_err());
    let drafts = names(&place.inside());
    let draft = drafts.iter().find(|name| name.starts_with('.')).unwrap();
    let draft = place.inside().join(draft);
    assert_eq!(fs::read_to_string(&draft).unwrap(), "new\n");

    let _mount = mount.writable();
    sink.save(&new("new")).await.unwrap();
    place.holds("new");
}
