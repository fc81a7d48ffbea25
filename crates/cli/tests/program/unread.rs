//! Standard output and standard error that nobody reads: what is not done is said by the exit code.

use std::process::{Command, Stdio};

use crate::fleet::Stage;
use crate::support::place::{Place, row};
use crate::support::*;
use tokenturn_tests::skip;

fn code(mut command: Command, stdout: Stdio, input: &str) -> Option<i32> {
    command.stdout(stdout);
    run(command, input).status.code()
}

#[test]
fn the_exit_code_stands() {
    for place in Place::both_with(&[row("a"), row("b")]) {
        for (arguments, expected) in [
            (&["vault", "list"][..], 0),
            (&["history"], 0),
            // These are for the token itself.
            (&["vault", "get", "a"], 4),
            (&["vault", "export", "-", "--format", "csv"], 4),
            (&["history", "none"], 8),
        ] {
            let command = place.command(arguments);
            assert_eq!(code(command, unread(), ""), Some(expected), "{arguments:?}");
        }
        place.sql("UPDATE token SET generation = 7 WHERE id = 'b'");
        for arguments in [
            &["vault", "list"][..],
            &["vault", "list", "--json"],
            &["vault", "verify"],
            &["vault", "rekey"],
        ] {
            let command = place.command(arguments);
            assert_eq!(code(command, unread(), ""), Some(7), "{arguments:?}");
        }
    }
}

#[test]
fn a_note_does_not_stop_an_import() {
    for place in Place::both() {
        let import = ["vault", "import", "--init", "-", "--format", "jsonl"];
        let mut command = place.command(&import);
        command.stderr(unread());
        assert_eq!(succeed(command, &row("a").to_string()), "1 token put in\n");
        assert_eq!(place.succeed(&["vault", "get", "a"]), "gho_a\n");
    }
}

/// Whoever types the number has not seen the question.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_revoked_without_a_question() {
    let stage = Stage::with(1).await;
    // `script` gives the program a terminal.
    let line = format!(
        "{} revoke --all --base-url {} 2>&9",
        env!("CARGO_BIN_EXE_tokenturn"),
        stage.sandbox.url()
    );
    let mut command = Command::new("sh");
    let inner =
        "command -v script > /dev/null || exit 77; exec 9>&2; exec script -qec \"$1\" /dev/null";
    command.args(["-c", inner, "sh", &line]);
    let set = stage.command(&["vault", "list"]);
    command.current_dir(set.get_current_dir().unwrap());
    for (name, value) in set.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::piped()).stderr(unread());
    let code = code(command, Stdio::piped(), "1\n");
    if code == Some(77) {
        return skip("`script` is missing (Debian's bsdutils)");
    }
    assert_eq!(code, Some(4));
    assert!(stage.sandbox.is_alive(&stage.tokens[0]));
}
