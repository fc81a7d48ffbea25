//! A key in the keyring of the operating system.

use keyring_core::Error;
use tokenturn::Secret;

use super::Key;
use crate::error::StoreError;

/// Where the next key is before a vault is encrypted with it.
const NEXT: &str = ".new";

/// A place in the keyring of the operating system that holds a key as 64 hexadecimal digits: macOS
/// Keychain, Windows Credential Manager, or elsewhere the Secret Service of the desktop.
#[derive(Clone, Debug)]
pub struct Keyring {
    service: String,
    user: String,
    open: fn(&str, &str) -> keyring_core::Result<keyring_core::Entry>,
}

impl Keyring {
    /// The place of this name, such as `tokenturn` and the path of a vault.
    pub fn new(service: impl Into<String>, user: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            user: user.into(),
            open: |service, user| keyring::Entry::new(service, user).map(|entry| entry.inner),
        }
    }

    /// Reads the key. `None` when there is none.
    ///
    /// # Errors
    ///
    /// When the keyring cannot be used or is locked, or when the place holds anything but a key.
    pub fn read(&self) -> Result<Option<Key>, StoreError> {
        self.read_from("")
    }

    /// Reads the key, or makes one where there is none.
    ///
    /// A keyring has no way to tell of two that make a key at the same time, so only one may.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_or_create(&self) -> Result<Key, StoreError> {
        match self.read()? {
            Some(key) => Ok(key),
            None => self.create_in(""),
        }
    }

    /// Makes a key and keeps it beside this one, for [`Vault::rekey`](crate::Vault::rekey). One
    /// that an earlier attempt has left there is used again.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn prepare_next(&self) -> Result<Key, StoreError> {
        let adopted = self.read()?.map(|key| *key.bytes());
        match self.read_next()? {
            Some(next) if Some(next.bytes()) != adopted.as_ref() => Ok(next),
            _ => self.create_in(NEXT),
        }
    }

    /// The key that [`prepare_next`](Self::prepare_next) has kept. `None` when there is none.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_next(&self) -> Result<Option<Key>, StoreError> {
        self.read_from(NEXT)
    }

    /// Puts the next key in the place of this one, when the vault is encrypted with it.
    ///
    /// # Errors
    ///
    /// When the keyring cannot be used.
    pub fn adopt_next(&self) -> Result<(), StoreError> {
        let Some(next) = self.read_next()? else {
            return Ok(());
        };
        self.write_to("", &next)?;
        let deleted = self.entry(NEXT)?.delete_credential();
        deleted.map_err(|e| self.cannot(NEXT, e))
    }

    fn entry(&self, suffix: &str) -> Result<keyring_core::Entry, StoreError> {
        let entry = (self.open)(&self.service, &format!("{}{suffix}", self.user));
        entry.map_err(|e| self.cannot(suffix, e))
    }

    fn read_from(&self, suffix: &str) -> Result<Option<Key>, StoreError> {
        match self.entry(suffix)?.get_password() {
            Ok(digits) => {
                let place = format!("what is in {}", self.place(suffix));
                Key::parse_from(&place, &Secret::new(digits)).map(Some)
            }
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(self.cannot(suffix, error)),
        }
    }

    fn create_in(&self, suffix: &str) -> Result<Key, StoreError> {
        let key = Key::generate()?;
        self.write_to(suffix, &key)?;
        Ok(key)
    }

    fn write_to(&self, suffix: &str, key: &Key) -> Result<(), StoreError> {
        let digits = key.to_digits();
        let entry = self.entry(suffix)?;
        let set = entry.set_password(digits.expose());
        set.map_err(|e| self.cannot(suffix, e))
    }

    fn place(&self, suffix: &str) -> String {
        let (service, user) = (&self.service, &self.user);
        format!("the keyring under {service:?} for \"{user}{suffix}\"")
    }

    /// Some errors hold what was found, which may be a key.
    fn cannot(&self, suffix: &str, error: Error) -> StoreError {
        let message = format!("{} cannot be used", self.place(suffix));
        match error {
            Error::BadEncoding(_) => StoreError::other(message, "not text"),
            error => StoreError::other(message, error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Once;

    use super::*;

    /// One that lives in memory, for this process.
    fn keyring(user: &str) -> Keyring {
        Keyring {
            service: "tokenturn".to_owned(),
            user: user.to_owned(),
            open: |service, user| {
                static MEMORY: Once = Once::new();
                MEMORY.call_once(|| {
                    keyring_core::set_default_store(keyring_core::mock::Store::new().unwrap());
                });
                keyring_core::Entry::new(service, user)
            },
        }
    }

    #[test]
    fn keeps_a_key_and_the_next_one() {
        let keyring = keyring("a.db");
        assert!(keyring.read().unwrap().is_none());
        let old = keyring.read_or_create().unwrap();
        assert_eq!(keyring.read_or_create().unwrap().bytes(), old.bytes());
        assert!(keyring.read_next().unwrap().is_none());

        let next = keyring.prepare_next().unwrap();
        assert_eq!(keyring.prepare_next().unwrap().bytes(), next.bytes());
        assert_eq!(keyring.read().unwrap().unwrap().bytes(), old.bytes());
        keyring.adopt_next().unwrap();
        assert_eq!(keyring.read().unwrap().unwrap().bytes(), next.bytes());
        assert!(keyring.read_next().unwrap().is_none());

        // As it is when it was killed before the next one was deleted.
        keyring.write_to(NEXT, &next).unwrap();
        assert_ne!(keyring.prepare_next().unwrap().bytes(), next.bytes());
    }

    #[test]
    fn holds_nothing_else() {
        let keyring = keyring("b.db");
        keyring.entry("").unwrap().set_password("hunter2").unwrap();
        let error = keyring.read().unwrap_err().to_string();
        assert!(error.contains("64 hexadecimal digits"), "{error}");
        assert!(
            error.contains("the keyring under \"tokenturn\" for \"b.db\""),
            "{error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
        let bytes = keyring.entry("").unwrap().set_secret(b"hunter2\xff");
        bytes.unwrap();
        let error = keyring.read().unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
        assert!(error.contains("for \"b.db\""), "{error}");
    }
}
