//! `vault rekey`, interrupted, and where the key file cannot be replaced.

use std::fs;
use std::process::{Command, Output};

use crate::support::*;
use tempfile::TempDir;

const KEY: &str = "tokenturn.db.key";
const NEXT: &str = "tokenturn.db.key.new";

fn program(folder: &TempDir, arguments: &[&str]) -> Command {
    tokenturn(folder.path(), arguments)
}

/// A vault with a token, and the keys that it had before a change and after it.
fn rekeyed() -> (TempDir, String, String) {
    let folder = TempDir::new().unwrap();
    succeed(program(&folder, &["vault", "init"]), "");
    let import = ["vault", "import", "--init", "-", "--format", "jsonl"];
    succeed(
        program(&folder, &import),
        r#"{"id":"a","token":"gho_a","client_id":"x"}"#,
    );
    let old = read(folder.path(), KEY);
    let text = succeed(program(&folder, &["vault", "rekey"]), "");
    assert!(
        text.contains("1 token encrypted with the new key"),
        "{text}"
    );
    let new = read(folder.path(), KEY);
    assert_ne!(old, new);
    (folder, old, new)
}

/// The file as it is left, or no file.
fn leave(folder: &TempDir, name: &str, text: Option<&str>) {
    let _ = fs::remove_file(folder.path().join(name));
    if let Some(text) = text {
        write_private(folder.path(), name, text);
    }
}

#[track_caller]
fn notes(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", both(output));
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// What a file holds.
#[derive(Clone, Copy, Debug)]
enum Left {
    Old,
    New,
    Part,
    Empty,
    Missing,
}

#[test]
fn a_vault_opens_wherever_a_change_of_keys_was_interrupted() {
    for (key, next, is_adopted) in [
        // Nobody had begun to put it in its place.
        (Left::Old, Left::New, true),
        // It was being written.
        (Left::Part, Left::New, true),
        (Left::Empty, Left::New, true),
        // Somebody took the file away.
        (Left::Missing, Left::New, true),
        // It is there, and the other file is not removed, or is of another change.
        (Left::New, Left::New, false),
        (Left::New, Left::Part, false),
        (Left::New, Left::Old, false),
        (Left::New, Left::Missing, false),
    ] {
        let (folder, old, new) = rekeyed();
        let interrupt = || {
            for (name, left) in [(KEY, key), (NEXT, next)] {
                let text = match left {
                    Left::Old => Some(&*old),
                    Left::New => Some(&*new),
                    Left::Part => Some(&new[..20]),
                    Left::Empty => Some(""),
                    Left::Missing => None,
                };
                leave(&folder, name, text);
            }
        };
        for arguments in [
            &["vault", "list"][..],
            &["vault", "show", "a"],
            &["history"],
        ] {
            interrupt();
            let notes = notes(&run(program(&folder, arguments), ""));
            assert_eq!(read(folder.path(), KEY), new, "{key:?} {next:?}");
            if is_adopted {
                assert_eq!(notes.lines().count(), 1, "{notes}");
                let names = format!("the one in {NEXT}, and it is in {KEY} from now on");
                assert!(notes.contains(&names), "{notes}");
                assert!(!folder.path().join(NEXT).exists());
            } else {
                assert_eq!(notes, "");
            }
            assert!(!notes.contains(new.trim()));
        }
        // And a change goes through.
        interrupt();
        succeed(program(&folder, &["vault", "rekey"]), "");
        assert_ne!(read(folder.path(), KEY), new, "{key:?} {next:?}");
        assert!(!folder.path().join(NEXT).exists());
        assert_eq!(notes(&run(program(&folder, &["vault", "list"]), "")), "");
    }
}

#[test]
fn a_vault_that_neither_key_fits_stays_shut() {
    let (folder, old, _) = rekeyed();
    for (key, next, why) in [
        (Some(&*old), Some(&*old), "encrypted with another key"),
        (Some(&old), Some("no key"), "encrypted with another key"),
        (Some("no key"), None, "in the key file tokenturn.db.key"),
        (None, None, "there is no key in tokenturn.db.key"),
    ] {
        leave(&folder, KEY, key);
        leave(&folder, NEXT, next);
        assert_bad_input(&run(program(&folder, &["vault", "list"]), ""), why);
        assert_eq!(folder.path().join(KEY).exists(), key.is_some());
    }
}

#[test]
fn nothing_is_encrypted_where_the_next_key_has_no_place() {
    let (folder, _, new) = rekeyed();
    fs::create_dir(folder.path().join("keys")).unwrap();
    write_private(folder.path(), "keys/key", &new);
    fs::create_dir(folder.path().join("keys/key.new")).unwrap();
    let rekey = ["vault", "rekey", "--key-file", "keys/key"];
    let output = run(program(&folder, &rekey), "");
    assert_bad_input(&output, "keys/key.new");
    let list = ["vault", "list", "--key-file", "keys/key"];
    assert_eq!(notes(&run(program(&folder, &list), "")), "");
}

#[test]
fn of_two_variables_the_one_that_fits_opens_the_vault() {
    let folder = TempDir::new().unwrap();
    let (first, second) = ("1".repeat(64), "2".repeat(64));
    let with = |key: &str, next: Option<&str>, arguments: &[&str]| {
        let mut command = program(&folder, arguments);
        command.env("TOKENTURN_KEY", key);
        if let Some(next) = next {
            command.env("TOKENTURN_NEW_KEY", next);
        }
        command
    };
    succeed(with(&first, None, &["vault", "init"]), "");
    let list = |key: &str, next| run(with(key, next, &["vault", "list"]), "");
    assert_eq!(notes(&list(&first, Some(&second))), "");
    succeed(with(&first, Some(&second), &["vault", "rekey"]), "");
    let text = notes(&list(&first, Some(&second)));
    assert_eq!(text.lines().count(), 1, "{text}");
    let advice = "set TOKENTURN_KEY to what is in TOKENTURN_NEW_KEY";
    assert!(text.contains(advice), "{text}");
    assert_eq!(notes(&list(&second, None)), "");
    assert_eq!(notes(&list(&second, Some(&first))), "");
    assert_bad_input(&list(&first, None), "encrypted with another key");
    // Once more, as whoever was interrupted does.
    succeed(with(&first, Some(&second), &["vault", "rekey"]), "");
    assert_eq!(notes(&list(&second, None)), "");
}
