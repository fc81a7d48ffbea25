//! Keys that are not whole, and what is said of them.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::*;

/// The program with a disk that takes nothing: by a limit of the shell, with what comes when it is
/// reached.
fn on_full_disk(folder: &Path, signal: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_tokenturn");
    let line = format!("{signal} ulimit -c 0; ulimit -f 0; exec '{program}' \"$@\"");
    command
        .args(["-c", &line, "sh"])
        .args(arguments)
        .current_dir(folder)
        .env_remove("TOKENTURN_KEY")
        .env_remove("TOKENTURN_VAULT");
    command
}

#[test]
fn no_part_of_a_key_is_left_behind() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    // Killed while it writes, and told that there is no room.
    for signal in ["", "trap '' XFSZ;"] {
        let output = on_full_disk(path, signal, &["vault", "init"])
            .output()
            .unwrap();
        assert!(!output.status.success(), "{}", both(&output));
        assert!(!path.join("tokenturn.db.key").exists());
        if !signal.is_empty() {
            assert_bad_input(&output, "cannot create tokenturn.db.key: ");
        }
    }
    succeed(tokenturn(path, &["vault", "init"]), "");
    succeed(tokenturn(path, &["vault", "list"]), "");
}

#[test]
fn an_empty_key_file_is_said_to_be_empty() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    write_private(path, "tokenturn.db.key", "");
    let told = "error: the key file tokenturn.db.key is empty: put the key into it again";
    for verb in ["init", "list"] {
        if verb == "list" {
            // The vault is there, and its key was lost.
            std::fs::remove_file(path.join("tokenturn.db.key")).unwrap();
            succeed(tokenturn(path, &["vault", "init"]), "");
            write_private(path, "tokenturn.db.key", "");
        }
        assert_bad_input(&run(tokenturn(path, &["vault", verb]), ""), told);
        assert_eq!(read(path, "tokenturn.db.key"), "");
    }
}

#[test]
fn errors_about_keys_say_where_they_are() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    succeed(tokenturn(path, &["vault", "init"]), "");
    write_private(path, "half", "0123");
    let list = |more: &[&str]| tokenturn(path, &[&["vault", "list"], more].concat());
    let output = run(list(&["--key-file", "half"]), "");
    assert_bad_input(&output, "error: what is in the key file half is not 64");
    let mut command = list(&[]);
    command.env("TOKENTURN_KEY", "0123");
    let told = "error: what is in TOKENTURN_KEY is not 64 hexadecimal digits";
    assert_bad_input(&run(command, ""), told);
    let mut command = tokenturn(path, &["vault", "rekey"]);
    command.env("TOKENTURN_KEY", read(path, "tokenturn.db.key"));
    command.env("TOKENTURN_NEW_KEY", "0123");
    let told = "error: what is in TOKENTURN_NEW_KEY is not 64 hexadecimal digits";
    assert_bad_input(&run(command, ""), told);
    write_private(path, "other", &"0".repeat(64));
    let output = run(list(&["--key-file", "other"]), "");
    assert_bad_input(&output, "error: the key in other: ");
    let output = run(list(&["--key-file", "none/key"]), "");
    assert_bad_input(&output, "none/key");
}
