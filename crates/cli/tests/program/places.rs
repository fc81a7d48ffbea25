//! Places where there is no vault, or something else, and making one.

use std::fs;

use crate::support::place::{Place, row};
use crate::support::*;

/// Everything that works on a vault, but what makes one.
const ALL: [&[&str]; 17] = [
    &["vault", "list"],
    &["vault", "show", "a"],
    &["vault", "get", "a"],
    &["vault", "status"],
    &["vault", "verify"],
    &["vault", "export", "-", "--format", "csv"],
    &["vault", "export", "out.csv"],
    &["vault", "import", "-", "--format", "csv"],
    &["vault", "import", "--replace", "-", "--format", "csv"],
    &["vault", "rekey"],
    &["vault", "remove", "a"],
    &["history"],
    &["rotate", "--all"],
    &["rotate", "--all", "--dry-run"],
    &["check", "--all"],
    &["recover"],
    &["deliver", "--deliver", "true"],
];

#[test]
fn nothing_but_init_makes_a_vault_or_a_key() {
    for place in Place::both() {
        for arguments in ALL {
            let output = place.run(arguments);
            assert_bad_input(&output, "there is no vault at ");
            assert_bad_input(&output, "make one with: tokenturn vault init");
            assert_eq!(place.names(), [""; 0], "{arguments:?}");
        }
        // Also with the key of another one at hand.
        write_private(place.path(), "tokenturn.key", &"1".repeat(64));
        write_private(place.path(), "tokenturn.db.key", &"1".repeat(64));
        for arguments in ALL {
            assert_bad_input(&place.run(arguments), "there is no vault at ");
        }
        if let Some((cluster, url)) = &place.database {
            let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'tokenturn'";
            assert_eq!(cluster.sql(url, schemas), "0");
        }
    }
}

#[test]
fn a_file_that_is_no_vault_is_left_alone() {
    let place = &Place::both()[0];
    let path = place.path().join("tokenturn.db");
    let other = "CREATE TABLE users (id); CREATE TABLE token (id); CREATE TABLE vault (probe)";
    write_private(place.path(), "tokenturn.db.key", &"1".repeat(64));
    for (make, why) in [
        ("", "there is no vault at tokenturn.db"),
        ("text", "tokenturn.db cannot be used"),
        (other, "there is no vault at tokenturn.db"),
    ] {
        write_private(place.path(), "tokenturn.db", "");
        match make {
            "text" => write_private(place.path(), "tokenturn.db", &"no vault\n".repeat(100)),
            sql => place.sql(sql),
        }
        let before = fs::read(&path).unwrap();
        for arguments in ALL {
            assert_bad_input(&place.run(arguments), why);
        }
        for arguments in [
            &["vault", "init"][..],
            &["vault", "import", "--init", "-", "--format", "csv"],
        ] {
            assert_bad_input(&place.run(arguments), "tokenturn.db");
        }
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(place.names(), ["tokenturn.db", "tokenturn.db.key"]);
    }
}

#[test]
fn a_vault_is_made_once_and_says_where_its_key_is() {
    for place in Place::both() {
        let key = match place.database {
            Some(_) => "tokenturn.key",
            None => "tokenturn.db.key",
        };
        let text = place.succeed(&["vault", "init"]);
        assert!(text.contains(&format!("key    {key}\n")), "{text}");
        let before = read(place.path(), key);
        place.import(&[row("a")]);
        let again = place.run(&["vault", "init"]);
        assert_bad_input(&again, "there is a vault at ");
        // Also by somebody who has another key.
        let elsewhere = ["vault", "init", "--key-file", "other.key"];
        assert_bad_input(&place.run(&elsewhere), "there is a vault at ");
        assert!(!place.path().join("other.key").exists());
        assert_eq!(read(place.path(), key), before);
        assert_eq!(place.succeed(&["vault", "get", "a"]), "gho_a\n");
    }
    for place in Place::both() {
        let import = ["vault", "import", "--init", "-", "--format", "jsonl"];
        let output = run(place.command(&import), &row("a").to_string());
        assert_ends(&output, 0, "note: there is a new vault at ");
        assert_ends(&output, 0, ".key; back the key up");
        assert_eq!(stdout(&output), "1 token put in\n");
        let output = run(place.command(&import), &row("b").to_string());
        assert_eq!(both(&output), "1 token put in\n");
    }
}

#[test]
fn an_init_that_fails_leaves_nothing() {
    for place in Place::both() {
        match &place.database {
            None => {
                let init = [
                    "vault",
                    "init",
                    "--vault",
                    "none/vault.db",
                    "--key-file",
                    "key",
                ];
                assert_bad_input(&place.run(&init), "none/vault.db");
            }
            Some((cluster, url)) => {
                // Whoever is not the owner of the database makes no schema in it.
                let role = "CREATE ROLE maker LOGIN";
                cluster.sql(url, &format!("DROP ROLE IF EXISTS maker; {role}"));
                let url = url.replacen("tokenturn@", "maker@", 1);
                let mut init = place.command(&["vault", "init"]);
                init.env("TOKENTURN_VAULT", url);
                let output = run(init, "");
                assert_eq!(output.status.code(), Some(2), "{}", both(&output));
            }
        }
        assert_eq!(place.names(), [""; 0]);
    }
    // A key that was there before stays.
    let place = &Place::both()[0];
    write_private(place.path(), "key", &"1".repeat(64));
    let init = [
        "vault",
        "init",
        "--vault",
        "none/vault.db",
        "--key-file",
        "key",
    ];
    assert_bad_input(&place.run(&init), "none/vault.db");
    assert_eq!(place.names(), ["key"]);
}

#[test]
fn making_a_vault_takes_over_nothing_that_is_there() {
    for place in Place::both() {
        let (key, other) = match place.database {
            Some(_) => ("tokenturn.key", "1".repeat(64)),
            None => ("tokenturn.db.key", "2".repeat(64)),
        };
        write_private(place.path(), key, &other);
        let import = ["vault", "import", "--init", "-", "--format", "csv"];
        for arguments in [&["vault", "init"][..], &import] {
            let output = place.run(arguments);
            let told = format!("{key} is there and holds the key of another vault");
            assert_bad_input(&output, &told);
            assert_eq!(place.names(), [key]);
        }
        // Whoever names it means it.
        place.succeed(&["vault", "init", "--key-file", key]);
        assert_eq!(read(place.path(), key), other);
    }

    let place = &Place::both()[0];
    write_private(place.path(), "tokenturn.db-wal", "tokens");
    let output = place.run(&["vault", "init"]);
    assert_bad_input(&output, "put tokenturn.db back beside it");
    assert_eq!(read(place.path(), "tokenturn.db-wal"), "tokens");
    assert_eq!(place.names(), ["tokenturn.db-wal"]);
}

#[test]
fn what_can_be_no_vault_is_told_apart_from_a_disk_at_fault() {
    let place = &Place::both()[0];
    fs::create_dir(place.path().join("folder")).unwrap();
    std::os::unix::fs::symlink("none", place.path().join("link")).unwrap();
    let import = &["vault", "import", "--init", "-", "--format", "csv"][..];
    let all = ALL.into_iter().chain([&["vault", "init"], import]);
    for arguments in all {
        for (name, told) in [
            ("folder", "folder is a folder"),
            ("link", "link is a link to a file that is not there"),
            ("/dev/null", "/dev/null is no file"),
        ] {
            let output = place.run(&[arguments, &["--vault", name]].concat());
            assert_bad_input(&output, told);
        }
    }
    assert_eq!(place.names(), ["folder", "link"]);
}
