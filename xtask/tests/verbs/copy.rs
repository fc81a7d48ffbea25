//! A copy of what the verbs read and write, to try things in.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::{workspace, xtask};

const COPIED: [&str; 5] = [
    "specs",
    "crates/client/src/generated",
    "crates/httpmock/src/generated",
    "crates/httpmock/tests/generated",
    "xtask/tests/verbs/snapshots",
];

pub(crate) struct Copy(TempDir);

impl Copy {
    pub(crate) fn new() -> Self {
        let copy = Self(TempDir::new().unwrap());
        for folder in COPIED {
            fs::create_dir_all(copy.root().join(folder)).unwrap();
            for entry in fs::read_dir(workspace().join(folder)).unwrap() {
                let entry = entry.unwrap();
                let to = copy.root().join(folder).join(entry.file_name());
                fs::copy(entry.path(), to).unwrap();
            }
        }
        copy
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn xtask(&self, arguments: &[&str]) -> Command {
        xtask(self.root(), arguments)
    }

    /// Tests of this program, which need not be built again: they read the copy's files.
    pub(crate) fn test(&self, filters: &[&str]) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(filters)
            .env("CARGO_MANIFEST_DIR", self.root().join("xtask"))
            .env("INSTA_WORKSPACE_ROOT", self.root())
            .env("INSTA_UPDATE", "no");
        command
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        fs::write(self.root().join(path), text.replacen(from, to, 1)).unwrap();
    }

    pub(crate) fn codegen(&self, arguments: &[&str]) -> Output {
        let arguments = [&["codegen"], arguments].concat();
        self.xtask(&arguments).output().unwrap()
    }
}
