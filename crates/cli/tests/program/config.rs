//! The config file: where it is, what it may set, and what goes before it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::*;

/// A folder with a vault in `place/tokens.db` and a config file that says so.
fn set_up(more: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("place");
    fs::create_dir(&place).unwrap();
    let text = format!("vault = \"tokens.db\"\nkey_file = \"the-key\"\n{more}");
    fs::write(place.join("config.toml"), text).unwrap();
    succeed(with_config(folder.path(), &["vault", "init"]), "");
    folder
}

fn with_config(folder: &Path, arguments: &[&str]) -> Command {
    let arguments = [arguments, &["--config", "place/config.toml"]].concat();
    tokenturn(folder, &arguments)
}

/// What is in force, by `config --json`.
fn in_force(command: Command) -> Value {
    serde_json::from_str(&succeed(command, "")).unwrap()
}

#[test]
fn paths_are_beside_the_file() {
    let folder = set_up("");
    let path = folder.path();
    assert!(path.join("place/tokens.db").exists());
    assert!(path.join("place/the-key").exists());
    succeed(
        tokenturn(
            &path.join("place"),
            &["vault", "list", "--config", "config.toml"],
        ),
        "",
    );
    // Without it, there is no such vault.
    assert_bad_input(
        &run(tokenturn(path, &["vault", "list"]), ""),
        "tokenturn.db",
    );
}

#[test]
fn it_is_named_or_the_users_own() {
    let folder = set_up("");
    let path = folder.path();
    let list = || tokenturn(path, &["vault", "list"]);
    let mut named = list();
    named.env("TOKENTURN_CONFIG", "place/config.toml");
    succeed(named, "");
    fs::rename(path.join("place"), path.join("tokenturn")).unwrap();
    succeed(list(), "");
    let mut home = list();
    home.env_remove("XDG_CONFIG_HOME").env("HOME", path);
    assert_eq!(run(home, "").status.code(), Some(2));
    fs::create_dir(path.join(".config")).unwrap();
    fs::rename(path.join("tokenturn"), path.join(".config/tokenturn")).unwrap();
    let mut home = list();
    home.env_remove("XDG_CONFIG_HOME").env("HOME", path);
    succeed(home, "");
    let missing = tokenturn(path, &["vault", "list", "--config", "none.toml"]);
    assert_bad_input(&run(missing, ""), "cannot read none.toml");
}

#[test]
fn the_command_line_and_the_environment_go_before_it() {
    let folder = set_up("");
    let path = folder.path();
    succeed(
        tokenturn(path, &["vault", "init", "--vault", "other.db"]),
        "",
    );
    let whose = |command: Command| both(&run(command, ""));
    // A vault has the key beside it or none, so the other's is named here.
    let key = ["--key-file", "other.db.key"];
    let given = [&["vault", "list", "--vault", "other.db", "-v"][..], &key].concat();
    let text = whose(with_config(path, &given));
    assert!(text.contains("vault=other.db key=other.db.key"), "{text}");
    let list = [&["vault", "list", "-v"][..], &key].concat();
    let mut environment = with_config(path, &list);
    environment.env("TOKENTURN_VAULT", "other.db");
    let text = whose(environment);
    assert!(text.contains("vault=other.db key=other.db.key"), "{text}");
    let text = whose(with_config(path, &["vault", "list", "-v"]));
    assert!(
        text.contains("vault=place/tokens.db key=place/the-key"),
        "{text}"
    );

    // What excludes it takes it out.
    let url = path.join("url");
    fs::write(&url, "no URL").unwrap();
    let file = with_config(path, &["vault", "list", "--vault-file", "url"]);
    assert_bad_input(&run(file, ""), "url does not hold a postgres:// URL");
}

#[test]
fn it_counts_as_the_options_do() {
    let folder = set_up("deliver = \"false\"\nmax_lost = 1\nreport = \"told\"\n");
    let path = folder.path();
    // It is another world.
    succeed(
        with_config(path, &["rotate", "--all", "--sandbox", "--tokens", "3"]),
        "",
    );
    assert!(!path.join("place/told").exists());
    // What conflicts with it on the command line is meant.
    let mut dry = with_config(path, &["rotate", "--all", "--dry-run"]);
    dry.env(SECRET_VARIABLE, "secret");
    let output = run(dry, "");
    assert!(
        both(&output).contains("the vault is empty"),
        "{}",
        both(&output)
    );
}

