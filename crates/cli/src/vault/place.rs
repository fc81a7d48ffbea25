//! Where a vault is.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tokenturn::Secret;

use crate::args::VaultPlace;
use crate::input;

pub(crate) const VAULT_VARIABLE: &str = "TOKENTURN_VAULT";
const DEFAULT: &str = "tokenturn.db";

/// Where a vault is. It shows itself without a password.
pub(super) enum Place {
    File(PathBuf),
    Postgres(Secret),
}

impl Place {
    pub(super) fn of(args: &VaultPlace) -> Result<Self> {
        if let Some(path) = &args.vault_file {
            let text = fs::read_to_string(path);
            let text = text.with_context(|| format!("cannot read {}", path.display()))?;
            let url = input::word(&path.display().to_string(), Secret::new(text).expose())?;
            return match is_postgres(url.expose()) {
                true => Ok(Self::Postgres(url)),
                false => bail!("{} does not hold a postgres:// URL", path.display()),
            };
        }
        match &args.vault {
            Some(url) if is_postgres(url) && has_password(url) => bail!(
                "a password must not be an argument, which other users can read: put the URL into \
                 {VAULT_VARIABLE} or a file for --vault-file"
            ),
            Some(place) => Ok(Self::named(place.clone())),
            None => {
                let place = std::env::var(VAULT_VARIABLE).ok();
                let place = place.filter(|place| !place.is_empty());
                Ok(Self::named(place.unwrap_or_else(|| DEFAULT.to_owned())))
            }
        }
    }

    fn named(place: String) -> Self {
        match is_postgres(&place) {
            true => Self::Postgres(Secret::new(place)),
            false => Self::File(place.into()),
        }
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
            Self::Postgres(url) => {
                let (_, rest) = url.expose().split_once("://").unwrap_or_default();
                let rest = rest.split(['?', '#']).next().unwrap_or_default();
                let (_, host) = rest.rsplit_once('@').unwrap_or(("", rest));
                write!(f, "postgres://{host}")
            }
        }
    }
}

fn is_postgres(place: &str) -> bool {
    ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| place.starts_with(scheme))
}

fn has_password(url: &str) -> bool {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let user = address.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || query.split('&').any(|pair| pair.starts_with("password="))
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
            let place = Place::named(url.to_owned());
            assert_eq!(place.to_string(), "postgres://db/tokens");
        }
        let place = of("postgres://me@db:5432/tokens").unwrap();
        assert_eq!(place.to_string(), "postgres://db:5432/tokens");
    }

    #[test]
    fn a_key_lies_beside_its_vault() {
        let place = of("some/vault.db").unwrap();
        assert_eq!(place.key_file(), Path::new("some/vault.db.key"));
        let place = of("postgres://db/tokens").unwrap();
        assert_eq!(place.key_file(), Path::new("tokenturn.key"));
    }
}
