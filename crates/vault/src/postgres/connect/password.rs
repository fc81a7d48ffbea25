//! A password that the address does not hold, from where libpq looks for it.

use std::path::PathBuf;

use tokio_postgres::Config;
use tokio_postgres::config::Host;
use zeroize::Zeroizing;

use super::refuse;
use super::words::{Env, Words};
use crate::error::{StoreError, StoreErrorKind};
use crate::exposure;

const DEFAULT_PORT: u16 = 5432;

/// `PGPASSWORD`, or what the password file says of this server, database and user.
///
/// Where libpq passes over a file that other users can read, with a warning that nobody reads, this is
/// an error, if the file has the password.
pub(super) fn find(
    config: &Config,
    words: &Words,
    env: &Env<'_>,
) -> Result<Option<Zeroizing<String>>, StoreError> {
    if let Some(password) = env("PGPASSWORD").filter(|password| !password.is_empty()) {
        return Ok(Some(Zeroizing::new(password)));
    }
    let named = words.get("passfile", env).map(PathBuf::from);
    let Some(path) = named.or_else(|| usual_file(env)) else {
        return Ok(None);
    };
    // As to libpq, one that is not there, or is not a file, is none.
    let content = match path.is_file() {
        true => std::fs::read(&path).map(Zeroizing::new),
        false => return Ok(None),
    };
    let content = content.map_err(|e| StoreError::other("the password file cannot be read", e))?;
    let content = String::from_utf8_lossy(&content);
    let user = config.get_user().map(str::to_owned);
    let user = user.or_else(|| env("USER")).unwrap_or_default();
    let database = config.get_dbname().unwrap_or(&user);
    let mut found = places(config).into_iter().map(|(hosts, port)| {
        let port = port.to_string();
        let fits = |line: &&str| is_about(line, &hosts, [&port, database, &user]);
        lines(&content).find(fits)
    });
    let first = found.next().flatten();
    let first = first.map(password);
    // None is sent to the host of another.
    if found.any(|line| line.map(password) != first) {
        return Err(refuse(
            "the password file does not have the same password for all hosts of the address: \
             leave one host in it",
        ));
    }
    match exposure::mode(&path) {
        Some(mode) if first.is_some() => {
            // Its path may be of the address.
            let message = format!(
                "other users can get at the password file (mode {mode:04o}); take it from them with \
                 chmod 600"
            );
            Err(StoreError::new(StoreErrorKind::Exposed, message))
        }
        _ => Ok(first),
    }
}

fn usual_file(env: &Env<'_>) -> Option<PathBuf> {
    if cfg!(windows) {
        return Some(PathBuf::from(env("APPDATA")?).join("postgresql/pgpass.conf"));
    }
    Some(PathBuf::from(env("HOME")?).join(".pgpass"))
}

/// Where the server may be: the names of each host, and its port.
fn places(config: &Config) -> Vec<(Vec<String>, u16)> {
    let ports = config.get_ports();
    let port = |n: usize| ports.get(n).or(ports.first()).copied();
    let names = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => vec![name.clone()],
        #[cfg(unix)]
        Host::Unix(folder) => vec!["localhost".into(), folder.display().to_string()],
    });
    names
        .enumerate()
        .map(|(n, names)| (names, port(n).unwrap_or(DEFAULT_PORT)))
        .collect()
}

fn lines(content: &str) -> impl Iterator<Item = &str> {
    content.lines().filter(|line| !line.starts_with('#'))
}

/// Whether a line `host:port:database:user:password` is about these.
fn is_about(line: &str, hosts: &[String], [port, database, user]: [&str; 3]) -> bool {
    let (fields, _) = split(line);
    let [for_host, for_port, for_database, for_user] = &fields[..] else {
        return false;
    };
    let fits = |field: &str, value: &str| field == "*" || unescaped(field) == value;
    hosts.iter().any(|host| fits(for_host, host))
        && fits(for_port, port)
        && fits(for_database, database)
        && fits(for_user, user)
}

fn password(line: &str) -> Zeroizing<String> {
    Zeroizing::new(unescaped(split(line).1))
}

