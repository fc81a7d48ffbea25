//! When a build script of the generator runs, and what it says about a spec that cannot be handled.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::SystemTime;

use tempfile::TempDir;

use crate::{stderr, workspace};

const SPEC: &str = "keys.yaml";

/// A package with the spec of `examples/build-script`. To build the generator once more would take
/// longer than all else here, so its build script lets this workspace's xtask do what that of the
/// example does.
struct Package(TempDir);

impl Package {
    fn new() -> Self {
        let package = Self(TempDir::new().unwrap());
        let script = format!(
            "fn main() {{\n    let program = {:?};\n    \
             let status = std::process::Command::new(program).arg(\"build-script\").status();\n    \
             std::process::exit(status.unwrap().code().unwrap());\n}}\n",
            env!("CARGO_BIN_EXE_xtask")
        );
        let library = "const _: &str = include_str!(concat!(env!(\"OUT_DIR\"), \"/keys.rs\"));\n";
        let manifest =
            "[package]\nname = \"copy\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n";
        fs::create_dir(package.path("src")).unwrap();
        for (file, text) in [
            ("build.rs", script.as_str()),
            ("src/lib.rs", library),
            ("Cargo.toml", manifest),
        ] {
            fs::write(package.path(file), text).unwrap();
        }
        let spec = workspace().join("examples/build-script").join(SPEC);
        fs::copy(spec, package.path(SPEC)).unwrap();
        package
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn build(&self) -> Output {
        Command::new(env!("CARGO"))
            .args(["build", "--offline"])
            .current_dir(self.0.path())
            .env("CARGO_TARGET_DIR", self.path("target"))
            .output()
            .unwrap()
    }

    /// When the build script wrote the client.
    fn written(&self) -> SystemTime {
        let builds = fs::read_dir(self.path("target/debug/build")).unwrap();
        let files = builds.map(|build| build.unwrap().path().join("out/keys.rs"));
        let times = files.filter_map(|file| fs::metadata(file).ok()?.modified().ok());
        times.max().unwrap()
    }
}

#[test]
fn the_build_follows_the_spec() {
    let package = Package::new();
    let spec = package.path(SPEC);

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

    // There is one for each rule, however often it is found.
    fs::write(
        &spec,
        text.replace("      x-retry:", "      deprecated: true\n      x-retry:"),
    )
    .unwrap();
    let report = stderr(&package.build());
    assert_eq!(report.matches(warning).count(), 1, "{report}");
    let (_, file) = report.split_once(" more in ").unwrap();
    let lines = fs::read_to_string(file.split_once(')').unwrap().0).unwrap();
    assert!(lines.lines().count() > 1, "{lines}");
    assert!(lines.starts_with("keys.yaml:"), "{lines}");

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
    let (_, file) = report.split_once("each of them stands in ").unwrap();
    let lines = fs::read_to_string(file.lines().next().unwrap()).unwrap();
    assert!(lines.starts_with(&format!("keys.yaml:{line}:")), "{lines}");
    assert!(!report.contains("panicked"), "{report}");

    // A spec that is not there is named.
    fs::remove_file(&spec).unwrap();
    let report = stderr(&package.build());
    assert!(report.contains("error: cannot read keys.yaml"), "{report}");
}
