//! What nobody can guess, as far as a toy goes.

use std::iter::repeat_with;

pub(crate) fn hex(length: usize) -> String {
    pick(length, "0123456789abcdef")
}

pub(crate) fn alphanumeric(length: usize) -> String {
    repeat_with(fastrand::alphanumeric).take(length).collect()
}

pub(crate) fn pick(length: usize, alphabet: &str) -> String {
    let alphabet = alphabet.as_bytes();
    repeat_with(|| char::from(alphabet[fastrand::usize(..alphabet.len())]))
        .take(length)
        .collect()
}
