//! A small git repository with specs in it.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::skip::skip;

/// A spec with one operation; `body` are the lines of its answer's fields.
pub(crate) fn spec(fields: &str) -> String {
    format!(
        "openapi: 3.0.3
info: {{ title: Keys, version: \"1\" }}
paths:
  /keys:
    get:
      operationId: get_key
      x-retry: safe
      responses:
        \"200\":
          description: The key.
          content:
            application/json:
              schema:
                type: object
                properties:
{fields}"
    )
}

pub(crate) const ID: &str = "                  id: { type: string }\n";
pub(crate) const NOTE: &str = "                  note: { type: string }\n";

/// Commits `specs/` of the folder, which becomes a repository, if it was none.
pub(crate) fn commit(folder: &Path) {
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "--all", "specs"],
        &["commit", "--quiet", "--allow-empty", "--message=specs"],
    ] {
        let status = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@a.example"])
            .args([
                "-c",
                "commit.gpgsign=false",
                "-c",
                "core.hooksPath=/nowhere",
            ])
            .args(arguments)
            .current_dir(folder)
            .status()
            .unwrap();
        assert!(status.success(), "git {arguments:?}");
    }
}

/// Whether tests that need git can run. If not, the test is skipped.
pub(crate) fn git_is_there() -> bool {
    let there = Command::new("git").arg("--version").output().is_ok();
    if !there {
        skip("git is missing");
    }
    there
}

/// A workspace that has nothing but one spec.
pub(crate) fn with_spec(name: &str, text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("specs")).unwrap();
    fs::write(folder.path().join("specs").join(name), text).unwrap();
    folder
}
