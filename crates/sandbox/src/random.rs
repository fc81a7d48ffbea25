//! What nobody can guess, as far as a toy goes.

use std::iter::repeat_with;

pub(crate) fn hex(length: usize) -> String {
    pick(length, "0123456789abcdef")
}

pub(crate) fn alphanumeric(length: usize) -> String {
    repeat_with(fastrand::alphanumeric).take(length).collect()
}

/// The end of a token, which says whose it is.
pub(crate) fn token(length: usize) -> String {
    MARK.to_owned() + &alphanumeric(length - MARK.len())
}

pub(crate) const MARK: &str = "Sandbox";

pub(crate) fn pick(length: usize, alphabet: &str) -> String {
    let alphabet = alphabet.as_bytes();
    repeat_with(|| char::from(alphabet[fastrand::usize(..alphabet.len())]))
        .take(length)
        .collect()
}
