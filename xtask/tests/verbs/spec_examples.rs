use std::fs;
use std::process::Output;

use crate::{stderr, stdout, workspace, xtask};

fn examples(arguments: &[&str]) -> Output {
    let arguments = [&["spec", "examples"], arguments].concat();
    xtask(workspace(), &arguments).output().unwrap()
}

#[test]
fn our_examples_are_valid() {
    let output = examples(&[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let printed = stdout(&output);
    for name in ["github-login", "github", "ohmygpt"] {
        let line = printed
            .lines()
            .find_map(|line| line.strip_prefix(&format!("specs/{name}.yaml: ")));
        let count: u32 = line.unwrap().split(' ').next().unwrap().parse().unwrap();
        assert!(count >= 10, "{printed}");
    }
}

#[test]
fn wrong_examples_are_found_with_their_places() {
    let spec = fs::read_to_string(workspace().join("specs/github.yaml")).unwrap();
    let token = "                token: abcdefgh12345678\n";
    // In an answer, one that is required; in another one, a number for a string.
    let broken =
        spec.replacen(token, "", 1)
            .replacen("message: Bad credentials", "message: 401", 1);
    assert!(broken.len() < spec.len());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.yaml");
    fs::write(&path, &broken).unwrap();

    let output = examples(&[path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let report = stderr(&output);
    let line_of = |text: &str| 1 + broken.lines().position(|line| line.contains(text)).unwrap();
    for expected in [
        "missing properties 'token'",
        "want string, but got number",
        "2 errors in",
        &format!("broken.yaml:{}:26", line_of("message: 401")),
    ] {
        assert!(report.contains(expected), "{expected}: {report}");
    }
    let count = stdout(&examples(&[])).lines().nth(1).unwrap().to_owned();
    let (_, count) = count.split_once(": ").unwrap();
    assert!(stdout(&output).contains(count), "{}", stdout(&output));
}

#[test]
fn a_file_that_is_no_spec() {
    let output = examples(&["/nowhere/keys.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot read /nowhere/keys.yaml"));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.yaml");
    fs::write(&path, "a: [").unwrap();
    let output = examples(&[path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("keys.yaml:1:"),
        "{}",
        stderr(&output)
    );
}
