//! The five steps of CONTRIBUTING.md, walked in a copy of the workspace.

use std::process::Output;
use std::{fs, iter};

use crate::copy::Copy;
use crate::help::verbs;
use crate::repository::{commit, git_is_there};
use crate::{stderr, stdout, workspace};

const TITLE: &str = "## A spec change in five steps\n";
const SPEC: &str = "specs/github.yaml";
const GENERATED: &str = "crates/client/src/generated/github.rs";

/// The text of each step, in one line.
fn steps() -> Vec<String> {
    let text = fs::read_to_string(workspace().join("CONTRIBUTING.md")).unwrap();
    let (_, section) = text.split_once(TITLE).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let starts = (1..).map(|number| format!("\n{number}. "));
    let mut rest = section;
    let mut steps = Vec::new();
    for start in starts {
        let Some((step, after)) = rest.split_once(&start) else {
            break;
        };
        steps.push(step);
        rest = after;
    }
    let steps = steps.into_iter().skip(1).chain(iter::once(rest));
    let one_line = |step: &str| step.split_whitespace().collect::<Vec<_>>().join(" ");
    steps.map(one_line).collect()
}

/// What stands in backquotes.
fn code(step: &str) -> impl Iterator<Item = &str> {
    step.split('`').skip(1).step_by(2)
}

fn commands(step: &str) -> impl Iterator<Item = &str> {
    code(step).filter(|code| code.contains("cargo "))
}

/// Runs a command of the text, without building anything again for it.
fn run(copy: &Copy, command: &str) -> Output {
    let mut words = command.split(' ').peekable();
    let mut variables = Vec::new();
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        variables.push((name, value));
        words.next();
    }
    let words: Vec<&str> = words.collect();
    let mut process = match words[..] {
        ["cargo", "xtask", ref arguments @ ..] => copy.xtask(arguments),
        [
            "cargo",
            "test",
            "-p",
            "xtask",
            "--test",
            "verbs",
            ref filters @ ..,
        ] => copy.test(filters),
        _ => panic!("what is `{command}`?"),
    };
    process.envs(variables).output().unwrap()
}

#[test]
fn a_spec_change_is_walked_through() {
    if !git_is_there() {
        return;
    }
    let steps = steps();
    assert_eq!(steps.len(), 5, "{steps:?}");
    let copy = Copy::new();
    commit(copy.root());

    // 1. A new field, with an example.
    copy.edit(
        SPEC,
        "        note_url:\n          type: string\n",
        "        nickname:\n          type: string\n        note_url:\n          type: string\n",
    );
    copy.edit(
        SPEC,
        "                note_url: http://optional/note/url\n",
        "                nickname: octo\n                note_url: http://optional/note/url\n",
    );

    let mut snapshots = None;
    for command in steps[1..4].iter().flat_map(|step| commands(step)) {
        let output = run(&copy, command);
        let (success, printed) = (output.status.success(), stdout(&output));
        let report = format!("{command}\n{printed}\n{}", stderr(&output));
        match command {
            "cargo xtask spec lint" => assert!(success, "{report}"),
            "cargo xtask spec examples" => {
                assert!(success && printed.contains("examples checked"), "{report}");
            }
            "cargo xtask codegen" => {
                let wrote = format!("wrote {GENERATED}");
                assert!(success && printed.contains(&wrote), "{report}");
                assert!(copy.read(GENERATED).contains("pub nickname:"));
            }
            "cargo xtask spec diff" => {
                let added = "answer 200: `nickname` was added (string, optional)";
                assert!(success && printed.contains(added), "{report}");
                assert!(printed.contains("0 breaking changes, 1 other"), "{report}");
            }
            test if test.starts_with("cargo test") => {
                assert!(!success, "{report}");
                assert!(report.contains("nickname"), "{report}");
                snapshots = Some(test);
            }
            accept if accept.starts_with("INSTA_UPDATE=always cargo test") => {
                assert!(success, "{report}");
                let again = run(&copy, snapshots.unwrap());
                assert!(again.status.success(), "{}", stdout(&again));
            }
            unknown => panic!("what has to come of `{unknown}`?"),
        }
    }
    assert!(snapshots.is_some(), "nobody looked at the snapshots");
}

#[test]
fn what_the_steps_name_is_there() {
    let verbs = verbs();
    for step in steps() {
        for command in commands(&step) {
            if let Some(verb) = command.strip_prefix("cargo xtask ") {
                assert!(verbs.contains(verb), "{verb:?} is not among {verbs:?}");
            }
        }
        for path in code(&step).filter(|code| code.contains('/') && !code.contains("NAME")) {
            assert!(workspace().join(path).exists(), "{path}");
        }
    }
}
