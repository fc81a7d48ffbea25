//! Where a vault is.

use std::env::VarError;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use tokenturn::Secret;

use crate::args::VaultPlace;
use crate::input;

pub(crate) const VAULT_VARIABLE: &str = "TOKENTURN_VAULT";
const DEFAULT: &str = "tokenturn.db";

/// The file of the vault that the arguments name, if it is one.
pub(crate) fn file(args: &VaultPlace) -> Option<PathBuf> {
    // What holds a URL may be standard input, which can be read once.
    if args.vault_file.is_some() {
        return None;
    }
    Place::of(args).ok()?.existing().map(Path::to_owned)
}

/// Refuses a place that others must not read.
pub(crate) fn check(place: &str) -> Result<()> {
    Place::in_the_open(place).map(drop)
}

/// Where a vault is. It shows itself without a password.
pub(super) enum Place {
    File(PathBuf),
    Postgres(Secret),
}

impl Place {
    pub(super) fn of(args: &VaultPlace) -> Result<Self> {
        let place = Self::meant(args)?;
        if let Self::File(path) = &place {
            check_file(path)?;
        }
        Ok(place)
    }

    fn meant(args: &VaultPlace) -> Result<Self> {
        if let Some(path) = &args.vault_file {
            let (name, text) = input::read(path)?;
            return match Self::named(text.expose().trim())? {
                Self::File(_) => bail!("{name} does not hold a postgres:// URL"),
                place => Ok(place),
            };
        }
        if let Some(place) = &args.vault {
            return Self::in_the_open(place);
        }
        match std::env::var(VAULT_VARIABLE) {
            Ok(place) if !place.is_empty() => Self::named(Secret::new(place).expose()),
            Err(VarError::NotUnicode(_)) => bail!("{VAULT_VARIABLE} is not text"),
            _ => Self::named(DEFAULT),
        }
    }

    /// The place that others can read, too.
    fn in_the_open(place: &str) -> Result<Self> {
        match Self::named(place)? {
            Self::Postgres(url) if has_password(url.expose()) => bail!(
                "a password must not be an argument or in a config file, which other users can \
                 read: put the URL into {VAULT_VARIABLE} or a file for --vault-file"
            ),
            place => Ok(place),
        }
    }

    /// What is neither shows nothing of itself: it may be the URL of a database with a mistake in it.
    fn named(place: &str) -> Result<Self> {
        let place = input::without_mark(place).trim();
        if is_postgres(place) {
            return Ok(Self::Postgres(Secret::new(place)));
        }
        let lower = place.to_lowercase();
        let lower = Secret::new(lower.split_whitespace().collect::<String>());
        let lower = lower.expose();
        let is_scheme = lower
            .trim_start_matches(['\'', '"'])
            .starts_with("postgres");
        // The other form that libpq takes.
        let is_list = ["host=", "dbname=", "password="]
            .iter()
            .any(|key| lower.contains(key));
        // `USER:PASSWORD@HOST/DATABASE`
        let user = lower
            .rsplit_once('@')
            .and_then(|(user, _)| user.split_once(':'));
        let is_user =
            user.is_some_and(|(name, word)| !name.contains('/') && !word.starts_with(['/', '\\']));
        if lower.contains("://") || is_list || is_user || is_scheme && lower.contains(':') {
            bail!(
                "the vault is neither a file nor the URL of a database, which begins with \
                 postgres:// and has no quotes around it"
            );
        }
        Ok(Self::File(place.into()))
    }

    /// The file that its key is in unless another one is named.
    pub(super) fn key_file(&self) -> PathBuf {
        match self {
            Self::File(path) => {
                let mut name = path.clone().into_os_string();
                name.push(".key");
                name.into()
            }
            Self::Postgres(_) => PathBuf::from("tokenturn.key"),
        }
    }

    /// Its name wherever the program is started.
    #[cfg(feature = "keyring")]
    pub(super) fn lasting_name(&self) -> String {
        match self {
            Self::File(path) => {
                let lasting = std::path::absolute(path);
                lasting.as_ref().unwrap_or(path).display().to_string()
            }
            Self::Postgres(_) => self.to_string(),
        }
    }

    /// Whether a vault may be there, as far as can be told from here.
    pub(super) fn may_be_there(&self) -> bool {
        matches!(self, Self::Postgres(_)) || self.existing().is_some()
    }

    /// The file, if it is one and is there.
    pub(super) fn existing(&self) -> Option<&Path> {
        match self {
            Self::File(path) if path.exists() => Some(path),
            _ => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres(url) => match address(url.expose()) {
                Some(address) => write!(f, "postgres://{address}"),
                None => f.write_str("a postgres:// URL that is not shown"),
            },
        }
    }
}

