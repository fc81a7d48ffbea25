//! What only reads: `status`, `get` and `verify`, filters that fit none, and places that cannot be
//! written to.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokenturn_tests::postgres::Cluster;
use tokenturn_tests::skip;

use crate::support::place::{Place, row};
use crate::support::*;

/// Everything that only reads.
const READING: [&[&str]; 9] = [
    &["vault", "list"],
    &["vault", "show", "a"],
    &["vault", "get", "a"],
    &["vault", "status"],
    &["vault", "verify"],
    &["vault", "export", "-", "--format", "csv"],
    &["history"],
    &["history", "a"],
    &["vault", "list", "--id", "a"],
];

/// Reads all that there is by a command that is made of the arguments.
#[track_caller]
pub(crate) fn read_all(command: impl Fn(&[&str]) -> Command) {
    for arguments in READING {
        let output = run(command(arguments), "");
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            both(&output)
        );
    }
    let token = run(command(&["vault", "get", "a"]), "");
    assert_eq!(stdout(&token), "gho_a\n");
}

#[test]
fn reading_takes_no_more_than_select() {
    for place in Place::both_with(&[row("a"), row("b")]) {
        let Some((cluster, url)) = &place.database else {
            continue;
        };
        let role = "CREATE ROLE reader LOGIN; CREATE ROLE late LOGIN SUPERUSER; \
                    ALTER ROLE late SET default_transaction_read_only = on";
        cluster.sql(url, &format!("DROP ROLE IF EXISTS reader, late; {role}"));
        place.sql(
            "GRANT USAGE ON SCHEMA tokenturn TO reader; \
             GRANT SELECT ON ALL TABLES IN SCHEMA tokenturn TO reader",
        );
        for role in ["reader", "late"] {
            let by = |arguments: &[&str]| {
                let mut command = place.command(arguments);
                let url = url.replacen("tokenturn@", &format!("{role}@"), 1);
                command.env("TOKENTURN_VAULT", url);
                command
            };
            read_all(by);
            let output = run(by(&["vault", "remove", "a"]), "");
            assert_ne!(output.status.code(), Some(0), "{}", both(&output));
        }
        place.sql("DROP OWNED BY reader; DROP ROLE reader, late");
    }
}

#[test]
fn a_standby_is_read() {
    let Some(mut cluster) = Cluster::find() else {
        return;
    };
    let (url, folder) = (cluster.new_database(), TempDir::new().unwrap());
    let command = |arguments: &[&str]| {
        let mut command = tokenturn(folder.path(), arguments);
        command.env("TOKENTURN_VAULT", &url);
        command
    };
    let import = ["vault", "import", "--init", "-", "--format", "jsonl"];
    succeed(command(&import), &row("a").to_string());
    cluster.stand_by();
    assert_eq!(cluster.sql(&url, "SELECT pg_is_in_recovery()"), "t");
    read_all(command);
    let output = run(command(&["vault", "remove", "a"]), "");
    assert_ne!(output.status.code(), Some(0), "{}", both(&output));
}

#[test]
fn what_is_read_does_not_change() {
    let place = &Place::both_with(&[row("a"), row("b")])[0];
    // Whoever closes it last puts the log into it.
    place.sql("PRAGMA user_version");
    let file = place.path().join("tokenturn.db");
    let reserve = place.path().join("tokenturn.db-reserve");
    fs::remove_file(&reserve).unwrap();
    let before = fs::read(&file).unwrap();
    read_all(|arguments| place.command(arguments));
    assert_eq!(fs::read(&file).unwrap(), before);
    assert!(!reserve.exists());
}

