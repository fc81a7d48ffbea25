//! Reading an answer that cannot be decoded as a whole: cut off, garbled, or not as specified.
//!
//! This is no parser, on purpose: whatever is wrong elsewhere in the text does not matter.

use std::str::FromStr;

use tokenturn_client::Secret;
use zeroize::Zeroizing;

use super::{MOST, is_user_token};

/// The text of a body, in UTF-8.
pub(crate) struct Text<'a> {
    body: &'a [u8],
    from_utf_16: Option<Zeroizing<Vec<u8>>>,
}

impl<'a> Text<'a> {
    pub(crate) fn of(body: &'a [u8]) -> Self {
        let from_utf_16 = from_utf_16(body);
        Self { body, from_utf_16 }
    }

    /// The body as it is and, where it looks like UTF-16, as that reads.
    fn readings(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        [
            Some(self.body),
            self.from_utf_16.as_ref().map(|text| &text[..]),
        ]
        .into_iter()
        .flatten()
    }

    /// Every string that stands whole after `name` and a colon, wherever that is, and could stand
    /// in a header as a token has to.
    pub(crate) fn strings(&self, name: &str) -> Vec<Secret> {
        let values = self.readings().flat_map(|text| values(text, name));
        values.filter_map(string).filter(is_presentable).collect()
    }

    /// The same for what stands at `path` in the object that the text begins with, or that follows
    /// a warning or other words.
    pub(crate) fn strings_at(&self, path: &[&str]) -> Vec<Secret> {
        let values = self.readings().flat_map(|text| values_at(text, path));
        values.filter_map(string).filter(is_presentable).collect()
    }

    /// The different strings after `name`, [`MOST`] at most, without `sent`. Where there are several, the
    /// text may be that of several answers.
    pub(crate) fn others(&self, name: &str, sent: &Secret) -> Vec<Secret> {
        let mut others = Vec::new();
        for token in self.strings(name) {
            if others.len() < MOST && token != *sent && !others.contains(&token) {
                others.push(token);
            }
        }
        others
    }

    /// Everything that begins as a user's token does, wherever it stands: in JSON that somebody has
    /// put into a string or a page, also right behind the letters of an escape, such as `\u0022`. What
    /// the text ends with may be cut off, and is none.
    pub(crate) fn user_tokens(&self) -> Vec<Secret> {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let mut found = Vec::new();
        for text in self.readings() {
            let end = text.iter().rposition(|byte| !is_word(byte)).unwrap_or(0);
            let words = text[..end].split(|byte| !is_word(byte));
            let words = words.filter_map(|word| str::from_utf8(word).ok());
            found.extend(words.flat_map(user_tokens));
        }
        found
    }

    /// The last text at `path`.
    pub(crate) fn word_at(&self, path: &[&str]) -> Option<String> {
        let mut values = self.readings().flat_map(|text| values_at(text, path));
        let last = values.next_back()?;
        string(last).map(|word| word.expose().to_owned())
    }

    /// The last whole number at `path`, also as text.
    pub(crate) fn number_at<T: FromStr>(&self, path: &[&str]) -> Option<T> {
        let values = self.readings().flat_map(|text| values_at(text, path));
        values.filter_map(number).next_back()
    }

    /// The first byte of the last value at `path`, which tells its type.
    pub(crate) fn first_byte_at(&self, path: &[&str]) -> Option<u8> {
        let mut values = self.readings().flat_map(|text| values_at(text, path));
        values.next_back()?.first().copied()
    }

    /// Whether there is a member at the top, a name with what its value begins with, that `is` so.
    pub(crate) fn has_member(&self, is: impl Fn(&[u8], &[u8]) -> bool) -> bool {
        let mut has = false;
        for text in self.readings() {
            members(text, &[], |name, value| has |= is(name, value));
        }
        has
    }

