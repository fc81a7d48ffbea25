//! What encryption costs, in a loop with nothing else in it.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, anyhow};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

const TIMES: u32 = 100_000;
/// As long as what a vault keeps of a GitHub token.
const CLEAR: &[u8] = br#"{"token":"gho_16C7e42F292c6912E7710c838347Ae178B4a"}"#;
/// As long as what it is bound to.
const BOUND: &[u8] = b"tokenturn row 1\0\0\0\0\0\0\0\0\x01user-0000000";

/// How often a row is opened: when it is claimed, and when the new token is sealed and stored.
const OPENED: usize = 2;

/// Microseconds per token, as a vault does it. Trying the key, once for many rows, is left out.
pub(crate) fn micros() -> Result<f64> {
    let cipher = XChaCha20Poly1305::new(&[7; 32].into());
    let failed = |_| anyhow!("the cipher failed");
    let begun = Instant::now();
    for _ in 0..TIMES {
        let mut nonce = [0; 24];
        getrandom::getrandom(&mut nonce)?;
        let nonce = XNonce::from(nonce);
        let sealed = cipher.encrypt(&nonce, payload(CLEAR)).map_err(failed)?;
        for _ in 0..OPENED {
            let clear = cipher.decrypt(&nonce, payload(&sealed)).map_err(failed)?;
            black_box(clear);
        }
    }
    Ok(begun.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES))
}

fn payload(msg: &[u8]) -> Payload<'_, '_> {
    let aad = black_box(BOUND);
    Payload {
        msg: black_box(msg),
        aad,
    }
}
