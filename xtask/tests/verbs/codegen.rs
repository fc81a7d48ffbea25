//! `cargo xtask codegen` on a copy of the workspace.

use std::fs;
use std::process::Output;

use crate::copy::Copy;
use crate::stderr;

const SPEC: &str = "specs/github.yaml";
const GENERATED: &str = "crates/client/src/generated/github.rs";

fn codegen(copy: &Copy, arguments: &[&str]) -> Output {
    copy.xtask(&[&["codegen"], arguments].concat())
}

#[test]
fn a_spec_change_needs_the_verb_and_a_build() {
    let copy = Copy::of_client("spec-change");
    assert!(codegen(&copy, &["--check"]).status.success());

    // 1. Edit the spec.
    copy.edit(
        SPEC,
        "        note_url:\n          type: string\n",
        "        nickname:\n          type: string\n        note_url:\n          type: string\n",
    );
    let before = copy.read(GENERATED);
    let check = codegen(&copy, &["--check"]);
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
    assert!(codegen(&copy, &[]).status.success());
    assert!(codegen(&copy, &["--check"]).status.success());

    // 3. Build: the field is there.
    let lib = "crates/client/src/lib.rs";
    let user = "\n/// Uses the new field.\npub fn nickname(of: &github::types::Authorization) -> \
                Option<&String> {\n    of.nickname.as_ref()\n}\n";
    fs::write(copy.0.join(lib), copy.read(lib) + user).unwrap();
    let check = copy
        .command(env!("CARGO"))
        .args(["check", "--quiet", "--no-default-features"])
        .output()
        .unwrap();
    assert!(check.status.success(), "{}", stderr(&check));
}

#[test]
fn missing_and_foreign_files_are_stale() {
    let copy = Copy::of_client("stale-files");
    fs::remove_file(copy.0.join(GENERATED)).unwrap();
    let foreign = "crates/client/src/generated/foreign.rs";
    fs::write(copy.0.join(foreign), "").unwrap();
    let report = stderr(&codegen(&copy, &["--check"]));
    assert!(
        report.contains("generated/github.rs is missing"),
        "{report}"
    );
    assert!(
        report.contains("generated/foreign.rs belongs to no spec"),
        "{report}"
    );

    assert!(codegen(&copy, &[]).status.success());
    assert!(codegen(&copy, &["--check"]).status.success());
    assert!(!copy.0.join(foreign).exists());
}

#[test]
fn a_spec_that_says_too_little_is_refused_by_name() {
    let copy = Copy::of_client("bad-spec");
    copy.edit(SPEC, "      x-retry: never\n", "");
    let before = copy.read(GENERATED);
    for arguments in [&[][..], &["--check"]] {
        let output = codegen(&copy, arguments);
        assert_eq!(output.status.code(), Some(1));
        let report = stderr(&output);
        assert!(report.contains(&format!("--> {SPEC}:")), "{report}");
        assert!(report.contains("`x-retry` is missing: PATCH"), "{report}");
    }
    assert_eq!(copy.read(GENERATED), before);
}