    /// Whether it begins as a page for people does, before anything that could be data.
    pub(crate) fn is_page(&self) -> bool {
        const MARKS: [&[u8]; 9] = [
            b"<!", b"<?xml", b"<html", b"<head", b"<title", b"<meta", b"<style", b"<body",
            b"<script",
        ];
        self.readings().any(|text| {
            let end = text.iter().position(|byte| *byte == b'{');
            let before = text[..end.unwrap_or(text.len())].to_ascii_lowercase();
            let mut places = before.split(|byte| *byte == b'<').skip(1);
            places.any(|tag| MARKS.iter().any(|mark| tag.starts_with(&mark[1..])))
        })
    }
}

/// The string that a value begins with.
fn string(value: &[u8]) -> Option<Secret> {
    let mut values = serde_json::Deserializer::from_slice(value).into_iter::<Secret>();
    values.next()?.ok()
}

/// The tokens of users in a word, which has nothing but letters, digits and `_`.
fn user_tokens(word: &str) -> impl Iterator<Item = Secret> {
    let begins = |at: &usize| ["gho_", "ghu_"].iter().any(|p| word[*at..].starts_with(p));
    let starts: Vec<usize> = (0..word.len()).filter(begins).collect();
    let ends: Vec<usize> = starts.iter().copied().skip(1).chain([word.len()]).collect();
    let parts = starts.into_iter().zip(ends);
    let tokens = parts.map(move |(start, end)| Secret::new(&word[start..end]));
    tokens.filter(is_user_token)
}

/// The whole number that a value begins with, in quotes or not.
pub(crate) fn number<T: FromStr>(value: &[u8]) -> Option<T> {
    // What a number ends at: without it, more digits may have been cut off.
    let (value, ends) = match value.strip_prefix(b"\"") {
        Some(text) => (text, &b"\""[..]),
        None => (value, &b",} \t\r\n"[..]),
    };
    let end = value.iter().position(|byte| ends.contains(byte))?;
    str::from_utf8(&value[..end]).ok()?.parse().ok()
}

/// Whatever comes after each `name` and a colon.
fn values<'a>(text: &'a [u8], name: &str) -> Vec<&'a [u8]> {
    let name = format!("\"{name}\"");
    let places = (0..text.len()).filter_map(|at| text[at..].strip_prefix(name.as_bytes()));
    places.filter_map(after_colon).collect()
}

/// Whatever comes after the names of `path`, which stand within each other.
fn values_at<'a>(text: &'a [u8], path: &[&str]) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    if let Some((last, parents)) = path.split_last() {
        members(text, parents, |name, value| {
            if name == last.as_bytes() {
                found.push(value);
            }
        });
    }
    found
}

/// Shows each name in the object that stands at `parents`, and whatever comes after its colon.
fn members<'a>(text: &'a [u8], parents: &[&str], mut see: impl FnMut(&'a [u8], &'a [u8])) {
    let Some(start) = text.iter().position(|byte| *byte == b'{') else {
        return;
    };
    if text[..start].trim_ascii_end().ends_with(b"[") {
        return;
    }
    // The names under which the objects and lists stand that are open, and the name that was read
    // last, whose value follows.
    let (mut open, mut name): (Vec<Option<&[u8]>>, _) = (Vec::new(), None);
    let mut at = start;
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => open.push(name.take()),
            b'}' | b']' => {
                open.pop();
                name = None;
                if open.is_empty() {
                    break;
                }
            }
            b',' => name = None,
            b'"' => {
                let Some(length) = string_length(&text[at..]) else {
                    break;
                };
                let string = &text[at..at + length];
                at += length + 1;
                name = None;
                if let Some(value) = after_colon(&text[at..]) {
                    name = Some(string);
                    let stands_in = open.iter().skip(1).map(|name| name.unwrap_or_default());
                    if stands_in.eq(parents.iter().map(|name| name.as_bytes())) {
                        see(string, value);
                    }
                    at = text.len() - value.len();
                }
            }
            _ => {}
        }
    }
}

