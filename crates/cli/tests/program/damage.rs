//! Rows that cannot be read: the others are dealt with, these are named, and the exit code is 7.

use serde_json::{Value, json};
use tokenturn_sandbox::Sandbox;

use crate::support::place::{Place, row};
use crate::support::*;

const DAMAGE: &str = "UPDATE token SET generation = 7 WHERE id = 'b'; \
    UPDATE token SET state = 'asleep' WHERE id = 'c'";

/// Those that have been named.
fn named(output: &std::process::Output) -> Vec<String> {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    let names = text.lines().filter_map(|line| {
        let (_, rest) = line.split_once("damaged: \"")?;
        Some(rest.split_once('"')?.0.to_owned())
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn what_cannot_be_read_is_named_and_left_out() {
    for place in Place::both_with(&["a", "b", "c", "d"].map(row)) {
        place.sql(DAMAGE);
        for (arguments, lines) in [
            (&["vault", "list"][..], 3),
            // With what is wrong in the last one.
            (&["vault", "list", "--json"], 3),
            (&["vault", "list", "--client-id", "Iv1.app"], 3),
            (&["vault", "export", "-", "--format", "csv"], 3),
            (&["vault", "export", "out.jsonl"], 1),
        ] {
            let output = place.run(arguments);
            assert_ends(&output, 7, "2 rows of the vault could not be read");
            assert_eq!(stdout(&output).lines().count(), lines, "{arguments:?}");
            assert_eq!(named(&output), ["b", "c"]);
        }
        assert_eq!(read(place.path(), "out.jsonl").lines().count(), 2);
        for verb in ["show", "get"] {
            let output = place.run(&["vault", verb, "b"]);
            assert_ends(&output, 7, "the row \"b\" cannot be read");
            place.succeed(&["vault", verb, "a"]);
        }

        let output = place.run(&["vault", "rekey"]);
        assert_ends(&output, 7, "2 tokens encrypted with the new key");
        assert_eq!(named(&output), ["b", "c"]);
        let output = place.run(&["vault", "verify", "--json"]);
        assert_eq!(output.status.code(), Some(7));
        let text = stdout(&output);
        let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        let faults = &line["faults"];
        assert_eq!(faults[0], json!({ "id": "b", "what": "it cannot be read" }));
        assert_eq!(faults[1]["id"], "c");

        assert_eq!(place.succeed(&["vault", "remove", "b"]), "removed b\n");
        let import = ["vault", "import", "--replace", "-", "--format", "jsonl"];
        succeed(place.command(&import), &row("c").to_string());
        assert_eq!(place.succeed(&["vault", "list"]).lines().count(), 4);
        assert_eq!(place.succeed(&["vault", "get", "c"]), "gho_c\n");
        place.succeed(&["vault", "verify"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_go_on_beside_what_cannot_be_read() {
    for place in Place::both() {
        let sandbox = Sandbox::start(0).await.unwrap();
        sandbox.set_rate_limit(None);
        let rows: Vec<Value> = ["a", "b", "c", "d", "e"]
            .map(|id| {
                let (token, client) = (sandbox.new_github_token(), sandbox.client_id());
                json!({ "id": id, "token": token, "client_id": client, "server": sandbox.url() })
            })
            .to_vec();
        place.import(&rows);
        // One of them is of the app still, one of another, and one of none.
        place.sql(
            "UPDATE token SET generation = 7 WHERE id = 'b'; \
             UPDATE token SET server = 'https://example.com' WHERE id = 'c'; \
             UPDATE token SET provider = 'nobody' WHERE id = 'd'",
        );
        let run = |arguments: &[&str]| {
            let mut command = place.command(arguments);
            command.args(["--base-url", &sandbox.url()]);
            command.env(SECRET_VARIABLE, sandbox.client_secret());
            run(command, "")
        };
        let check = run(&["check", "--all", "--json"]);
        assert_eq!(check.status.code(), Some(7), "{}", both(&check));
        assert_eq!(
            (&json(&check)["damaged"], &json(&check)["valid"]),
            (&json!(3), &json!(2))
        );
        let plan = run(&["rotate", "--all", "--dry-run"]);
        for id in ["b", "c", "d"] {
            let told = format!("{id:?} cannot be read, and is left alone");
            assert_ends(&plan, 7, &told);
        }
        let rotate = run(&["rotate", "--all", "--json"]);
        assert_eq!(rotate.status.code(), Some(7), "{}", both(&rotate));
        let line = json(&rotate);
        assert_eq!(
            (&line["damaged"], &line["replaced"]),
            (&json!(3), &json!(2))
        );
        assert_eq!(line["without_client"], 0);
        assert_eq!(named(&rotate), ["b", "c", "d"]);
        assert_eq!(sandbox.replacement_count(), 2);
        let rotate = run(&["rotate", "--all", "--new-run"]);
        assert_ends(&rotate, 7, "damaged                3");
        assert_ends(&rotate, 7, "next: put the damaged ones in again");
    }
}