/// The four fields before the password, and the password.
fn split(line: &str) -> (Vec<&str>, &str) {
    let (mut fields, mut start, mut is_escaped) = (Vec::new(), 0, false);
    for (at, c) in line.char_indices() {
        if c == ':' && !is_escaped && fields.len() < 4 {
            fields.push(&line[start..at]);
            start = at + 1;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    (fields, &line[start..])
}

/// A backslash stands before a colon or a backslash that is meant as such.
fn unescaped(field: &str) -> String {
    let (mut text, mut chars) = (String::new(), field.chars());
    while let Some(c) = chars.next() {
        text.extend(match c {
            '\\' => chars.next(),
            c => Some(c),
        });
    }
    text
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    const FILE: &str = "# localhost:*:*:*:comment\n\
        db:5432:vault:me:of-vault\n\
        db:5433:*:me:of:port\r\n\
        a\\:b:*:back\\\\slash:*:es\\:ca\\\\ped\n\
        other:*:*:*:\n\
        localhost:*:*:me:local\n\
        /run/other:*:*:*:of-folder\n\
        db:*:*\n\
        db:5432:*:*:later";

    fn find_in(file: &str, mode: u32, address: &str) -> Result<Option<String>, StoreError> {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(".pgpass");
        fs::write(&path, file).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let home = folder.path().to_str().unwrap().to_owned();
        let env = move |name: &str| match name {
            "HOME" => Some(home.clone()),
            "USER" => Some("me".into()),
            _ => None,
        };
        found(address, &env)
    }

    fn found(address: &str, env: &Env<'_>) -> Result<Option<String>, StoreError> {
        let (words, rest) = Words::take(address).unwrap();
        let password = find(&rest.parse().unwrap(), &words, env)?;
        Ok(password.map(|password| password.to_string()))
    }

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        for (address, password) in [
            ("postgres://me@db/vault", Some("of-vault")),
            ("postgres://db/vault", Some("of-vault")),
            ("postgres://you@db/vault", Some("later")),
            ("postgres://me@db:5433/any", Some("of:port")),
            ("postgres://me@db:5434/any", None),
            ("host=a:b dbname='back\\\\slash' user=x", Some("es:ca\\ped")),
            ("postgres://me@other/vault", Some("")),
            ("postgres://me@%2Frun%2Fpostgresql/vault", Some("local")),
            ("postgres://you@%2Frun%2Fother/vault", Some("of-folder")),
            ("postgres://you@localhost/vault", None),
        ] {
            let found = find_in(FILE, 0o600, address).unwrap();
            assert_eq!(found.as_deref(), password, "{address}");
        }
    }

    #[test]
    fn a_password_goes_to_no_other_host() {
        let same = "a:*:*:*:same\nb:*:*:*:same\n";
        let found = find_in(same, 0o600, "host=a,b").unwrap();
        assert_eq!(found.as_deref(), Some("same"));
        for file in [
            "a:*:*:*:one\nb:*:*:*:other\n",
            "a:*:*:*:one\n",
            "b:*:*:*:other\n",
        ] {
            let error = find_in(file, 0o600, "host=a,b").unwrap_err();
            assert!(error.to_string().contains("one host"), "{error}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_where_it_has_the_password() {
        for mode in [0o644, 0o660, 0o601] {
            let error = find_in(FILE, mode, "postgres://me@db/vault").unwrap_err();
            assert!(error.is_exposed(), "{error}");
            assert!(error.to_string().contains("chmod 600"), "{error}");
            assert_eq!(
                find_in(FILE, mode, "postgres://me@elsewhere/v").unwrap(),
                None
            );
        }
    }

    #[test]
    fn the_variable_goes_before_the_file_and_the_address_names_another_file() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("passwords");
        fs::write(&path, "*:*:*:*:of-file").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let file = path.to_str().unwrap().to_owned();
        let address = format!("postgres://me@db/v?passfile={file}");
        let none = |_: &str| None;
        assert_eq!(found(&address, &none).unwrap().as_deref(), Some("of-file"));
        let by_variable = |name: &str| (name == "PGPASSFILE").then(|| file.clone());
        let plain = "postgres://me@db/v";
        assert_eq!(
            found(plain, &by_variable).unwrap().as_deref(),
            Some("of-file")
        );
        let both = |name: &str| (name == "PGPASSWORD").then(|| "variable".to_owned());
        assert_eq!(found(&address, &both).unwrap().as_deref(), Some("variable"));
        let empty = |name: &str| (name == "PGPASSWORD").then(String::new);
        assert_eq!(found(&address, &empty).unwrap().as_deref(), Some("of-file"));
        assert_eq!(found(plain, &none).unwrap(), None);
        let absent = "postgres://me@db/v?passfile=/nowhere/at/all";
        assert_eq!(found(absent, &none).unwrap(), None);
    }
}
