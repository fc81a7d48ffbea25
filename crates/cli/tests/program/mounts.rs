//! Single files that are mounted, as containers have them, and vaults on media that take nothing.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::reading::read_all;
use crate::support::place::{Place, row};
use crate::support::*;
use tempfile::TempDir;
use tokenturn_tests::skip;

/// Runs a command where `host` is mounted as `file`. `None`, and the test is skipped, where that is not
/// allowed.
fn mounted(folder: &Path, options: &str, command: &Command) -> Option<Command> {
    let mount = format!("mount --bind host file && {options}");
    after(folder, &mount, command)
}

/// Runs a command after these of the shell, which may mount something: in namespaces of their own.
fn after(folder: &Path, mount: &str, command: &Command) -> Option<Command> {
    let mut allowed = Command::new("unshare");
    if !allowed
        .args(["-Urm", "true"])
        .status()
        .is_ok_and(|s| s.success())
    {
        skip("nothing can be mounted in a namespace (`unshare -Urm`)");
        return None;
    }
    let script = format!("{mount} exec \"$0\" \"$@\"");
    let mut within = Command::new("unshare");
    within
        .args(["-Urm", "sh", "-c", &script])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => within.env(name, value),
            None => within.env_remove(name),
        };
    }
    Some(within)
}

#[test]
fn a_token_goes_into_a_mounted_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    write_private(path, "host", "");
    write_private(path, "file", "");
    for provider in ["github", "ohmygpt"] {
        let rotate = ["rotate", provider, "--sandbox", "--out", "file"];
        let Some(command) = mounted(path, "", &tokenturn(path, &rotate)) else {
            return;
        };
        succeed(command, "");
        let token = read(path, "host");
        assert!(token.ends_with('\n') && token.len() > 20);
        fs::write(path.join("host"), "").unwrap();
    }
    assert_eq!(fs::read_dir(path).unwrap().count(), 2);
}

#[test]
fn a_mounted_key_file_gets_the_next_key() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let init = ["vault", "init", "--key-file", "host"];
    succeed(tokenturn(path, &init), "");
    write_private(path, "file", "");
    let old = read(path, "host");
    let rekey = ["vault", "rekey", "--key-file", "file"];

    // Read-only: nothing is encrypted.
    let options = "mount -o remount,bind,ro file &&";
    let Some(command) = mounted(path, options, &tokenturn(path, &rekey)) else {
        return;
    };
    assert_bad_input(&run(command, ""), "the key file file could not be replaced");
    let list = ["vault", "list", "--key-file", "host"];
    succeed(tokenturn(path, &list), "");

    succeed(mounted(path, "", &tokenturn(path, &rekey)).unwrap(), "");
    assert_ne!(read(path, "host"), old);
    succeed(tokenturn(path, &list), "");
    assert!(!path.join("file.new").exists());

    // A change that could not be ended where the file cannot be written: the next key opens it.
    fs::rename(path.join("host"), path.join("file.new")).unwrap();
    write_private(path, "host", &old);
    let list = ["vault", "list", "--key-file", "file"];
    let output = run(mounted(path, options, &tokenturn(path, &list)).unwrap(), "");
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    let notes = String::from_utf8(output.stderr).unwrap();
    assert_eq!(notes.lines().count(), 1, "{notes}");
    assert!(
        notes.contains("put what is in file.new into file"),
        "{notes}"
    );
    assert!(path.join("file.new").exists());
}

/// A vault in the folder `vault`, with what a process that was killed has left in its log, if it is to be.
fn vault(has_log: bool) -> TempDir {
    let place = &Place::both_with(&[row("b")])[0];
    place.sql("PRAGMA user_version");
    // While somebody has it open, the log stays.
    let log = rusqlite::Connection::open(place.path().join("tokenturn.db")).unwrap();
    log.execute_batch("SELECT count(*) FROM token").unwrap();
    let import = ["vault", "import", "--init", "-", "--format", "jsonl"];
    succeed(place.command(&import), &row("a").to_string());
    if !has_log {
        log.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
            .unwrap();
    }
    let copy = TempDir::new().unwrap();
    let folder = copy.path().join("vault");
    fs::create_dir(&folder).unwrap();
    for name in ["tokenturn.db", "tokenturn.db-wal", "tokenturn.db.key"] {
        fs::copy(place.path().join(name), folder.join(name)).unwrap();
    }
    let length = fs::metadata(folder.join("tokenturn.db-wal")).unwrap().len();
    assert_eq!(length > 0, has_log);
    copy
}

#[test]
fn a_vault_is_read_where_nothing_can_be_written() {
    const READ_ONLY: &str = "mount --bind vault vault && mount -o remount,bind,ro vault && cd vault && ! touch x 2>/dev/null &&";
    const FULL: &str = "mkdir full && mount -t tmpfs -o size=256k none full && cp -p vault/* full && cd full && \
        dd if=/dev/zero of=filling bs=1k 2>/dev/null; [ -e filling ] && ! dd if=/dev/zero of=more bs=1 count=1 2>/dev/null &&";
    // Without its powers, root is anybody, in a folder that others own.
    const OF_OTHERS: &str = "[ -s vault/tokenturn.db-wal ] || rm vault/tokenturn.db-wal; chmod 555 vault && cd vault && \
        ! setpriv --bounding-set=-all --inh-caps=-all touch x 2>/dev/null && \
        exec setpriv --bounding-set=-all --inh-caps=-all \"$0\" \"$@\"; exit 99;";
    for has_log in [true, false] {
        for mount in [READ_ONLY, FULL, OF_OTHERS] {
            let folder = vault(has_log);
            let command = |arguments: &[&str]| {
                let _ = fs::remove_dir(folder.path().join("full"));
                let _ = fs::File::create_new(folder.path().join("vault/tokenturn.db-wal"));
                let command = tokenturn(folder.path(), arguments);
                after(folder.path(), mount, &command)
            };
            if command(&[]).is_none() {
                return;
            }
            read_all(|arguments| command(arguments).unwrap());
            let output = run(command(&["vault", "remove", "a"]).unwrap(), "");
            assert_ne!(output.status.code(), Some(0), "{}", both(&output));
        }
    }
}
