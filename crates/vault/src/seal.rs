//! Encryption of the secrets of a row.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::error::{StoreError, StoreErrorKind};
use crate::key::Key;
use crate::tokens::Tokens;

/// Of XChaCha20: long enough for a random one with every write, however many there are.
const NONCE: usize = 24;
/// What a vault encrypts so that a key can be tried.
const PROBE: &[u8] = b"tokenturn";

/// Encrypts with XChaCha20-Poly1305. A row's name and generation go into the authentication, so
/// that no row can be put in the place of another, or of its own past.
pub(crate) struct Sealer(XChaCha20Poly1305);

impl Sealer {
    pub(crate) fn new(key: &Key) -> Self {
        Self(XChaCha20Poly1305::new(key.bytes().into()))
    }

    /// The secrets of the row `id`, unreadable.
    pub(crate) fn seal(
        &self,
        id: &str,
        generation: u64,
        tokens: &Tokens,
    ) -> Result<Vec<u8>, StoreError> {
        self.encrypt(tokens.to_json().as_bytes(), &aad(id, generation))
    }

    /// The secrets of the row `id` again.
    pub(crate) fn open(
        &self,
        id: &str,
        generation: u64,
        sealed: &[u8],
    ) -> Result<Tokens, StoreError> {
        let damaged = || {
            let message = format!(
                "the row {id:?} cannot be decrypted: it is damaged, or was taken from elsewhere; \
                 restore it from a backup"
            );
            StoreError::of_row(StoreErrorKind::Damaged, id, message)
        };
        let json = self
            .decrypt(sealed, &aad(id, generation))
            .ok_or_else(damaged)?;
        // What is wrong with it could quote from it.
        serde_json::from_slice(&json).map_err(|_| damaged())
    }

    /// What tells this key from others.
    pub(crate) fn probe(&self) -> Result<Vec<u8>, StoreError> {
        self.encrypt(PROBE, PROBE)
    }

    /// Finds out whether a probe was made with this key.
    pub(crate) fn try_on(&self, probe: &[u8]) -> Result<(), StoreError> {
        match self.decrypt(probe, PROBE) {
            Some(_) => Ok(()),
            None => {
                let message = "the vault is encrypted with another key; give the key that it was made \
                               with, or changed to by `vault rekey`";
                Err(StoreError::new(StoreErrorKind::WrongKey, message))
            }
        }
    }

    fn encrypt(&self, clear: &[u8], aad: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE];
        getrandom::getrandom(&mut nonce)
            .map_err(|e| StoreError::other("the system has no random numbers", e))?;
        let payload = Payload { msg: clear, aad };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload);
        let sealed =
            sealed.map_err(|e| StoreError::other("a row cannot be encrypted", e.to_string()))?;
        Ok([&nonce, sealed.as_slice()].concat())
    }

    fn decrypt(&self, sealed: &[u8], aad: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad };
        let clear = self.0.decrypt(&XNonce::from(*nonce), payload).ok()?;
        Some(Zeroizing::new(clear))
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

fn aad(id: &str, generation: u64) -> Vec<u8> {
    [
        b"tokenturn row 1\0".as_slice(),
        &generation.to_be_bytes(),
        id.as_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_opens_only_where_it_was_sealed() {
        let sealer = Sealer::new(&Key::generate().unwrap());
        let tokens = Tokens::github("gho_canary");
        let sealed = sealer.seal("a", 3, &tokens).unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"canary"));
        assert_ne!(
            sealed,
            sealer.seal("a", 3, &tokens).unwrap(),
            "another nonce"
        );
        assert_eq!(sealer.open("a", 3, &sealed).unwrap(), tokens);

        assert!(sealer.open("b", 3, &sealed).unwrap_err().is_damaged());
        assert!(sealer.open("a", 2, &sealed).unwrap_err().is_damaged());
        let other = Sealer::new(&Key::generate().unwrap());
        assert!(other.open("a", 3, &sealed).unwrap_err().is_damaged());
        for at in 0..sealed.len() {
            let mut touched = sealed.clone();
            touched[at] ^= 1;
            assert!(sealer.open("a", 3, &touched).is_err(), "{at}");
        }
        assert!(sealer.open("a", 3, b"").is_err());
    }

    #[test]
    fn a_probe_tells_keys_apart() {
        let [one, other] = [(); 2].map(|()| Sealer::new(&Key::generate().unwrap()));
        let probe = one.probe().unwrap();
        one.try_on(&probe).unwrap();
        assert!(other.try_on(&probe).unwrap_err().is_wrong_key());
    }
}
