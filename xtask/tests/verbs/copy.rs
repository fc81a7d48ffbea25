//! A copy of the workspace, to try things in.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::{workspace, xtask};

/// It always lies in the same place, and only what differs is written, so that builds of it are
/// incremental.
pub(crate) struct Copy(pub(crate) PathBuf);

impl Copy {
    /// What `codegen` needs, and the client alone as a member.
    pub(crate) fn of_client(name: &str) -> Self {
        let root = workspace();
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        for folder in ["specs", "crates/client/src", "crates/httpmock"] {
            synchronize(&root.join(folder), &copy.join(folder));
        }
        fs::create_dir_all(copy.join("xtask")).unwrap();
        for file in ["Cargo.lock", "crates/client/Cargo.toml"] {
            synchronize(&root.join(file), &copy.join(file));
        }
        let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
        let (_, rest) = manifest.split_once("default-members").unwrap();
        let (_, rest) = rest.split_once('\n').unwrap();
        let members = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/client\"]\n";
        fs::write(copy.join("Cargo.toml"), format!("{members}{rest}")).unwrap();
        Self(copy)
    }

    /// Everything.
    pub(crate) fn of_workspace(name: &str) -> Self {
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        synchronize(workspace(), &copy);
        Self(copy)
    }

    pub(crate) fn xtask(&self, arguments: &[&str]) -> Output {
        xtask(&self.0, arguments).output().unwrap()
    }

    /// A program that builds in the copy, if it builds.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        self.prepare(&mut command);
        command
    }

    pub(crate) fn prepare(&self, command: &mut Command) {
        command
            .current_dir(&self.0)
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TARGET_DIR", self.0.join("target"))
            // Faster to build.
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).unwrap()
    }

    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        fs::write(self.0.join(path), text.replacen(from, to, 1)).unwrap();
    }
}

/// What builds and git leave behind.
const NOT_COPIED: [&str; 3] = [".git", "target", "mutants.out"];

/// Makes `to` like `from`, and leaves alone what is alike.
fn synchronize(from: &Path, to: &Path) {
    if from.is_file() {
        let wanted = fs::read(from).unwrap();
        if fs::read(to).ok().as_ref() != Some(&wanted) {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, wanted).unwrap();
        }
        return;
    }
    fs::create_dir_all(to).unwrap();
    let wanted = names(from);
    for name in names(to).difference(&wanted) {
        let path = to.join(name);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
    }
    for name in wanted {
        synchronize(&from.join(&name), &to.join(&name));
    }
}

fn names(folder: &Path) -> BTreeSet<OsString> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| !NOT_COPIED.iter().any(|skipped| name == skipped))
        .collect()
}
