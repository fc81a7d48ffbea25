//! Who servers run as.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Who the server runs as when the tests run as root, which it refuses.
const SERVANTS: [&str; 2] = ["postgres", "nobody"];

/// A user of this host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Servant {
    uid: u32,
    gid: u32,
}

/// A folder for the server, and who that runs as: PostgreSQL refuses to be root.
pub(super) fn new_folder(place: &Path) -> (PathBuf, Option<Servant>) {
    let folder = TempDir::with_prefix_in("tokenturn", place).unwrap().keep();
    if fs::metadata(&folder).unwrap().uid() != 0 {
        return (folder, None);
    }
    let servant = SERVANTS
        .into_iter()
        .find_map(user)
        .expect("a user for the server");
    chown(&folder, Some(servant.uid), Some(servant.gid)).unwrap();
    (folder, Some(servant))
}

/// Runs a program as the servers' user.
pub(super) fn serve(servant: Option<Servant>, program: &Path, arguments: &[&str]) {
    let mut command = match servant {
        None => Command::new(program),
        Some(Servant { uid, gid }) => {
            let mut command = Command::new("setpriv");
            command
                .arg(format!("--reuid={uid}"))
                .arg(format!("--regid={gid}"));
            command.arg("--clear-groups").arg(program);
            command
        }
    };
    run(command.args(arguments));
}

/// Writes a file that this user alone can read.
pub(super) fn write(servant: Option<Servant>, path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    if let Some(Servant { uid, gid }) = servant {
        chown(path, Some(uid), Some(gid)).unwrap();
    }
}

/// What it printed. Nothing of the caller's environment decides where it connects to.
pub(super) fn run(command: &mut Command) -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let output = command
        .env_clear()
        .env("PATH", path)
        .env("LC_ALL", "C")
        // The server's user may not be let into this folder.
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

fn user(name: &str) -> Option<Servant> {
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut numbers = line
        .split(':')
        .skip(2)
        .map_while(|number| number.parse().ok());
    let (uid, gid) = (numbers.next()?, numbers.next()?);
    Some(Servant { uid, gid })
}
