//! `vault` and `history`: files in, files out, keys, and no token where it does not belong.

use std::fs;

use crate::support::*;
use serde_json::Value;
use tempfile::TempDir;
use tokenturn_tests::skip;

const SECRETS: [&str; 4] = ["gho_first", "gho_second", "omg-oauth", "sk-admin"];
const JSONL: &str = r#"
{"id":"a \"quoted\", \u00fc","token":"gho_first","client_id":"Iv1.app","label":"Zo\u00eb, \"Z\""}
{"token":"gho_second","client_id":"Iv1.app","server":"https://GHE.example:443/api/v3/\n","expires_at":"2030-01-01T00:00:00Z","refresh_token":"ghr_1"}

{"provider":"ohmygpt","oauth_token":"omg-oauth","token":"sk-admin","id":17}
"#;

fn program(folder: &TempDir, arguments: &[&str]) -> std::process::Command {
    tokenturn(folder.path(), arguments)
}

/// The lines of an export, without what import does not look at.
fn exported(folder: &TempDir) -> Vec<Value> {
    let arguments = ["vault", "export", "-", "--format", "jsonl"];
    let text = succeed(program(folder, &arguments), "");
    let lines = text.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        for name in ["state", "generation", "created_at", "changed_at"] {
            assert!(line.as_object_mut().unwrap().remove(name).is_some());
        }
        line
    });
    lines.collect()
}

#[track_caller]
fn assert_no_secret(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn what_is_put_in_comes_out_in_either_format() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let text = succeed(program(&folder, &["vault", "init"]), "");
    assert!(text.contains("key    tokenturn.db.key"), "{text}");
    assert!(text.contains("back the key up"), "{text}");
    let again = run(program(&folder, &["vault", "init"]), "");
    assert_bad_input(&again, "there is a vault at tokenturn.db already");

    fs::write(folder.path().join("in.jsonl"), JSONL).unwrap();
    let text = succeed(
        program(&folder, &["vault", "import", "--init", "in.jsonl"]),
        "",
    );
    assert_eq!(text, "3 tokens put in\n");
    let first = exported(&folder);
    assert_eq!(first.len(), 3);
    let of = |id: &str| first.iter().find(|line| line["id"] == id).unwrap();
    let quoted = of("a \"quoted\", ü");
    assert_eq!(quoted["label"], "Zoë, \"Z\"");
    assert_eq!(quoted["server"], "https://api.github.com");
    let named = &tokenturn::Secret::new("gho_second")
        .fingerprint()
        .to_string()[..16];
    assert_eq!(of(named)["server"], "https://ghe.example/api/v3");
    assert_eq!(of(named)["refresh_token"], "ghr_1");
    assert_eq!(of(named)["expires_at"], "2030-01-01T00:00:00Z");
    assert_eq!(of("17")["oauth_token"], "omg-oauth");
    assert_eq!(of("17")["server"], "https://cn2us02.opapi.win");

    let of_server = ["vault", "list", "--server", " https://Ghe.Example/api/v3//"];
    let text = succeed(program(&folder, &of_server), "");
    assert!(text.contains(named) && text.lines().count() == 2, "{text}");

    let csv = other.path().join("out.csv");
    let csv = csv.to_str().unwrap();
    succeed(program(&folder, &["vault", "export", csv]), "");
    succeed(program(&other, &["vault", "import", "--init", csv]), "");
    assert_eq!(exported(&other), first);

    // The same once more is noticed, and changes nothing.
    for file in [csv, "in.jsonl"] {
        let output = run(program(&folder, &["vault", "import", file]), "");
        assert_bad_input(&output, &format!("{file}: line 2: there is a token named"));
        assert_no_secret(&both(&output));
    }
    assert_eq!(exported(&folder), first);
}

