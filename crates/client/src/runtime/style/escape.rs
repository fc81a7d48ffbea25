//! What is escaped, and where.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but what RFC 3986 reserves for nothing.
pub(super) const ALL: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// The same, and what stands between the values of `label`.
pub(super) const LABEL: &AsciiSet = &ALL.add(b'.');
/// What no cookie holds (RFC 6265, section 4.1.1), and what reads as an escape.
pub(super) const COOKIE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'%')
    .add(b',')
    .add(b';')
    .add(b'\\');

pub(super) fn escape(text: &str, set: &'static AsciiSet) -> String {
    utf8_percent_encode(text, set).to_string()
}
