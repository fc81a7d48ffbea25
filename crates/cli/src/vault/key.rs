//! Where the key of a vault is.

use std::fmt;
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
            None if std::env::var_os(KEY_VARIABLE).is_some() => Self::Variable,
            None => Self::File(place.key_file()),
        }
    }

    /// The key of a vault that there is.
    pub(super) fn read(&self) -> Result<Key> {
        let found = match self {
            Self::Variable => Key::from_env(KEY_VARIABLE).context(KEY_VARIABLE)?,
            Self::File(path) => KeyFile::new(path).read()?,
            #[cfg(feature = "keyring")]
            Self::Keyring(keyring) => keyring.read()?,
        };
        found.with_context(|| {
            format!(
                "there is no key in {self}: the vault's key has to be there, in {KEY_VARIABLE}, or \
                 in a file for --key-file"
            )
        })
    }

    /// The key of a vault that is made just now.
    pub(super) fn read_or_create(&self) -> Result<Key> {
        match self {
            Self::File(path) => Ok(KeyFile::new(path).read_or_create()?),
            #[cfg(feature = "keyring")]
            Self::Keyring(keyring) => Ok(keyring.read_or_create()?),
            Self::Variable => self.read(),
        }
    }

    /// The key that a vault has when somebody was interrupted while giving it another one.
    pub(super) fn read_next(&self) -> Result<Option<Key>, StoreError> {
        match self {
            Self::File(path) => KeyFile::new(path).read_next(),
            #[cfg(feature = "keyring")]
            Self::Keyring(keyring) => keyring.read_next(),
            Self::Variable => Ok(None),
        }
    }

    /// Puts the next key where it is kept before a vault is encrypted with it.
    pub(super) fn prepare_next(&self) -> Result<Key> {
        match self {
            Self::File(path) => Ok(KeyFile::new(path).prepare_next()?),
            #[cfg(feature = "keyring")]
            Self::Keyring(keyring) => Ok(keyring.prepare_next()?),
            Self::Variable => match Key::from_env(NEW_KEY_VARIABLE).context(NEW_KEY_VARIABLE)? {
                Some(key) => Ok(key),
                None => bail!(
                    "the key comes from {KEY_VARIABLE}, so the new one has to be in \
                     {NEW_KEY_VARIABLE}; `openssl rand -hex 32` makes one"
                ),
            },
        }
    }

    /// Puts the next key in the place of this one, when the vault is encrypted with it.
    pub(super) fn adopt_next(&self) -> Result<(), StoreError> {
        match self {
            Self::File(path) => KeyFile::new(path).adopt_next(),
            #[cfg(feature = "keyring")]
            Self::Keyring(keyring) => keyring.adopt_next(),
            Self::Variable => Ok(()),
        }
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
