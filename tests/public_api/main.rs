//! What users of the published crates can name, as text that is reviewed like code.
//!
//! rustdoc describes it in JSON, whose form changes with versions of Rust. Where it is not the one
//! that the crate `public-api` reads, this fails.

use std::fs;
use std::path::Path;
use std::process::Command;

use public_api::Builder;
use serde_json::Value;

/// The form that the version of `public-api` in this workspace reads.
const FORMAT: u64 = 57;

const CRATES: [&str; 6] = [
    "tokenturn",
    "tokenturn_client",
    "tokenturn_codegen",
    "tokenturn_httpmock",
    "tokenturn_sandbox",
    "tokenturn_vault",
];

const HELP: &str = "the public API is not what its snapshot says. If it is meant to change, accept it with \
    `INSTA_UPDATE=always cargo test -p tokenturn-public-api --test public_api`, and review the file in \
    tests/public_api/snapshots. What removes or changes a line breaks users: it takes a new minor \
    version before 1.0, and a new major one after (RELEASING.md)";

#[test]
fn the_public_api_is_the_one_that_was_reviewed() {
    // `target/tmp` is where cargo lets tests write.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    describe(target);
    for name in CRATES {
        let path = target.join(format!("doc/{name}.json"));
        let description: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let format = description["format_version"].as_u64();
        assert_eq!(
            format,
            Some(FORMAT),
            "public-api reads another form: take the Rust of RELEASING.md, or update public-api"
        );
        let api = Builder::from_rustdoc_json(path)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .build()
            .unwrap();
        insta::with_settings!({ description => HELP, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, api);
        });
    }
}

/// Has rustdoc describe the crates in `target/doc`. Features and dependencies are those of the gate for
/// docs of `cargo xtask ci`.
fn describe(target: &Path) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["doc", "--workspace", "--lib", "--no-deps", "--locked"])
        .args(["--features=tokenturn-vault/keyring", "--quiet"])
        .arg("--target-dir")
        .arg(target)
        .env("RUSTDOC", env!("CARGO_BIN_EXE_rustdoc_json"))
        .env("RUSTDOCFLAGS", "-Zunstable-options --output-format=json");
    assert!(cargo.status().unwrap().success());
}