#[test]
fn flags_stand_for_what_lines_do_not_have() {
    let folder = TempDir::new().unwrap();
    let arguments = [
        "vault",
        "import",
        "--init",
        "-",
        "--format",
        "csv",
        "--client-id",
        "Iv1.app",
        "--label",
        "batch",
        "--server",
        "http://127.0.0.1:1/",
    ];
    let csv = "\u{feff}token,label\ngho_first,\ngho_second,own\n";
    succeed(program(&folder, &arguments), csv);
    let rows = exported(&folder);
    let labels: Vec<_> = rows
        .iter()
        .map(|row| row["label"].as_str().unwrap())
        .collect();
    assert!(
        labels.contains(&"batch") && labels.contains(&"own"),
        "{labels:?}"
    );
    assert!(rows.iter().all(|row| row["server"] == "http://127.0.0.1:1"));
    assert!(rows.iter().all(|row| row["client_id"] == "Iv1.app"));
}

#[test]
fn a_bad_line_is_named_and_nothing_is_put_in() {
    let folder = TempDir::new().unwrap();
    let good = r#"{"token":"gho_first","client_id":"x"}"#;
    for (line, why) in [
        (r#"{"client_id":"x"}"#, "no token"),
        (r#"{"token":"gho_second"}"#, "no client_id; --client-id"),
        (
            r#"{"token":"gho_second","client_id":"x","gho_first":""}"#,
            "field 3 is not known; it can be id, provider,",
        ),
        (r#"{"token":["gho_second"]}"#, "token is not text"),
        (
            r#"{"token":"gho_second","token":"gho_first"}"#,
            "token is there twice",
        ),
        (r#"{"token":"gho_second""#, "not a JSON object"),
        (r#"["gho_second"]"#, "not a JSON object"),
        (
            r#"{"token":"gho_second x","client_id":"x"}"#,
            "token holds more than one word",
        ),
        (
            r#"{"token":"gho_second","client_id":"x","expires_at":"gho_first"}"#,
            "expires_at does not look like",
        ),
        (
            r#"{"token":"gho_second","client_id":"x","provider":"gho_first"}"#,
            "the provider is neither github nor ohmygpt",
        ),
        (
            r#"{"token":"gho_second","client_id":"x","server":"gho_first"}"#,
            "server is not a URL",
        ),
        (
            r#"{"token":"gho_second","client_id":"x","label":"\u001b[2J"}"#,
            "label has U+001B in it",
        ),
        (
            "{\"token\":\"gho_second\u{200b}\",\"client_id\":\"x\"}",
            "token has U+200B in it",
        ),
        (
            r#"{"token":"\u00a0gho_second","client_id":"x"}"#,
            "token has U+00A0 in it",
        ),
        (
            r#"{"token":"'gho_second'","client_id":"x"}"#,
            "token has quotes around it",
        ),
        (
            r#"{"token":"gho_second","client_id":"x","refresh_token":"gho_first\ufeff"}"#,
            "refresh_token has U+FEFF in it",
        ),
        (
            r#"{"token":"gho_second","client_id":"x\u200d"}"#,
            "client_id has U+200D in it",
        ),
        (
            r#"{"provider":"ohmygpt","token":"gho_second"}"#,
            "no OAuth token",
        ),
        (
            r#"{"token":"gho_second","client_id":"x","server":"https://me:gho_first@ghe.example"}"#,
            "server has a user name in it",
        ),
        (
            r#"{"token":"gho_second","client_id":"x","server":"https://GitHub.com/"}"#,
            "server: https://github.com has pages and no API; write https://api.github.com",
        ),
        (
            r#"{"token":"gho_second","oauth_token":"gho_first","client_id":"x"}"#,
            "oauth_token is for ohmygpt",
        ),
    ] {
        let text = format!("{good}\n\n{line}\n");
        fs::write(folder.path().join("in.jsonl"), text).unwrap();
        let output = run(
            program(&folder, &["vault", "import", "--init", "in.jsonl"]),
            "",
        );
        assert_bad_input(&output, &format!("in.jsonl: line 3: {why}"));
        assert_no_secret(&both(&output));
    }
    for (csv, why) in [
        (
            "gho_first,x\ngho_second,x\n",
            "line 1: the name of column 1 is not known",
        ),
        ("token,token\n", "line 1: column 2 is there already"),
        (
            "token,client_id\ngho_first,x\ngho_second\n",
            "line 3: 1 values, and 2 columns",
        ),
        ("token,client_id\ngho_first,x\n,x\n", "line 3: no token"),
        (
            "id,token,client_id\na,gho_first,x\nb,gho_second,x\na,gho_second,x\n",
            "in.csv: line 4: there is a token named \"a\" already",
        ),
        (
            "id,token,client_id\na,gho_first,x\nb,gho_é,x\n",
            "in.csv: line 3: token has U+00E9 in it",
        ),
    ] {
        fs::write(folder.path().join("in.csv"), csv).unwrap();
        let output = run(
            program(&folder, &["vault", "import", "--init", "in.csv"]),
            "",
        );
        assert_bad_input(&output, why);
        assert_no_secret(&both(&output));
    }
    // A quote that nobody closes, in front of a long file.
    let endless = format!("token,client_id\n\"gho_first,x\n{}", "y".repeat(1_000_000));
    fs::write(folder.path().join("in.csv"), endless).unwrap();
    let output = run(
        program(&folder, &["vault", "import", "--init", "in.csv"]),
        "",
    );
    assert_bad_input(&output, "too long");
    let output = run(program(&folder, &["vault", "import", "tokens.txt"]), "");
    assert_bad_input(&output, "cannot read tokens.txt");
    fs::write(folder.path().join("tokens.txt"), "").unwrap();
    let output = run(program(&folder, &["vault", "import", "tokens.txt"]), "");
    assert_bad_input(&output, "--format jsonl or --format csv");
    assert!(exported(&folder).is_empty());
}

/// Whoever moves a vault by an export moves the only copies of tokens that may be in answers, too.
#[test]
fn answers_that_are_kept_are_moved_with_their_tokens() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    // The bodies `{"token":"a"}` and `x`, and one that is as long as a page.
    let page = "eHh4".repeat(200_000);
    let line = format!(
        r#"{{"id":"1","token":"gho_a","client_id":"c","user_id":7,"kept":"eyJ0b2tlbiI6ImEifQ== eA== {page}"}}"#
    );
    let put_in = |folder, format, text: &str| {
        let arguments = ["vault", "import", "--init", "-", "--format", format];
        succeed(program(folder, &arguments), text);
    };
    put_in(&folder, "jsonl", &line);
    let csv = ["vault", "export", "-", "--format", "csv"];
    put_in(&other, "csv", &succeed(program(&folder, &csv), ""));
    for folder in [&folder, &other] {
        let kept = format!("eyJ0b2tlbiI6ImEifQ== eA== {page}");
        assert_eq!(exported(folder)[0]["kept"], kept);
        assert_eq!(exported(folder)[0]["user_id"], 7);
        let list = succeed(program(folder, &["vault", "list"]), "");
        assert!(list.contains("unknown"), "in doubt: {list}");
    }
    let arguments = ["vault", "import", "--init", "-", "--format", "jsonl"];
    let line = r#"{"id":"2","token":"gho_b","client_id":"c","kept":"gho_canary!"}"#;
    let output = run(program(&folder, &arguments), line);
    assert_bad_input(&output, "kept is not base64");
    assert!(!both(&output).contains("canary"), "{}", both(&output));
}

#[test]
fn secrets_are_only_in_exports() {
    let folder = TempDir::new().unwrap();
    succeed(
        program(
            &folder,
            &["vault", "import", "--init", "-", "--format", "jsonl"],
        ),
        JSONL,
    );
    for arguments in [
        &["vault", "list"][..],
        &["vault", "list", "--json"],
        &["vault", "show", "17"],
        &["vault", "show", "17", "--json"],
        &["history"],
        &["history", "17", "--json"],
    ] {
        let text = succeed(program(&folder, arguments), "");
        assert!(text.contains("17"), "{text}");
        assert_no_secret(&text);
    }
    let list = |more: &[&str]| {
        let arguments = [&["vault", "list"], more].concat();
        let output = run(program(&folder, &arguments), "");
        let count = stdout(&output).lines().count() - 1;
        let code = if count == 0 { 8 } else { 0 };
        assert_eq!(output.status.code(), Some(code), "{}", both(&output));
        count
    };
    assert_eq!(list(&[]), 3);
    assert_eq!(list(&["--provider", "github"]), 2);
    assert_eq!(list(&["--server", "https://ghe.example/api/v3/"]), 1);
    assert_eq!(list(&["--client-id", "Iv1.app"]), 2);
    assert_eq!(list(&["--label", "Zoë, \"Z\""]), 1);
    assert_eq!(list(&["--state", "lost"]), 0);
    assert_eq!(list(&["--older-than", "30d"]), 0);
    assert_eq!(list(&["--id", "17", "--state", "active"]), 1);

    for verb in ["show", "get", "remove"] {
        let output = run(program(&folder, &["vault", verb, "18"]), "");
        assert_ends(&output, 8, "there is no token named \"18\"");
    }
    assert_eq!(
        succeed(program(&folder, &["vault", "remove", "17"]), ""),
        "removed 17\n"
    );
    let again = run(program(&folder, &["vault", "remove", "17"]), "");
    assert_ends(&again, 8, "no token named");
    let history = succeed(program(&folder, &["history", "17"]), "");
    assert!(history.contains("removed"), "{history}");
    let import = ["vault", "import", "--init", "-", "--format", "jsonl"];
    let row = r#"{"id":"19","token":"gho_1","client_id":"Iv1.app","kept":"e30="}"#;
    succeed(program(&folder, &import), row);
    assert_eq!(
        succeed(program(&folder, &["vault", "remove", "19"]), ""),
        "removed 19, and with it an answer that may have its new token in it\n"
    );
}

#[cfg(unix)]
#[test]
fn an_export_is_for_its_owner_and_replaces_nothing() {
    let folder = TempDir::new().unwrap();
    succeed(
        program(
            &folder,
            &["vault", "import", "--init", "-", "--format", "jsonl"],
        ),
        JSONL,
    );
    succeed(program(&folder, &["vault", "export", "out.jsonl"]), "");
    let path = folder.path().join("out.jsonl");
    assert_eq!(mode(&path), 0o600);
    let text = fs::read_to_string(&path).unwrap();
    let output = run(program(&folder, &["vault", "export", "out.jsonl"]), "");
    assert_bad_input(&output, "out.jsonl is there already");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);

    let output = run(program(&folder, &["vault", "export", "none/out.jsonl"]), "");
    assert_bad_input(&output, "cannot write none/out.jsonl");
    // There is room for reading, and not for so many tokens.
    let many = (0..1000).map(|n| format!("gho_{n},Iv1.app\n"));
    let many = format!("token,client_id\n{}", many.collect::<String>());
    let import = ["vault", "import", "-", "--format", "csv"];
    succeed(program(&folder, &import), &many);
    let line = "trap '' XFSZ; ulimit -f 100; exec \"$0\" vault export full.jsonl";
    let mut full = std::process::Command::new("sh");
    full.args(["-c", line, env!("CARGO_BIN_EXE_tokenturn")]);
    full.current_dir(folder.path())
        .env("TOKENTURN_CONFIG", "/dev/null")
        .env_remove("TOKENTURN_KEY")
        .env_remove("TOKENTURN_VAULT");
    let full = full.output().unwrap();
    assert_ends(&full, 4, "cannot write full.jsonl: ");
    // Nothing is left of a file that did not become whole.
    let names = fs::read_dir(folder.path()).unwrap();
    let mut names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!names.any(|name| name.starts_with('.')));
}

#[cfg(target_os = "linux")]
#[test]
fn secrets_are_not_shown_on_a_terminal() {
    let folder = TempDir::new().unwrap();
    succeed(
        program(
            &folder,
            &["vault", "import", "--init", "-", "--format", "jsonl"],
        ),
        JSONL,
    );
    // `script` gives the program a terminal.
    let program = env!("CARGO_BIN_EXE_tokenturn");
    let line = format!("{program} vault export - --format csv");
    let mut command = std::process::Command::new("script");
    command
        .args(["-qec", &line, "/dev/null"])
        .current_dir(folder.path());
    let Ok(output) = command.output() else {
        return skip("`script` is missing (Debian's bsdutils)");
    };
    assert_ne!(output.status.code(), Some(0));
    assert!(
        both(&output).contains("this would show the tokens"),
        "{}",
        both(&output)
    );
    assert_no_secret(&both(&output));
}

#[cfg(unix)]
#[test]
fn files_that_others_can_read_are_refused() {
    use std::os::unix::fs::PermissionsExt;

    let folder = TempDir::new().unwrap();
    succeed(program(&folder, &["vault", "init"]), "");
    for name in ["tokenturn.db", "tokenturn.db.key"] {
        let path = folder.path().join(name);
        let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        set(0o644);
        let output = run(program(&folder, &["vault", "list"]), "");
        assert_bad_input(&output, &format!("chmod 600 '{name}'"));
        set(0o600);
        succeed(program(&folder, &["vault", "list"]), "");
    }
}

#[test]
fn a_new_key_takes_the_place_of_the_old_one() {
    let folder = TempDir::new().unwrap();
    succeed(
        program(
            &folder,
            &["vault", "import", "--init", "-", "--format", "jsonl"],
        ),
        JSONL,
    );
    let path = folder.path();
    let old = read(path, "tokenturn.db.key");
    let text = succeed(program(&folder, &["vault", "rekey"]), "");
    assert!(
        text.contains("3 tokens encrypted with the new key"),
        "{text}"
    );
    let new = read(path, "tokenturn.db.key");
    assert_ne!(old, new);
    assert!(!text.contains(new.trim()));

    // With the old key alone it stays shut.
    write_private(path, "tokenturn.db.key", &old);
    let output = run(program(&folder, &["vault", "list"]), "");
    assert_bad_input(&output, "encrypted with another key");
    fs::remove_file(path.join("tokenturn.db.key")).unwrap();
    let output = run(program(&folder, &["vault", "list"]), "");
    assert_bad_input(&output, "there is no key in tokenturn.db.key");
    assert!(!path.join("tokenturn.db.key").exists());
}

#[test]
fn a_key_may_come_from_the_environment() {
    let folder = TempDir::new().unwrap();
    let (first, second) = ("1".repeat(64), "2".repeat(64));
    let with = |key: &str, arguments: &[&str]| {
        let mut command = program(&folder, arguments);
        command.env("TOKENTURN_KEY", key);
        command.env("TOKENTURN_VAULT", "other.db");
        command
    };
    let text = succeed(with(&first, &["vault", "init"]), "");
    assert!(text.contains("key    TOKENTURN_KEY"), "{text}");
    assert!(!folder.path().join("other.db.key").exists());
    assert!(!text.contains(&first));

    let output = run(with(&first, &["vault", "rekey"]), "");
    assert_bad_input(&output, "TOKENTURN_NEW_KEY");
    let mut rekey = with(&first, &["vault", "rekey"]);
    rekey.env("TOKENTURN_NEW_KEY", &second);
    let text = succeed(rekey, "");
    assert!(text.contains("set TOKENTURN_KEY"), "{text}");
    succeed(with(&second, &["vault", "list"]), "");
    let output = run(with(&first, &["vault", "list"]), "");
    assert_bad_input(&output, "encrypted with another key");
    // An empty one says nothing.
    let output = run(with("", &["vault", "list"]), "");
    assert_bad_input(&output, "there is no key in other.db.key");
    let output = run(with("hunter2", &["vault", "list"]), "");
    assert_bad_input(&output, "TOKENTURN_KEY");
    assert!(!both(&output).contains("hunter2"));
}

#[test]
fn a_password_is_no_argument() {
    let folder = TempDir::new().unwrap();
    let url = "postgres://me:hunter2@127.0.0.1:1/tokens";
    let output = run(program(&folder, &["vault", "list", "--vault", url]), "");
    assert_bad_input(&output, "TOKENTURN_VAULT or a file for --vault-file");
    assert!(!both(&output).contains("hunter2"));
}
