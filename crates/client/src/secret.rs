//! Strings that must not be seen, and names for them that may.

use std::fmt;

use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::transport::Buffer;

/// A token, a password, or another string that must not be seen.
///
/// It shows itself only through [`expose`](Self::expose). `Debug` prints the beginning of its
/// [`Fingerprint`], there is no `Display`, comparison takes the same time wherever two secrets of
/// one length differ, and the memory is overwritten on drop.
///
/// It can be deserialized, and not serialized: whoever stores it says so with `expose`. The types of
/// this crate that hold one serialize it as `Debug` prints it, everywhere but in a request.
///
/// ```compile_fail
/// serde_json::to_string(&tokenturn_client::Secret::new("abcdefgh12345678"))?;
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// ```
/// use tokenturn_client::Secret;
///
/// let token = Secret::new("abcdefgh12345678");
/// assert_eq!(format!("{token:?}"), "Secret(25f94a2a)");
/// assert_eq!(token.expose(), "abcdefgh12345678");
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the string over.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    /// The string itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name under which the secret may appear in logs and reports.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(hmac_sha256::Hash::hash(self.0.as_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.fingerprint().short())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self::new(secret)
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self::new(secret)
    }
}

/// A body that is nothing but the secret.
impl From<Secret> for reqwest::Body {
    fn from(secret: Secret) -> Self {
        Buffer::from(secret.expose().as_bytes()).into()
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// The SHA-256 of a [`Secret`]: a name for it that tells nothing about it.
///
/// It prints as 64 lower-case hexadecimal digits, which is the form and the value of GitHub's
/// `hashed_token`, so that a log can be matched with what GitHub reports.
///
/// ```
/// use tokenturn_client::Secret;
///
/// // The example of GitHub's documentation.
/// assert_eq!(
///     Secret::new("abcdefgh12345678").fingerprint().to_string(),
///     "25f94a2a5c7fbaf499c665bc73d67c1c87e496da8985131633ee0a95819db2e8",
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The hash itself.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first eight digits: enough to tell one's tokens apart by eye.
    pub fn short(&self) -> String {
        format!("{self:.8}")
    }
}

const DIGITS: [u8; 16] = *b"0123456789abcdef";

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        f.pad(str::from_utf8(&digits).unwrap_or_default())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self:.8})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_by_content() {
        assert_eq!(Secret::new("a"), Secret::new("a"));
        assert_ne!(Secret::new("a"), Secret::new("b"));
        assert_ne!(Secret::new("a"), Secret::new("aa"));
    }

    #[test]
    fn is_read_from_a_plain_string() {
        let secret: Secret = serde_json::from_str(r#""\u0061bc""#).unwrap();
        assert_eq!(secret.expose(), "abc");
    }

    #[test]
    fn a_fingerprint_prints_in_the_width_asked_for() {
        let fingerprint = Secret::new("abcdefgh12345678").fingerprint();
        assert_eq!(fingerprint.short(), "25f94a2a");
        assert_eq!(format!("{fingerprint:?}"), "Fingerprint(25f94a2a)");
        assert_eq!(format!("{fingerprint:.4}"), "25f9");
    }
}
