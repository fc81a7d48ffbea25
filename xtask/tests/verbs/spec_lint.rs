use std::fs;

use crate::repository::{ID, spec};
use crate::{stderr, workspace, xtask};

#[test]
fn our_specs_are_good() {
    let output = xtask(workspace(), &["spec", "lint"]).output().unwrap();
    let report = stderr(&output);
    assert!(output.status.success(), "{report}");
    for name in ["github-login", "github", "ohmygpt"] {
        let line = format!("no findings in specs/{name}.yaml");
        assert!(report.contains(&line), "{report}");
    }
    assert!(report.contains("Spectral: "), "{report}");
}

#[test]
fn a_file_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.yaml");
    let file = path.to_str().unwrap();
    let lint_with = |options: &[&str]| {
        let output = xtask(folder.path(), &[&["spec", "lint", file], options].concat())
            .output()
            .unwrap();
        (output.status.code(), stderr(&output))
    };
    let lint = || lint_with(&[]);

    let (code, report) = lint();
    assert_eq!(code, Some(1));
    assert!(report.contains(&format!("cannot read {file}")), "{report}");

    fs::write(&path, spec(ID)).unwrap();
    let (code, report) = lint();
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains("Spectral: skipped"), "{report}");
    assert!(
        report.contains("`cargo xtask conformance` installs it"),
        "{report}"
    );

    fs::write(&path, spec(ID).replace("x-retry: safe", "x-retry: once")).unwrap();
    let (code, report) = lint();
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains(&format!(" --> {file}:7:16")), "{report}");
    assert!(report.contains("not a value of `x-retry`"), "{report}");

    // Of what is not selected nothing is said.
    let (code, report) = lint_with(&["--select", "tag:all"]);
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains("no operation has it"), "{report}");
    let (code, report) = lint_with(&["--select", "path:/*", "--lenient"]);
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains("not a value of `x-retry`"), "{report}");
    for (options, words) in [
        (&["--select", "all"][..], "write `--select tag:TAG`"),
        (&["--select", "name:all"], "`name:` selects nothing"),
        (&["--all"], "`--all` is not known"),
    ] {
        let (code, report) = lint_with(options);
        assert_eq!(code, Some(1), "{report}");
        assert!(report.contains(words), "{report}");
    }

    // A warning is for its author to judge.
    fs::write(&path, spec(ID).replace("      x-retry: safe\n", "")).unwrap();
    let (code, report) = lint();
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains("1 warning in"), "{report}");

    fs::write(&path, spec("                  id: [\n")).unwrap();
    let (code, report) = lint();
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains(&format!(" --> {file}:")), "{report}");
    assert!(!report.contains('\u{1b}'), "colour: {report}");
}

#[test]
fn an_overlay_is_looked_at_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let [file, overlay] = ["keys.yaml", "keys.overlay.yaml"].map(|name| folder.path().join(name));
    let lint = |option| {
        let arguments = ["spec", "lint", file.to_str().unwrap(), option];
        let output = xtask(folder.path(), &arguments).arg(&overlay).output();
        let output = output.unwrap();
        (output.status.code(), stderr(&output))
    };
    let action = |id| {
        let update = "update: { x-retry: safe }";
        let target = format!("$.paths.*[?@.operationId == '{id}']");
        format!(
            "overlay: 1.0.0\ninfo: {{ title: a, version: \"1\" }}\nactions:\n- target: {target}\n  {update}\n"
        )
    };
    fs::write(&file, spec(ID).replace("      x-retry: safe\n", "")).unwrap();

    fs::write(&overlay, action("get_key")).unwrap();
    let (code, report) = lint("--overlay");
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains("no findings in"), "{report}");

    fs::write(&overlay, action("get_kye")).unwrap();
    let (code, report) = lint("--overlay");
    assert_eq!(code, Some(1), "{report}");
    let place = format!(" --> {}:4:11", overlay.display());
    assert!(report.contains(&place), "{report}");

    let (code, report) = lint("--lay");
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains("write `--overlay`"), "{report}");
}

#[test]
fn json_is_read_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    fs::write(&path, "{\n  \"openapi\": \"3.0.3\",\n  \"info\": ]\n}\n").unwrap();
    let output = xtask(folder.path(), &["spec", "lint", path.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report = stderr(&output);
    assert!(
        report.contains(&format!(" --> {}:3:11", path.display())),
        "{report}"
    );
}
