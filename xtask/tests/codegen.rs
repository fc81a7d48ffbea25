//! `cargo xtask codegen` on a copy of the workspace.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SPEC: &str = "specs/github.yaml";
const GENERATED: &str = "crates/client/src/generated/github.rs";

/// What the verb needs of the workspace.
struct Copy(PathBuf);

impl Copy {
    /// The copy always lies in the same place, so that builds of it are incremental.
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        for folder in ["specs", "crates/client/src", "crates/httpmock"] {
            let _ = fs::remove_dir_all(copy.join(folder));
            copy_folder(&root.join(folder), &copy.join(folder));
        }
        fs::create_dir_all(copy.join("xtask")).unwrap();
        fs::copy(root.join("Cargo.lock"), copy.join("Cargo.lock")).unwrap();
        fs::copy(
            root.join("crates/client/Cargo.toml"),
            copy.join("crates/client/Cargo.toml"),
        )
        .unwrap();
        let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
        let (_, rest) = manifest.split_once("default-members").unwrap();
        let (_, rest) = rest.split_once('\n').unwrap();
        let members = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/client\"]\n";
        fs::write(copy.join("Cargo.toml"), format!("{members}{rest}")).unwrap();
        Self(copy)
    }

    fn codegen(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("codegen")
            .args(arguments)
            .env("CARGO_MANIFEST_DIR", self.0.join("xtask"))
            .output()
            .unwrap()
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).unwrap()
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        fs::write(self.0.join(path), text.replacen(from, to, 1)).unwrap();
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_spec_change_needs_the_verb_and_a_build() {
    let copy = Copy::new("spec-change");
    assert!(copy.codegen(&["--check"]).status.success());

    // 1. Edit the spec.
    copy.edit(
        SPEC,
        "        note_url:\n          type: string\n",
        "        nickname:\n          type: string\n        note_url:\n          type: string\n",
    );
    let before = copy.read(GENERATED);
    let check = copy.codegen(&["--check"]);
    assert_eq!(check.status.code(), Some(1));
    let report = stderr(&check);
    assert!(
        report.contains("crates/client/src/generated/github.rs is stale"),
        "{report}"
    );
    assert!(report.contains("+         pub nickname:"), "{report}");
    assert!(report.contains("run `cargo xtask codegen`"), "{report}");
    assert_eq!(copy.read(GENERATED), before, "--check writes nothing");

    // 2. Run the verb.
    assert!(copy.codegen(&[]).status.success());
    assert!(copy.codegen(&["--check"]).status.success());

    // 3. Build: the field is there.
    let lib = "crates/client/src/lib.rs";
    let user = "\n/// Uses the new field.\npub fn nickname(of: &github::types::Authorization) -> \
                Option<&String> {\n    of.nickname.as_ref()\n}\n";
    fs::write(copy.0.join(lib), copy.read(lib) + user).unwrap();
    let check = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--offline", "--no-default-features"])
        .current_dir(&copy.0)
        .env("CARGO_TARGET_DIR", copy.0.join("target"))
        .output()
        .unwrap();
    assert!(check.status.success(), "{}", stderr(&check));
}

#[test]
fn missing_and_foreign_files_are_stale() {
    let copy = Copy::new("stale-files");
    fs::remove_file(copy.0.join(GENERATED)).unwrap();
    let foreign = "crates/client/src/generated/foreign.rs";
    fs::write(copy.0.join(foreign), "").unwrap();
    let report = stderr(&copy.codegen(&["--check"]));
    assert!(
        report.contains("generated/github.rs is missing"),
        "{report}"
    );
    assert!(
        report.contains("generated/foreign.rs belongs to no spec"),
        "{report}"
    );

    assert!(copy.codegen(&[]).status.success());
    assert!(copy.codegen(&["--check"]).status.success());
    assert!(!copy.0.join(foreign).exists());
}

#[test]
fn a_spec_that_says_too_little_is_refused_by_name() {
    let copy = Copy::new("bad-spec");
    copy.edit(SPEC, "      x-retry: never\n", "");
    let before = copy.read(GENERATED);
    for arguments in [&[][..], &["--check"]] {
        let output = copy.codegen(arguments);
        assert_eq!(output.status.code(), Some(1));
        let report = stderr(&output);
        assert!(report.contains(&format!("--> {SPEC}:")), "{report}");
        assert!(report.contains("`x-retry` is missing: PATCH"), "{report}");
    }
    assert_eq!(copy.read(GENERATED), before);
}

#[test]
fn an_unknown_verb_is_answered_with_help() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("codgen")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("cargo xtask codegen --check"));
}
