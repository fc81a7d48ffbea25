//! The checked-in code is what the specs say.

use std::fs;
use std::path::{Path, PathBuf};

use tokenturn_codegen::{Paths, Spec, generate};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_generated_code_is_fresh() {
    let mut compared = 0;
    for entry in fs::read_dir(root().join("specs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let module = path
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .replace('-', "_");
        let paths = Paths::new(format!("tokenturn_client::{module}"))
            .with_mocks(format!("tokenturn_httpmock::{module}"));
        let generated = generate(&Spec::read(&path).unwrap(), &paths).unwrap();
        for (folder, wanted) in [
            ("client/src", generated.client),
            ("httpmock/src", generated.mocks),
            ("httpmock/tests", generated.round_trip),
        ] {
            let file = root().join(format!("crates/{folder}/generated/{module}.rs"));
            let text = fs::read_to_string(&file).unwrap();
            let (_header, source) = text.split_once("\n\n").unwrap();
            // Not assert_eq!: two thousand lines help nobody.
            assert!(
                source == wanted,
                "{} is stale: run `cargo xtask codegen`",
                file.display()
            );
        }
        compared += 1;
    }
    assert_eq!(compared, 3);
}

#[test]
fn the_same_spec_gives_the_same_bytes() {
    let generate = || {
        let spec = Spec::read(root().join("specs/github.yaml")).unwrap();
        let paths = Paths::new("tokenturn_client::github");
        generate(&spec, &paths).unwrap().client
    };
    let (once, twice) = (generate(), generate());
    assert!(once == twice);
    assert!(!once.contains('\r'));
}
