//! What the lint finds: one small spec for each construct, and the report beside it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fuzz;
mod generated;
mod newer;
mod overlay;
mod part;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tokenturn_codegen::{Severity, Spec};

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn read(path: &Path) -> Spec {
    Spec::from_bytes(name(path), fs::read(path).unwrap())
}

/// Every finding whole, as if there were no other like it.
fn each(spec: &Spec) -> String {
    let report = spec.lint();
    let findings = report.findings().iter();
    let shown = findings.map(|finding| {
        let shown = spec.report([finding.clone()]).to_string();
        let (shown, _summary) = shown.trim_end().rsplit_once('\n').unwrap();
        format!("{shown}\n")
    });
    let shown: String = shown.collect();
    let report = report.to_string();
    format!("{shown}{}", report.lines().last().unwrap())
}

/// Compares a text with the snapshot beside the specs.
fn shown(name: &str, text: String) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(".");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn each_construct_is_reported_where_it_is() {
    for path in files("tests/lint", "yaml") {
        shown(&name(&path).replace(".yaml", ""), each(&read(&path)));
    }
}

#[test]
fn every_rule_has_an_example() {
    let mut shown = BTreeSet::new();
    for path in files("tests/lint", "yaml") {
        let report = read(&path).lint();
        shown.extend(report.findings().iter().map(|f| f.code().to_owned()));
    }
    for (_, spec) in overlay::overlaid() {
        let report = spec.lint();
        shown.extend(report.findings().iter().map(|f| f.code().to_owned()));
    }
    // `part.rs` shows it.
    shown.insert("select".to_owned());
    let mut rules = BTreeSet::new();
    let sources =
        ["src", "src/draft", "src/lint", "src/lint/shape"].map(|folder| files(folder, "rs"));
    for path in sources.concat() {
        let source = fs::read_to_string(path).unwrap();
        // A call may be broken into lines.
        let source: String = source.split_whitespace().collect();
        for call in [
            "error(\"",
            "warn(\"",
            "clash(Severity::Error,\"",
            "clash(Severity::Warning,\"",
        ] {
            let codes = source.split(call).skip(1);
            rules.extend(codes.map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
    }
    // The text of a template is no rule.
    rules.retain(|code: &String| code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    assert!(rules.len() > 70, "{rules:?}");
    assert_eq!(shown, rules);
    let readme = include_str!("../../README.md");
    let untold: Vec<_> = rules
        .iter()
        .filter(|rule| !readme.contains(&format!("`{rule}`")))
        .collect();
    assert!(untold.is_empty(), "README.md does not tell of {untold:?}");
}

#[test]
fn our_specs_have_no_findings() {
    for path in files("../../specs", "yaml") {
        let report = Spec::read(&path).unwrap().lint();
        assert!(report.is_empty(), "{report}");
    }
}

#[test]
fn a_page_is_checked_for_its_shape_only() {
    let report = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint/page.yaml")).lint();
    let codes: Vec<_> = report.findings().iter().map(|f| f.code()).collect();
    assert_eq!(codes, ["reference-missing", "shape"]);
}

#[test]
fn json_and_yaml_are_read_alike() {
    let json = r#"{"a": "\ud83d\ude00\/\u00e9", "b": [1.0, -2, true, null], "c": {"d": {}}}"#;
    let yaml = "a: 😀/é\nb:\n- 1.0\n- -2\n- true\n-\nc: { d: {} }\n";
    let [json, yaml] = [json, yaml].map(|text| Spec::new("spec", text));
    assert!(json.document().is_some());
    assert_eq!(json.document(), yaml.document());
}

#[test]
fn another_check_finds_places() {
    let spec = Spec::new("a.yaml", "paths:\n  /a/b~c:\n    - x: 1\n    - é: wrong\n");
    let find = |pointer| spec.find(pointer, Severity::Warning, "example", "it is wrong");
    for (pointer, line, column) in [
        ("", 1, 1),
        ("/paths", 1, 1),
        ("/paths/~1a~1b~0c/0/x", 3, 10),
        ("/paths/~1a~1b~0c/1/é", 4, 10),
        ("/paths/~1a~1b~0c/1/é/too/deep", 4, 10),
        ("/paths/~1a~1b~0c/7", 2, 3),
        ("no pointer", 1, 1),
    ] {
        let finding = find(pointer).with_label("here");
        assert_eq!(
            (finding.line(), finding.column()),
            (line, column),
            "{pointer}"
        );
    }
    let report = spec.report([find("/paths/~1a~1b~0c/1/é"), find("/paths")]);
    let lines: Vec<_> = report.findings().iter().map(|f| f.line()).collect();
    assert_eq!(lines, [1, 4]);
    assert!(!report.has_errors() && !report.is_empty());
    assert!(
        report.to_string().ends_with("\n2 warnings in a.yaml\n"),
        "{report}"
    );
}

#[test]
fn line_ends_of_windows_move_nothing() {
    let text = "openapi: 3.0.3\r\ninfo:\r\n  ü: \"é\"\r\n  titel: a\r\n";
    let report = each(&Spec::new("a.yaml", text));
    assert!(report.contains(" --> a.yaml:4:3\n"), "{report}");
    assert!(!report.contains('\r'), "{report}");
}

#[test]
fn colours_are_given_on_demand() {
    let report = Spec::new("a.yaml", "openapi: 4.0.0").lint();
    assert!(report.render(true).contains('\u{1b}'));
    assert!(!report.render(false).contains('\u{1b}'));
}
