//! A token in an answer that cannot be decoded as a whole: cut off, garbled, or not as specified.

use tokenturn_client::{RawResponse, Seconds, Secret, Timestamp};
use zeroize::Zeroizing;

use crate::rotated::Receipt;

/// A token, and what belongs to it.
pub(crate) struct Found {
    pub(crate) token: Secret,
    /// Whether the rest of the answer vouches for it.
    pub(crate) receipt: Receipt,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) refresh_token_expires_at: Option<Timestamp>,
}

impl Found {
    pub(crate) fn new(token: Secret, receipt: Receipt) -> Self {
        Self {
            token,
            receipt,
            expires_at: None,
            refresh_token: None,
            refresh_token_expires_at: None,
        }
    }
}

/// Looks for a new token, which `sent` is not.
///
/// Where there are several, the one that the answer vouches for is taken, or else the last, as most
/// parsers do with a repeated name.
pub(crate) fn token(response: &RawResponse, sent: &Secret) -> Option<Found> {
    let strings = |name| strings(response.body(), name);
    let hashed = strings("hashed_token").pop();
    let last_eight = strings("token_last_eight").pop();
    let receipt = |token: &Secret| {
        let (hashed, last_eight) = (hashed.as_ref(), last_eight.as_ref());
        Receipt::of(
            token,
            hashed.map(Secret::expose),
            last_eight.map(Secret::expose),
        )
    };
    let mut tokens = strings("token");
    tokens.retain(|token| token != sent);
    let vouched_for = tokens
        .iter()
        .position(|token| receipt(token) == Receipt::Verified);
    let token = match vouched_for {
        Some(at) => tokens.swap_remove(at),
        None => tokens.pop()?,
    };
    let receipt = receipt(&token);
    Some(Found::new(token, receipt))
}

/// Looks for a new token of the login host and for its refresh token, neither of which `sent` is.
pub(crate) fn access_token(response: &RawResponse, sent: &Secret) -> Option<Found> {
    let last = |name| {
        strings(response.body(), name)
            .into_iter()
            .rfind(|s| s != sent)
    };
    let mut found = Found::new(last("access_token")?, Receipt::Absent);
    found.refresh_token = last("refresh_token");
    Some(found)
}

/// Whether there is any token in an answer.
pub(crate) fn has_token(response: &RawResponse) -> bool {
    !strings(response.body(), "token").is_empty()
}

/// The last whole number after `name` and a colon, in quotes or not.
pub(crate) fn number(response: &RawResponse, name: &str) -> Option<Seconds> {
    let numbers = values(response.body(), name).filter_map(|value| {
        // What a number ends at: without it, more digits may have been cut off.
        let (value, ends) = match value.strip_prefix(b"\"") {
            Some(text) => (text, &b"\""[..]),
            None => (value, &b",} \t\r\n"[..]),
        };
        let end = value.iter().position(|byte| ends.contains(byte))?;
        str::from_utf8(&value[..end]).ok()?.parse().ok()
    });
    numbers.last()
}

/// Every string that stands whole after `name` and a colon, and could stand in a header as a token
/// has to.
///
/// This is no parser, on purpose: whatever is wrong elsewhere in the text does not matter.
fn strings(text: &[u8], name: &str) -> Vec<Secret> {
    let mut found = strings_in_utf_8(text, name);
    if let Some(text) = from_utf_16(text) {
        found.extend(strings_in_utf_8(&text, name));
    }
    found
}

fn strings_in_utf_8(text: &[u8], name: &str) -> Vec<Secret> {
    let strings = values(text, name).filter_map(|value| {
        let mut values = serde_json::Deserializer::from_slice(value).into_iter::<Secret>();
        values.next()?.ok().filter(is_presentable)
    });
    strings.collect()
}

/// Whatever comes after each `name` and a colon.
fn values<'a>(text: &'a [u8], name: &str) -> impl Iterator<Item = &'a [u8]> {
    let name = format!("\"{name}\"");
    let places = (0..text.len()).filter_map(move |at| text[at..].strip_prefix(name.as_bytes()));
    places.filter_map(|rest| {
        Some(
            rest.trim_ascii_start()
                .strip_prefix(b":")?
                .trim_ascii_start(),
        )
    })
}

fn is_presentable(secret: &Secret) -> bool {
    !secret.is_empty() && secret.expose().bytes().all(|byte| byte.is_ascii_graphic())
}

/// The same text in UTF-8, if it is in UTF-16. JSON begins with ASCII characters, which UTF-16
/// writes with a zero byte each.
fn from_utf_16(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let unit: fn([u8; 2]) -> u16 = match text {
        [0xFF, 0xFE, ..] | [_, 0, ..] => u16::from_le_bytes,
        [0xFE, 0xFF, ..] | [0, _, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units = text.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    // In one piece: a unit becomes three bytes at most.
    let mut utf_8 = String::with_capacity(text.len() / 2 * 3);
    utf_8.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    Some(Zeroizing::new(utf_8.into_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_whole_token_is_found_in_anything(
            before: Vec<u8>,
            token in "[!#-\\[\\]-~]{1,300}",
            after: Vec<u8>,
        ) {
            let member = format!("\"token\" : \"{token}\"");
            let text = [&before, member.as_bytes(), &after].concat();
            prop_assert!(found(&text).contains(&token));
            // Cut anywhere, it is found when it is whole, and no part of it is taken for it.
            let end = before.len() + member.len();
            for cut in before.len()..=end {
                prop_assert_eq!(found(&text[..cut]).contains(&token), cut == end);
            }
        }
    }

    fn found(text: &[u8]) -> Vec<String> {
        let found = strings(text, "token");
        found.iter().map(|s| s.expose().to_owned()).collect()
    }

    #[test]
    fn finds_whole_strings_only() {
        for (text, tokens) in [
            (&br#"{"token":"a"}"#[..], &["a"][..]),
            (
                br#"{"token" :
                "a""#,
                &["a"],
            ),
            (br#"{"token":"a"#, &[]),
            (br#"{"token":"a\"#, &[]),
            (br#"{"token":"a\""#, &[]),
            (br#"{"token":"\u0061\"""#, &["a\""]),
            (br#"{"token":"a b","token":"\u00e9""#, &[]),
            (br#"{"token":null,"token":7,"token":{},"token":"""#, &[]),
            (br#"{"token":"a","data":[{"token":"b"}]"#, &["a", "b"]),
            (br#"{"hashed_token":"h","token_last_eight":"e""#, &[]),
            (br#"{"note":"\"token\":\"a\""}"#, &[]),
            (br#"{"a":"token","b":"c"}"#, &[]),
            (b"<br>Notice</br>{\"token\":\"a\"", &["a"]),
            (b"{\"note\":\"\xE9\",\"token\":\"a\"}", &["a"]),
            (b"\xEF\xBB\xBF{\"token\":\"a\"}", &["a"]),
            (b"{\"token\":\"\xE9\"}", &[]),
            (b"", &[]),
            (b"\0", &[]),
        ] {
            assert_eq!(found(text), tokens, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn reads_utf_16() {
        let text = "{\"note\":\"\u{1F600}\",\"token\":\"a\"}";
        for mark in ["", "\u{FEFF}"] {
            let units = || mark.encode_utf16().chain(text.encode_utf16());
            let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
            assert_eq!(found(&little), ["a"]);
            assert_eq!(found(&big), ["a"]);
            // Cut in the middle of a unit, after the token.
            assert_eq!(found(&little[..little.len() - 1]), ["a"]);
        }
    }
}