/// How long a string is whose first quote has been read.
fn string_length(text: &[u8]) -> Option<usize> {
    let mut is_escaped = false;
    text.iter().position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    })
}

fn after_colon(text: &[u8]) -> Option<&[u8]> {
    let value = text.trim_ascii_start().strip_prefix(b":")?;
    Some(value.trim_ascii_start())
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
        let found = Text::of(text).strings("token");
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
    fn finds_what_stands_in_its_place() {
        for (text, tokens) in [
            (&br#"{"token":"a"}"#[..], &["a"][..]),
            (br#" Notice: "x" {"a":{"token":"no"},"token":"a""#, &["a"]),
            (
                br#"{"a":[{"token":"no"}],"token":"a","token":"b"}"#,
                &["a", "b"],
            ),
            (br#"{"a":"{\"token\":\"no\"}","token":"a"}"#, &["a"]),
            (br#"{"data":{"token":"no"}}"#, &[]),
            (br#"[{"token":"no"}]"#, &[]),
            (br#"{}{"token":"no"}"#, &[]),
            (br#"{"note":"token","token":"a"#, &[]),
            (br#""#, &[]),
        ] {
            let found = Text::of(text).strings_at(&["token"]);
            let found: Vec<_> = found.iter().map(Secret::expose).collect();
            assert_eq!(found, tokens, "{}", String::from_utf8_lossy(text));
        }
        let nested = Text::of(br#"{"statusCode": "200","data":{"n":1,"token":"a","b":[2]},"m":7"#);
        assert_eq!(nested.strings_at(&["data", "token"]).len(), 1);
        assert_eq!(nested.number_at(&["statusCode"]), Some(200));
        assert_eq!(nested.first_byte_at(&["data"]), Some(b'{'));
        assert_eq!(nested.first_byte_at(&["n"]), None);
        assert_eq!(nested.number_at::<i64>(&["m"]), None, "more may follow");
    }

    #[test]
    fn finds_words_that_look_like_tokens() {
        for (text, tokens) in [
            (&br#"{"body":"{\"token\":\"gho_a\"}"}"#[..], &["gho_a"][..]),
            (
                b"<pre>&quot;ghu_a&quot;</pre> ghr_a gho_b.",
                &["ghu_a", "gho_b"],
            ),
            (b"gho_ xgh_a gho_a", &[]),
            (
                br#"{"detail":"\u0022gho_a\u0022,\ngho_b"} %22ghu_c%22"#,
                &["gho_a", "gho_b", "ghu_c"],
            ),
            (b"gho_agho_b ", &["gho_a", "gho_b"]),
            (b"gho_a", &[]),
            (b"", &[]),
        ] {
            let found = Text::of(text).user_tokens();
            let found: Vec<_> = found.iter().map(Secret::expose).collect();
            assert_eq!(found, tokens, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn finds_the_others_of_a_few() {
        let text = br#"{"token":"old","token":"a","x":{"token":"b","token":"a"}}"#;
        let others = Text::of(text).others("token", &"old".into());
        assert_eq!(others, ["a".into(), "b".into()]);
        // Each is compared with those that were found before, so there is an end to that.
        let many: String = (0..100_000)
            .map(|n| format!("\"token\":\"{n}\","))
            .collect();
        let others = Text::of(many.as_bytes()).others("token", &"old".into());
        assert_eq!(others.len(), MOST);
    }

    #[test]
    fn tells_a_page() {
        for (text, is_page) in [
            ("\n<!DOCTYPE html><script>{\"token\":\"a\"}", true),
            ("<HTML>", true),
            ("\u{FEFF}<html>", true),
            ("<b>Notice</b>: x {\"token\":\"a\"}", false),
            ("<meta charset=\"utf-8\"><script>{", true),
            ("<!-- a --><p>", true),
            ("{\"a\":\"<html>\"}", false),
            ("", false),
        ] {
            assert_eq!(Text::of(text.as_bytes()).is_page(), is_page, "{text}");
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