#[test]
fn the_status_is_told_in_numbers() {
    let rows = [
        row("a"),
        json!({ "id": "b", "token": "gho_b", "client_id": "Iv1.app", "label": "blue",
                "expires_at": "2030-01-01T00:00:00Z", "refresh_token": "ghr_b" }),
        json!({ "id": "c", "token": "gho_c", "client_id": "Iv1.app",
                "expires_at": "2029-01-01T00:00:00Z", "refresh_token": "ghr_c" }),
        json!({ "id": "d", "provider": "ohmygpt", "oauth_token": "omg-d" }),
    ];
    for place in Place::both_with(&rows) {
        place.sql(
            "UPDATE token SET undelivered = 1, deliver_attempts = 3, \
                 deliver_error = 'exit 1', changed_at = 1000 WHERE id = 'a'; \
             UPDATE token SET state = 'lost' WHERE id = 'c'; \
             INSERT INTO run (number, filter, began_at) VALUES (1, '{\"label\":\"blue\"}', 4102444800000)",
        );
        let line = json(&place.run(&["vault", "status", "--json"]));
        assert_eq!(line["tokens"], 4);
        assert_eq!(line["states"]["active"], 3);
        assert_eq!(line["states"]["lost"], 1);
        assert_eq!(line["undelivered"], 1);
        assert_eq!(line["oldest"], "1970-01-01T00:00:01Z");
        // That of the lost one does not count.
        assert_eq!(line["next_expiry"], "2030-01-01T00:00:00Z");
        let apps = line["apps"].as_array().unwrap();
        assert_eq!(apps.len(), 2);
        assert_eq!(apps[0]["app"]["client_id"], "Iv1.app");
        assert_eq!(
            (&apps[0]["tokens"], &apps[1]["tokens"]),
            (&json!(3), &json!(1))
        );
        assert_eq!(apps[1]["next_expiry"], Value::Null);
        let failed = &line["not_delivered"];
        assert_eq!(
            (&failed["id"], &failed["attempts"]),
            (&json!("a"), &json!(3))
        );
        assert_eq!(failed["error"], "exit 1");
        let run = json!({ "filter": { "label": "blue" }, "began_at": "2100-01-01T00:00:00Z" });
        let open = &line["runs"][0];
        assert_eq!(
            (&open["filter"], &open["began_at"]),
            (&run["filter"], &run["began_at"])
        );
        assert_eq!((&open["done"], &open["left"]), (&json!(0), &json!(1)));
        let text = place.succeed(&["vault", "status"]);
        for told in [
            "all tokens\n  active      3\n  lost        1\n  undelivered 1\n",
            "oldest      unchanged since 1970-01-01T00:00:01Z",
            "not handed on since 1970-01-01T00:00:01Z: \"a\", 3 times, at last: exit 1",
            "0 done, 1 left, of {\"label\":\"blue\"}",
            "tokenturn vault verify",
        ] {
            assert!(text.contains(told), "{told}: {text}");
        }
        assert!(!text.contains("gho_") && !text.contains("ghr_"), "{text}");
    }
}

