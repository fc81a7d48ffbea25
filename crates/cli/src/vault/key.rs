//! Where the key of a vault is.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use tokenturn_vault::{KEY_VARIABLE, Key, KeyFile, StoreError};

use super::place::Place;
use crate::args::VaultPlace;

/// The variable that holds what [`KEY_VARIABLE`] is to hold from then on.
pub(super) const NEW_KEY_VARIABLE: &str = "TOKENTURN_NEW_KEY";

/// Where a key is.
pub(super) enum KeyPlace {
    Variable,
    File(PathBuf),
    #[cfg(feature = "keyring")]
    Keyring(tokenturn_vault::Keyring),
}

impl KeyPlace {
    /// What is asked for by name goes before the environment.
    pub(super) fn of(args: &VaultPlace, place: &Place) -> Self {
        #[cfg(feature = "keyring")]
        if args.keyring {
            let name = place.lasting_name();
            return Self::Keyring(tokenturn_vault::Keyring::new("tokenturn", name));
        }
        match &args.key_file {
            Some(path) => Self::File(path.clone()),
            None if is_set(KEY_VARIABLE) => Self::Variable,
            None => Self::File(place.key_file()),
        }
    }

    /// The key of a vault that there is.
    pub(super) fn read(&self) -> Result<Option<Key>, StoreError> {
        match self {
            Self::Variable => Key::from_env(KEY_VARIABLE),
            Self::File(path) => KeyFile::new(path).read(),
            #[cfg(feature = "keyring")]
            Self::Keyring(keyring) => keyring.read(),
        }
    }

    /// The key of a vault that is made just now.
    pub(super) fn read_or_create(&self) -> Result<Option<Key>, StoreError> {
        match self {
            Self::File(path) => KeyFile::new(path).read_or_create().map(Some),
            #[cfg(feature = "keyring")]
            Self::Keyring(keyring) => keyring.read_or_create().map(Some),
            Self::Variable => self.read(),
        }
    }

    /// Takes away a key that was made for a vault that there is not.
    pub(super) fn remove(&self) -> Result<()> {
        match self {
            Self::File(path) => fs::remove_file(path)
                .with_context(|| format!("remove {}, which no vault has", path.display())),
            Self::Variable => Ok(()),
            // It is used the next time.
            #[cfg(feature = "keyring")]
            Self::Keyring(_) => Ok(()),
        }
    }

    /// The key that a vault has when somebody was interrupted while giving it another one.
    pub(super) fn read_next(&self) -> Result<Option<Key>, StoreError> {
        match self {
            Self::File(path) => KeyFile::new(path).read_next(),
            #[cfg(feature = "keyring")]
            Self::Keyring(keyring) => keyring.read_next(),
            Self::Variable => next_in_variable(),
        }
    }

    /// Puts the next key where it is kept before a vault is encrypted with it, and finds out whether
    /// it can take the place of this one.
    pub(super) async fn prepare_next(&self) -> Result<Key> {
        match self {
            Self::File(path) => Ok(KeyFile::new(path).prepare_next().await?),
            #[cfg(feature = "keyring")]
            Self::Keyring(keyring) => Ok(keyring.prepare_next()?),
            Self::Variable => match next_in_variable()? {
                Some(key) => Ok(key),
                None => bail!(
                    "the key comes from {KEY_VARIABLE}, so the new one has to be in \
                     {NEW_KEY_VARIABLE}; `openssl rand -hex 32` makes one"
                ),
            },
        }
    }

    /// Puts the next key in the place of this one, when the vault is encrypted with it. Whoever has
    /// set a variable has to set it again. The file that the key before is kept in, if it is.
    pub(super) async fn adopt_next(&self) -> Result<Option<PathBuf>> {
        let adopted = match self {
            Self::File(path) => KeyFile::new(path).adopt_next().await,
            #[cfg(feature = "keyring")]
            Self::Keyring(keyring) => keyring.adopt_next().map(|()| None),
            Self::Variable => bail!("set {KEY_VARIABLE} to what is in {NEW_KEY_VARIABLE}"),
        };
        adopted.with_context(|| {
            let next = self.next();
            format!("put what is in {next} into {self}, and take {next} away")
        })
    }

    /// Where the next key is.
    pub(super) fn next(&self) -> String {
        match self {
            Self::Variable => NEW_KEY_VARIABLE.to_owned(),
            Self::File(path) => KeyFile::new(path).next_path().display().to_string(),
            #[cfg(feature = "keyring")]
            Self::Keyring(_) => "the keyring's next place, `.new`".to_owned(),
        }
    }
}

/// An empty variable says nothing.
fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

fn next_in_variable() -> Result<Option<Key>, StoreError> {
    match is_set(NEW_KEY_VARIABLE) {
        true => Key::from_env(NEW_KEY_VARIABLE),
        false => Ok(None),
    }
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable => f.write_str(KEY_VARIABLE),
            Self::File(path) => path.display().fmt(f),
            #[cfg(feature = "keyring")]
            Self::Keyring(_) => f.write_str("the keyring"),
        }
    }
}