#[test]
fn what_is_wrong_in_it_is_said_with_its_line() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    for (text, advice) in [
        (
            "vault = \"a\"\nclient_secret = \"canary\"",
            "line 2: \"client_secret\" cannot be set",
        ),
        (
            "\nconcurrency = 0",
            "line 2: invalid value '0' for '--concurrency",
        ),
        ("per_second = \"fast\"", "line 1: invalid value 'fast'"),
        ("lease = 60", "line 1: invalid value '60' for '--lease"),
        ("lease = { s = 1 }", "line 1: lease has to be text"),
        ("vault = \"a\"\nvault_file = \"b\"", "cannot be used with"),
        ("vault = \"a\"\nvault = \"b\"", "line 2: duplicate key"),
        ("vault = \"a\"\nkey_file = canary", "line 2: "),
        (
            "\nvault = \"postgres://me:canary@db/tokens\"",
            "line 2: a password must not be",
        ),
        ("enterprise = \"ghe.example.com\"", "--enterprise-version"),
        (
            "\nenterprise = \"me:canary@ghe\"\nenterprise_version = \"3.14\"",
            "line 2: the host has an `@` in it",
        ),
        (
            "base_url = \"https://me:canary@ghe\"",
            "line 1: the base URL has an `@` in it",
        ),
        (
            "ohmygpt_base_url = \"https://me:canary@host\"",
            "line 1: the base URL has an `@` in it",
        ),
        (
            "base_url = \"nonsense\"",
            "line 1: the base URL is not a URL",
        ),
        (
            "deliver = \" \"",
            "line 1: invalid value ' ' for '--deliver",
        ),
    ] {
        fs::create_dir_all(path.join("place")).unwrap();
        fs::write(path.join("place/config.toml"), text).unwrap();
        for command in [&["config"][..], &["vault", "list"], &["history"]] {
            let output = run(with_config(path, command), "");
            assert_bad_input(&output, advice);
            assert!(
                both(&output).contains("place/config.toml: "),
                "{}",
                both(&output)
            );
            assert!(!both(&output).contains("canary"), "{}", both(&output));
        }
        // What has no use for it does not read it.
        assert_eq!(run(with_config(path, &["demo"]), "").status.code(), Some(0));
    }
}

#[test]
fn config_shows_what_is_in_force_and_from_where() {
    let folder = set_up("per_second = 2.5\nlease = \"2m\"\n");
    let path = folder.path();
    let command = || {
        let mut command = with_config(path, &["config"]);
        command.env("TOKENTURN_VAULT", "postgres://me:canary@db/tokens");
        command.env(SECRET_VARIABLE, "canary");
        command
    };
    let text = succeed(command(), "");
    assert!(
        text.starts_with("config file: place/config.toml\n"),
        "{text}"
    );
    let row = |name: &str| {
        let mut rows = text.lines();
        let row = rows.find(|row| row.split_whitespace().next() == Some(name));
        let words: Vec<_> = row.unwrap().split_whitespace().skip(1).collect();
        words.join(" ")
    };
    assert_eq!(row("per_second"), "2.5 place/config.toml, line 3");
    assert_eq!(row("key_file"), "place/the-key place/config.toml, line 2");
    assert_eq!(row("vault"), "(not shown) TOKENTURN_VAULT");
    assert_eq!(row("concurrency"), "16 default");
    assert!(!text.contains("canary"), "{text}");

    let mut json = command();
    json.arg("--json");
    let told = in_force(json);
    assert_eq!(told["file"], "place/config.toml");
    let settings = &told["settings"];
    assert_eq!(settings["lease"]["value"], "2m");
    assert_eq!(settings["lease"]["from"], "file");
    assert_eq!(settings["client_secret_file"]["from"], "environment");
    assert_eq!(settings["client_secret_file"]["place"], SECRET_VARIABLE);
    assert_eq!(settings["max_lost"]["from"], "default");
    assert!(!told.to_string().contains("canary"), "{told}");
}

#[test]
fn its_page_has_every_setting() {
    let folder = TempDir::new().unwrap();
    let page = include_str!("../../../../docs/config.md");
    let text = succeed(tokenturn(folder.path(), &["config"]), "");
    let rows = text.lines().skip(3);
    let mut count = 0;
    for row in rows {
        let (name, rest) = row.split_once(' ').unwrap();
        let default = rest.trim().strip_suffix("default").unwrap().trim();
        let mut lines = page.lines();
        let line = lines.find(|line| line.starts_with(&format!("| `{name}` |")));
        let line = line.unwrap_or_else(|| panic!("{name}"));
        assert!(
            line.ends_with(&format!("| {default} |")),
            "{name}: {default}"
        );
        count += 1;
    }
    assert!(count > 10, "{text}");
}
