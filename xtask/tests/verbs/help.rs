use std::collections::BTreeSet;

use crate::{stderr, workspace, xtask};

#[test]
fn an_unknown_verb_is_answered_with_help() {
    for arguments in [&["codgen"][..], &[], &["spec"], &["spec", "diff", "a", "b"]] {
        let output = xtask(workspace(), arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("cargo xtask codegen --check"));
    }
}

/// The verbs that the help names, such as `spec diff`.
pub(crate) fn verbs() -> BTreeSet<String> {
    let help = stderr(&xtask(workspace(), &[]).output().unwrap());
    let lines = help
        .lines()
        .filter_map(|line| line.strip_prefix("cargo xtask "));
    let verb = |line: &str| {
        let words = line
            .split(' ')
            .take_while(|word| word.starts_with(|first: char| first.is_ascii_lowercase()));
        words.collect::<Vec<_>>().join(" ")
    };
    lines.map(verb).collect()
}
