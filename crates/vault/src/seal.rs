//! Encryption of the secrets of a row.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::app::App;
use crate::entry::Entry;
use crate::error::{StoreError, StoreErrorKind};
use crate::key::Key;
use crate::tokens::Tokens;

/// Of XChaCha20: long enough for a random one with every write, however many there are.
const NONCE: usize = 24;
/// What a vault encrypts so that a key can be tried.
const PROBE: &[u8] = b"tokenturn";
/// The same in a vault whose rows are all bound to their apps.
const PROBE_2: &[u8] = b"tokenturn 2";

/// Encrypts with XChaCha20-Poly1305. What else a row says of its token goes into the authentication:
/// its name, generation, app and label. So no row can be put in the place of another, or of its own
/// past, and none can be pointed at another server, without the key.
///
/// The first version bound names and generations alone. Such rows are sealed anew when they change,
/// and all of them by `rekey`; from then on, and in new vaults, none is taken any more.
pub(crate) struct Sealer {
    cipher: XChaCha20Poly1305,
    /// Whether rows of the first version are taken, as the probe of the vault says.
    takes_first: AtomicBool,
}

impl Sealer {
    pub(crate) fn new(key: &Key) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(key.bytes().into()),
            takes_first: AtomicBool::new(false),
        }
    }

    /// Another one with this key, for another vault.
    #[cfg(feature = "sqlite")]
    pub(crate) fn another(&self) -> Self {
        Self {
            cipher: self.cipher.clone(),
            takes_first: AtomicBool::new(self.takes_first.load(Relaxed)),
        }
    }

    /// The secrets of a row, unreadable.
    pub(crate) fn seal(&self, entry: &Entry) -> Result<Vec<u8>, StoreError> {
        self.encrypt(entry.tokens.to_json().as_bytes(), &aad(entry))
    }

    /// The secrets of a row of which all else is known.
    pub(crate) fn open(&self, entry: &Entry, sealed: &[u8]) -> Result<Tokens, StoreError> {
        let first = || {
            let takes_first = self.takes_first.load(Relaxed);
            takes_first.then(|| self.decrypt(sealed, &first_aad(entry)))?
        };
        let json = self.decrypt(sealed, &aad(entry)).or_else(first);
        // What is wrong with it could quote from it.
        json.and_then(|json| serde_json::from_slice(&json).ok())
            .ok_or_else(|| StoreError::damaged(&entry.id))
    }

    /// What tells this key from others, in a vault whose rows are all of this version.
    pub(crate) fn probe(&self) -> Result<Vec<u8>, StoreError> {
        self.encrypt(PROBE_2, PROBE_2)
    }

    /// Finds out whether a probe was made with this key, and which rows there may be with it.
    pub(crate) fn try_on(&self, probe: &[u8]) -> Result<(), StoreError> {
        let is_first = self.decrypt(probe, PROBE_2).is_none();
        if is_first && self.decrypt(probe, PROBE).is_none() {
            let message = if probe.is_empty() {
                "the vault does not say what its key is, so none is taken: its table `vault` is empty; take that \
                 from a backup"
            } else {
                "the vault is encrypted with another key; give the key that it was made with, or changed \
                 to by `vault rekey`"
            };
            return Err(StoreError::new(StoreErrorKind::WrongKey, message));
        }
        self.takes_first.store(is_first, Relaxed);
        Ok(())
    }

    fn encrypt(&self, clear: &[u8], aad: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE];
        getrandom::getrandom(&mut nonce)
            .map_err(|e| StoreError::other("the system has no random numbers", e))?;
        let payload = Payload { msg: clear, aad };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed =
            sealed.map_err(|e| StoreError::other("a row cannot be encrypted", e.to_string()))?;
        Ok([&nonce, sealed.as_slice()].concat())
    }

    fn decrypt(&self, sealed: &[u8], aad: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad };
        let clear = self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()?;
        Some(Zeroizing::new(clear))
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

fn aad(entry: &Entry) -> Vec<u8> {
    let mut aad = Vec::with_capacity(256);
    aad.extend(b"tokenturn row 2\0");
    aad.extend(entry.generation.to_be_bytes());
    let App {
        provider,
        server,
        client_id,
    } = &entry.app;
    // None of them can stand for a part of another.
    for text in [
        Some(provider.as_str()),
        Some(server),
        Some(client_id),
        entry.label.as_deref(),
        Some(&entry.id),
    ] {
        let length = text.map_or(u64::MAX, |text| text.len() as u64);
        aad.extend(length.to_be_bytes());
        aad.extend(text.unwrap_or_default().as_bytes());
    }
    aad
}

fn first_aad(entry: &Entry) -> Vec<u8> {
    [
        b"tokenturn row 1\0".as_slice(),
        &entry.generation.to_be_bytes(),
        entry.id.as_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Provider;

    fn entry() -> Entry {
        let app = App {
            provider: Provider::GITHUB,
            server: "https://api.github.com".into(),
            client_id: "Iv1.0".into(),
        };
        Entry::new("a", app, Tokens::github("gho_canary")).with_label("blue")
    }

    #[test]
    fn a_row_opens_only_where_it_was_sealed() {
        let sealer = Sealer::new(&Key::generate().unwrap());
        let row = entry();
        let sealed = sealer.seal(&row).unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"canary"));
        assert_ne!(sealed, sealer.seal(&row).unwrap(), "another nonce");
        assert_eq!(sealer.open(&row, &sealed).unwrap(), row.tokens);

        let changes: [fn(&mut Entry); 7] = [
            |row| row.id = "b".into(),
            |row| row.generation += 1,
            |row| row.app.provider = Provider::OHMYGPT,
            |row| row.app.server = "https://api.github.co".into(),
            |row| row.app.client_id = "mIv1.0".into(),
            |row| row.label = None,
            |row| row.label = Some(String::new()),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut other = row.clone();
            change(&mut other);
            let error = sealer.open(&other, &sealed).unwrap_err();
            assert!(error.is_damaged(), "{number}");
        }
        let other = Sealer::new(&Key::generate().unwrap());
        assert!(other.open(&row, &sealed).unwrap_err().is_damaged());
        for at in 0..sealed.len() {
            let mut touched = sealed.clone();
            touched[at] ^= 1;
            assert!(sealer.open(&row, &touched).is_err(), "{at}");
        }
        assert!(sealer.open(&row, b"").is_err());
    }

    /// They open until `rekey`, which leaves another probe.
    #[test]
    fn rows_of_the_first_version_open_in_old_vaults_alone() {
        let sealer = Sealer::new(&Key::generate().unwrap());
        let row = entry();
        let json = row.tokens.to_json();
        let sealed = sealer.encrypt(json.as_bytes(), &first_aad(&row)).unwrap();
        assert!(sealer.open(&row, &sealed).unwrap_err().is_damaged());
        sealer
            .try_on(&sealer.encrypt(PROBE, PROBE).unwrap())
            .unwrap();
        assert_eq!(sealer.open(&row, &sealed).unwrap(), row.tokens);
        sealer.try_on(&sealer.probe().unwrap()).unwrap();
        assert!(sealer.open(&row, &sealed).unwrap_err().is_damaged());
    }

    #[test]
    fn a_probe_tells_keys_apart() {
        let [one, other] = [(); 2].map(|()| Sealer::new(&Key::generate().unwrap()));
        let probe = one.probe().unwrap();
        one.try_on(&probe).unwrap();
        assert!(other.try_on(&probe).unwrap_err().is_wrong_key());
    }
}
