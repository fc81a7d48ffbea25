//! Owner, group and mode stay. To make files of others takes root.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use tempfile::TempDir;
use tokenturn_tests::skip;

use crate::sinks::{names, save};

const USER: u32 = 1234;
const GROUP: u32 = 4321;

/// A file of somebody else's. `None`, and the test is skipped, where it may not make one.
fn of_another(path: &Path, mode: u32) -> Option<()> {
    fs::write(path, "old").unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    if chown(path, Some(USER), Some(GROUP)).is_err() {
        skip("no file can be given to another user, which takes root");
        return None;
    }
    Some(())
}

fn facts(path: &Path) -> (u32, u32, u32) {
    let found = fs::metadata(path).unwrap();
    (found.uid(), found.gid(), found.mode() & 0o777)
}

#[tokio::test]
async fn a_file_stays_its_owners() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("token.txt");
    for mode in [0o600, 0o640, 0o664] {
        if of_another(&path, mode).is_none() {
            return;
        }
        save(&path, "new").await;
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(facts(&path), (USER, GROUP, mode));
    }
}

#[tokio::test]
async fn another_users_file_in_a_sticky_folder_is_written_itself() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("token.txt");
    if of_another(&path, 0o666).is_none() {
        return;
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    chown(folder.path(), Some(USER), None).unwrap();
    let file = fs::metadata(&path).unwrap().ino();
    for token in ["a-token-which-is-longer", "short"] {
        save(&path, token).await;
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{token}\n"));
        assert_eq!(fs::metadata(&path).unwrap().ino(), file);
        assert_eq!(facts(&path), (USER, GROUP, 0o666));
        assert_eq!(names(folder.path()), ["token.txt"]);
    }
}
