//! The key of a vault, and where it comes from.

mod file;
#[cfg(feature = "keyring")]
mod keyring;

use std::env::{self, VarError};
use std::fmt;

use tokenturn::Secret;
use zeroize::Zeroizing;

pub use file::KeyFile;
#[cfg(feature = "keyring")]
pub use keyring::Keyring;

use crate::error::{StoreError, StoreErrorKind};

/// The environment variable that a key is read from: 64 hexadecimal digits.
pub const KEY_VARIABLE: &str = "TOKENTURN_KEY";

const LENGTH: usize = 32;

/// What a vault is encrypted with: 256 random bits. Without it the tokens are gone.
///
/// Written down, it is 64 hexadecimal digits, such as `openssl rand -hex 32` prints.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; LENGTH]>);

impl Key {
    /// A new one.
    ///
    /// # Errors
    ///
    /// When the operating system has no random numbers.
    pub fn generate() -> Result<Self, StoreError> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        getrandom::getrandom(bytes.as_mut())
            .map_err(|e| StoreError::other("the system has no random numbers", e))?;
        Ok(Self(bytes))
    }

    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// When it is anything else.
    pub fn parse(digits: &Secret) -> Result<Self, StoreError> {
        Self::parse_from("the key", digits)
    }

    /// The same, for a place that an error names.
    fn parse_from(place: &str, digits: &Secret) -> Result<Self, StoreError> {
        let digits = bare(digits).as_bytes();
        let invalid = || {
            let message = format!(
                "{place} is not 64 hexadecimal digits: put the key there again, from its backup; for a new \
                 vault, `openssl rand -hex 32` makes one"
            );
            StoreError::new(StoreErrorKind::WrongKey, message)
        };
        if digits.len() != 2 * LENGTH {
            return Err(invalid());
        }
        let mut bytes = Zeroizing::new([0; LENGTH]);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16).ok_or_else(invalid);
            let value = digit(0)? * 16 + digit(1)?;
            *byte = u8::try_from(value).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }

    /// Reads it from an environment variable, [`KEY_VARIABLE`] by habit. `None` when that is not
    /// set.
    ///
    /// # Errors
    ///
    /// When the variable holds anything but a key.
    pub fn from_env(variable: &str) -> Result<Option<Self>, StoreError> {
        let digits = match env::var(variable) {
            Ok(digits) => Secret::new(digits),
            Err(VarError::NotPresent) => return Ok(None),
            // It is no key either.
            Err(VarError::NotUnicode(_)) => Secret::new(""),
        };
        let place = format!("what is in {variable}");
        Self::parse_from(&place, &digits).map(Some)
    }

    /// 64 hexadecimal digits.
    pub fn to_digits(&self) -> Secret {
        let mut digits = String::with_capacity(2 * LENGTH);
        for byte in self.0.iter() {
            for nibble in [byte >> 4, byte & 15] {
                digits.push(char::from_digit(nibble.into(), 16).unwrap_or_default());
            }
        }
        Secret::new(digits)
    }

    pub(crate) fn bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

/// Without what is around it. Some editors begin a file with a byte order mark.
fn bare(digits: &Secret) -> &str {
    digits.expose().trim_start_matches('\u{feff}').trim()
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_back() {
        let key = Key::generate().unwrap();
        let digits = key.to_digits();
        assert_eq!(digits.expose().len(), 64);
        assert_eq!(Key::parse(&digits).unwrap().bytes(), key.bytes());
        let marked = Secret::new(format!("\u{feff}{}\r\n", digits.expose()));
        assert_eq!(Key::parse(&marked).unwrap().bytes(), key.bytes());
        assert_ne!(Key::generate().unwrap().bytes(), key.bytes());
    }

    #[test]
    fn anything_else_is_refused_and_not_repeated() {
        for text in ["", "00", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32)] {
            let error = Key::parse(&Secret::new(text)).unwrap_err();
            assert!(error.is_wrong_key());
            assert!(
                error.to_string().contains("openssl rand -hex 32"),
                "{error}"
            );
            assert!(
                text.is_empty()
                    || !error.to_string().contains(&text[..text.len() / 2 * 2])
                    || text == "00"
            );
        }
    }
}