/// Refuses what is there and can be no vault. SQLite would say that the disk is at fault.
fn check_file(path: &Path) -> Result<()> {
    let name = path.display();
    match path.metadata() {
        Ok(found) if found.is_dir() => {
            bail!("{name} is a folder; name the file of the vault in it by --vault")
        }
        Ok(found) if !found.is_file() => bail!("{name} is no file, so it is no vault"),
        Err(why) if why.kind() == ErrorKind::NotFound && path.is_symlink() => bail!(
            "{name} is a link to a file that is not there; put that back, or name another file by \
             --vault"
        ),
        _ => Ok(()),
    }
}

fn is_postgres(place: &str) -> bool {
    ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| place.starts_with(scheme))
}

/// Host and database of a URL. `None` where they cannot be told from what might be a password.
fn address(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (credentials, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
    if credentials.contains('?') {
        return None;
    }
    let address = rest.split(['?', '#']).next()?;
    let hosts = address.split('/').next()?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || "-._%[]:,/".contains(c);
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let has_ports = hosts.split(',').all(|host| {
        let after = host.rsplit_once(']').map_or(host, |(_, after)| after);
        after.split_once(':').is_none_or(|(_, port)| is_port(port))
    });
    (address.chars().all(is_word) && has_ports).then_some(address)
}

fn has_password(url: &str) -> bool {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let user = rest.rsplit_once('@').map_or("", |(user, _)| user);
    address(url).is_none() || user.contains(':') || rest.contains("password=")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vault: &str) -> Result<Place> {
        Place::of(&VaultPlace {
            vault: Some(vault.to_owned()),
            vault_file: None,
            key_file: None,
            #[cfg(feature = "keyring")]
            keyring: false,
        })
    }

    #[test]
    fn a_password_is_not_taken_from_the_arguments_and_not_shown() {
        for url in [
            "postgres://me:hunter2@db/tokens",
            "postgresql://me:hunter2@db/tokens",
            "postgres://db/tokens?password=hunter2",
            "postgres://db/tokens?user=me&password=hunter2",
        ] {
            let error = of(url).err().unwrap().to_string();
            assert!(error.contains("TOKENTURN_VAULT"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
            let place = Place::named(url).unwrap();
            assert_eq!(place.to_string(), "postgres://db/tokens");
        }
        let place = of("postgres://me@db:5432/tokens").unwrap();
        assert_eq!(place.to_string(), "postgres://db:5432/tokens");
    }

    #[test]
    fn nothing_of_a_password_is_shown_whatever_is_in_it() {
        for password in [
            "hunter2",
            "hun@ter2",
            "hun/ter2",
            "hun#ter2",
            "hun?ter2",
            "hun ter2",
            "hun%ter2",
            "hun:ter2",
            "@hunter2",
            "hun@/ter2",
            "hun@ter?2",
            "h/u@n#t?e:r&2=",
            "hun\\ter2",
        ] {
            for url in [
                format!("postgres://hunter:{password}@db:5432/tokens"),
                format!("postgresql://hunter:{password}@[::1],db/tokens?sslmode=require"),
                format!("postgres://db/tokens?user=hunter&password={password}"),
                format!("postgres://hunter:{}/tokens", password.replace('@', "")),
                format!(" postgres://hunter:{password}@db/tokens\n"),
                format!("Postgres://hunter:{password}@db/tokens"),
                format!("postgres:/hunter:{password}@db/tokens"),
                format!("'postgres://hunter:{password}@db/tokens'"),
                format!("mysql://hunter:{password}@db/tokens"),
                format!("hunter:a{password}@db/tokens"),
                format!("host=db user=hunter password={password}"),
                format!("host = db user = hunter Password = {password}"),
                format!("dbname=tokens user=hunter sslpassword={password}"),
            ] {
                let shown = match Place::named(&url) {
                    Ok(place) => place.to_string(),
                    Err(error) => error.to_string(),
                };
                assert!(!shown.contains("hun") && !shown.contains("ter"), "{shown}");
                let error = of(&url).err().unwrap().to_string();
                assert!(!error.contains("hun") && !error.contains("ter"), "{error}");
            }
        }
        for (url, shown) in [
            ("postgres://u:a/b@db:5432/t", "postgres://db:5432/t"),
            (
                "postgres://u:a#@db,[::1]:5/t?x=y",
                "postgres://db,[::1]:5/t",
            ),
            (
                "postgres://%2Frun%2Fpostgresql/t",
                "postgres://%2Frun%2Fpostgresql/t",
            ),
        ] {
            assert_eq!(Place::named(url).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn a_key_lies_beside_its_vault() {
        let place = of("some/vault.db").unwrap();
        assert_eq!(place.key_file(), Path::new("some/vault.db.key"));
        let place = of("postgres://db/tokens").unwrap();
        assert_eq!(place.key_file(), Path::new("tokenturn.key"));
    }
}
