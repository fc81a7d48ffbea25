//! When the build script runs, and what it says about a spec that cannot be handled.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

const SPEC: &str = "keys.yaml";

/// A package with this one's build script and spec, which builds nothing else.
struct Package(PathBuf);

impl Package {
    /// It always lies in the same place, so that only the first build of the generator is slow.
    fn new() -> Self {
        let example = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = example.join("../..").canonicalize().unwrap();
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("build-script");
        fs::create_dir_all(copy.join("src")).unwrap();
        for file in ["build.rs", SPEC] {
            fs::copy(example.join(file), copy.join(file)).unwrap();
        }
        fs::copy(root.join("Cargo.lock"), copy.join("Cargo.lock")).unwrap();
        let include = "const _: &str = include_str!(concat!(env!(\"OUT_DIR\"), \"/keys.rs\"));\n";
        fs::write(copy.join("src/lib.rs"), include).unwrap();
        let codegen = root.join("crates/codegen");
        let manifest = format!(
            "[package]\nname = \"copy\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
             [build-dependencies]\ntokenturn-codegen = {{ path = {codegen:?} }}\n\
             [workspace]\n"
        );
        fs::write(copy.join("Cargo.toml"), manifest).unwrap();
        Self(copy)
    }

    fn build(&self) -> Output {
        Command::new(env!("CARGO"))
            .args(["build", "--offline"])
            .current_dir(&self.0)
            .env("CARGO_TARGET_DIR", self.0.join("target"))
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .output()
            .unwrap()
    }

    /// When the build script wrote the client.
    fn written(&self) -> SystemTime {
        let builds = fs::read_dir(self.0.join("target/debug/build")).unwrap();
        let files = builds.map(|build| build.unwrap().path().join("out/keys.rs"));
        let times = files.filter_map(|file| fs::metadata(file).ok()?.modified().ok());
        times.max().unwrap()
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_build_follows_the_spec() {
    let package = Package::new();
    let spec = package.0.join(SPEC);

    let output = package.build();
    assert!(output.status.success(), "{}", stderr(&output));
    let warning = "warning: copy@0.0.0: keys.yaml:";
    assert!(!stderr(&output).contains(warning), "{}", stderr(&output));
    let first = package.written();

    // Nothing was touched.
    assert!(package.build().status.success());
    assert_eq!(package.written(), first);

    File::options()
        .write(true)
        .open(&spec)
        .unwrap()
        .set_modified(SystemTime::now())
        .unwrap();
    assert!(package.build().status.success());
    let second = package.written();
    assert!(second > first);

    // What is handled in another way than the spec says is a warning.
    let text = fs::read_to_string(&spec).unwrap();
    fs::write(&spec, text.replacen("      x-retry: never\n", "", 1)).unwrap();
    let output = package.build();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains(warning), "{}", stderr(&output));

    // What cannot be handled is shown in the text, and nothing panics.
    let broken = text.replacen(
        "#/components/responses/Problem",
        "#/components/responses/None",
        1,
    );
    fs::write(&spec, broken).unwrap();
    let line = text
        .lines()
        .position(|line| line.contains("responses/Problem"))
        .unwrap()
        + 1;
    let output = package.build();
    assert!(!output.status.success());
    let report = stderr(&output);
    assert!(
        report.contains(&format!("--> keys.yaml:{line}:")),
        "{report}"
    );
    assert!(report.contains("#/components/responses/None"), "{report}");
    assert!(!report.contains("panicked"), "{report}");

    // A spec that is not there is named.
    fs::remove_file(&spec).unwrap();
    let report = stderr(&package.build());
    assert!(report.contains("error: cannot read keys.yaml"), "{report}");
}
