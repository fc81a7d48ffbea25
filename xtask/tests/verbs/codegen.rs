//! `cargo xtask codegen` on a copy of the workspace.

use std::fs;

use crate::copy::Copy;
use crate::{stderr, workspace, xtask};

const SPEC: &str = "specs/github.yaml";
const GENERATED: &str = "crates/client/src/generated/github.rs";

#[test]
fn our_generated_code_is_fresh() {
    let output = xtask(workspace(), &["codegen", "--check"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_spec_change_needs_the_verb() {
    let copy = Copy::new();
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

    assert!(copy.read(GENERATED).contains("pub nickname:"));
}

#[test]
fn missing_and_foreign_files_are_stale() {
    let copy = Copy::new();
    fs::remove_file(copy.root().join(GENERATED)).unwrap();
    let foreign = "crates/client/src/generated/foreign.rs";
    fs::write(copy.root().join(foreign), "").unwrap();
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
    assert!(!copy.root().join(foreign).exists());
}

#[test]
fn a_spec_that_says_too_little_is_refused_by_name() {
    let copy = Copy::new();
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