#[test]
fn one_token_goes_to_a_program() {
    let rows = [
        json!({ "id": "a", "token": "gho_a", "client_id": "Iv1.app", "refresh_token": "ghr_a",
                "expires_at": "2030-01-01T00:00:00Z" }),
        json!({ "id": "b", "provider": "ohmygpt", "oauth_token": "omg-b" }),
        row("c"),
    ];
    for place in Place::both_with(&rows) {
        let get = |id: &str| place.run(&["vault", "get", id]);
        assert_eq!(both(&get("a")), "gho_a\n");
        let line = json(&place.run(&["vault", "get", "a", "--json"]));
        let expected = json!({ "access_token": "gho_a", "refresh_token": "ghr_a",
                               "expires_at": "2030-01-01T00:00:00Z" });
        assert_eq!(line, expected);
        assert_bad_input(&get("b"), "the admin token of \"b\" is not known yet");
        assert_ends(&get("d"), 8, "there is no token named \"d\"");
        for (state, code, told) in [
            ("lost", 1, "the token \"c\" is lost"),
            ("revoked", 1, "the token \"c\" is revoked"),
            ("unknown", 0, "note: the token \"c\" is unknown"),
        ] {
            place.sql(&format!(
                "UPDATE token SET state = '{state}' WHERE id = 'c'"
            ));
            let output = get("c");
            assert_ends(&output, code, told);
            let is_told = stdout(&output) == "gho_c\n";
            assert_eq!(is_told, code == 0, "{}", both(&output));
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_token_is_shown_on_a_terminal_when_that_is_asked_for() {
    let place = &Place::both_with(&[row("a")])[0];
    let show = |more: &str| {
        // `script` gives the program a terminal.
        let line = format!("{} vault get a {more}", env!("CARGO_BIN_EXE_tokenturn"));
        let mut command = Command::new("script");
        command
            .args(["-qec", &line, "/dev/null"])
            .current_dir(place.path());
        command.output()
    };
    let Ok(output) = show("") else {
        return skip("`script` is missing (Debian's bsdutils)");
    };
    assert_bad_input(&output, "add --to-terminal");
    assert!(!both(&output).contains("gho_a"), "{}", both(&output));
    let output = show("--to-terminal").unwrap();
    assert_ends(&output, 0, "gho_a");
}

#[test]
fn what_is_wrong_with_which_row_is_told() {
    let twice = json!({ "id": "e", "token": "gho_d", "client_id": "Iv1.app" });
    let rows = [row("a"), row("b"), row("c"), row("d"), twice];
    for place in Place::both_with(&rows) {
        place.sql("UPDATE event SET new = 'other' WHERE id = 'a'");
        place.sql("UPDATE token SET created_at = changed_at + 1 WHERE id = 'b'");
        place.sql(
            "UPDATE token SET sealed = (SELECT sealed FROM token WHERE id = 'd') WHERE id = 'c'",
        );
        if place.database.is_none() {
            place.sql(
                "PRAGMA writable_schema = ON; \
                 UPDATE sqlite_schema SET sql = 'CREATE INDEX event_by_id ON event (at, number)' \
                     WHERE name = 'event_by_id'",
            );
        }
        let output = place.run(&["vault", "verify"]);
        for (is_told, told) in [
            (
                true,
                "\"a\": its token is not the last one that its history has",
            ),
            (true, "\"b\": it has changed before it was put in"),
            (true, "\"c\": it cannot be read"),
            (true, "\"d\": another row has its token, too"),
            (true, "\"e\": another row has its token, too"),
            (place.database.is_none(), "the database: "),
        ] {
            assert_eq!(
                both(&output).contains(told),
                is_told,
                "{told}: {}",
                both(&output)
            );
        }
        assert_ends(&output, 7, "wrong with the vault, of 5 tokens");
        assert!(!both(&output).contains("gho_"), "{}", both(&output));
    }
}

#[test]
fn a_command_that_means_no_token_says_so() {
    for place in Place::both_with(&[row("a")]) {
        for command in [
            &["vault", "list"][..],
            &["vault", "list", "--json"],
            &["vault", "export", "-", "--format", "jsonl"],
            &["vault", "export", "out.csv"],
            &["rotate", "--all"],
            &["rotate", "--all", "--dry-run"],
            &["recover"],
            &["check", "--all"],
        ] {
            for filter in [["--label", "blue"], ["--id", "z"], ["--older-than", "30d"]] {
                let mut command = place.command(&[command, &filter].concat());
                command.env(SECRET_VARIABLE, "secret");
                let output = run(command, "");
                assert_ends(&output, 8, "no token");
            }
        }
        assert!(!place.path().join("out.csv").exists());
        // Nothing is named, so nothing is missing.
        place.succeed(&["vault", "remove", "a"]);
        for list in [
            &["vault", "list"][..],
            &["vault", "export", "-", "--format", "csv"],
        ] {
            place.succeed(list);
        }
        // And a run has to be over something.
        for command in [&["rotate", "--all"][..], &["recover"], &["check", "--all"]] {
            let output = place.run(command);
            assert_ends(&output, 8, "the vault is empty");
        }
    }
}
