use std::fs;
use std::path::Path;

use crate::repository::{ID, NOTE, commit, git_is_there, spec, with_spec};
use crate::{stderr, stdout, xtask};

/// What the verb prints, which succeeds also for breaking changes.
fn diff(root: &Path, revision: &[&str]) -> String {
    let output = xtask(root, &[&["spec", "diff"], revision].concat())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

fn error(root: &Path, revision: &[&str]) -> String {
    let output = xtask(root, &[&["spec", "diff"], revision].concat())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    stderr(&output)
}

#[test]
fn tells_changes_of_meaning_from_changes_of_words() {
    if !git_is_there() {
        return;
    }
    let folder = with_spec("keys.yaml", &spec(&[ID, NOTE].concat()));
    let root = folder.path();
    let path = root.join("specs/keys.yaml");
    commit(root);
    assert_eq!(diff(root, &[]), "the specs are as in HEAD\n");

    let words = spec(&[NOTE, ID].concat()).replace("The key.", "A key.");
    fs::write(&path, words).unwrap();
    assert_eq!(
        diff(root, &[]),
        "specs/keys.yaml\n  no change of meaning\n0 breaking changes, 0 others\n"
    );

    fs::write(&path, spec(ID).replace("x-retry: safe", "x-retry: never")).unwrap();
    let expected = "specs/keys.yaml
  breaking  get_key: x-retry safe -> never (less safe to repeat)
  breaking  get_key: answer 200: `note` was removed (its Rust field goes)
2 breaking changes, 0 others\n";
    assert_eq!(diff(root, &[]), expected);
    commit(root);
    assert_eq!(diff(root, &[]), "the specs are as in HEAD\n");
    assert_eq!(diff(root, &["HEAD~1"]), expected);
}

#[test]
fn new_and_removed_files() {
    if !git_is_there() {
        return;
    }
    let folder = with_spec("old.yaml", &spec(ID));
    let root = folder.path();
    commit(root);
    let specs = root.join("specs");
    fs::rename(specs.join("old.yaml"), specs.join("new.yaml")).unwrap();
    assert_eq!(
        diff(root, &[]),
        "specs/new.yaml (new)
  added     get_key: was added (GET /keys) (a new method)
specs/old.yaml (removed)
  breaking  get_key: was removed (its method goes)
1 breaking change, 1 other\n"
    );
}

#[test]
fn says_what_to_do_where_there_is_nothing_to_compare_with() {
    if !git_is_there() {
        return;
    }
    let folder = with_spec("keys.yaml", &spec(ID));
    let message = error(folder.path(), &[]);
    assert!(message.contains("is no git checkout"), "{message}");
    assert!(message.contains("clone the repository"), "{message}");

    commit(folder.path());
    for revision in ["nowhere", "--help", ""] {
        let message = error(folder.path(), &[revision]);
        assert!(message.contains("git knows no revision"), "{message}");
        assert!(message.contains("git fetch"), "{message}");
    }

    fs::write(folder.path().join("specs/keys.yaml"), "a: [").unwrap();
    let message = error(folder.path(), &[]);
    assert!(
        message.contains("specs/keys.yaml: not valid YAML"),
        "{message}"
    );
}
