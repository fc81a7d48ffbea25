//! The names that things of a spec have in Rust.

use std::collections::HashSet;

use heck::{ToPascalCase, ToSnakeCase};
use http::StatusCode;

/// The name of a type, as typify makes it.
pub(crate) fn pascal(name: &str) -> String {
    identifier(plain(name).to_pascal_case(), 'X')
}

/// The name of a function or a field, as progenitor makes it.
pub(crate) fn snake(name: &str) -> String {
    identifier(plain(name).to_snake_case(), 'x')
}

/// Whether these values can be the variants of an enum, each by a name of its own.
pub(crate) fn are_variants<'a>(values: impl Iterator<Item = &'a str> + Clone) -> bool {
    let differ = |rename: &dyn Fn(&str) -> String| {
        let mut seen = HashSet::new();
        values.clone().all(|value| seen.insert(rename(value)))
    };
    // typify's second attempt keeps a letter for what the first leaves out.
    let kept = |value: &str| pascal(&value.replace(|c: char| c == '_' || !is_part(c), "X"));
    differ(&pascal) || differ(&kept)
}

/// The name, or else the first with a number at its end that is free.
pub(crate) fn numbered(
    name: &str,
    before_number: &str,
    mut is_free: impl FnMut(&str) -> bool,
) -> String {
    let numbered = (2..).map(|number| format!("{name}{before_number}{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| is_free(name)).unwrap_or_default()
}

/// The name with a word at its end as often as it takes to be free.
pub(crate) fn lengthened(
    mut name: String,
    word: &str,
    mut is_free: impl FnMut(&str) -> bool,
) -> String {
    while !is_free(&name) {
        name.push_str(word);
    }
    name
}

fn plain(name: &str) -> String {
    match name {
        "+1" => "plus1".into(),
        "-1" => "minus1".into(),
        _ => {
            let name = name.replace('\'', "");
            name.replace(|c| !is_part(c), "-")
        }
    }
}

fn identifier(mut name: String, prefix: char) -> String {
    if !name.starts_with(is_first) {
        name.insert(0, prefix);
    }
    // A keyword since Rust 2024.
    if name == "gen" || !is_identifier(&name) {
        name.push('_');
    }
    name
}

/// Whether a name begins with what no identifier begins with.
pub(crate) fn needs_letter(name: &str) -> bool {
    let word = plain(name).to_snake_case();
    word.starts_with(|c| !is_first(c))
}

fn is_first(c: char) -> bool {
    c.is_ascii_alphabetic() || !c.is_ascii() && is_identifier(c.encode_utf8(&mut [0; 4]))
}

/// Whether a character may stand in an identifier. Not every letter and digit of Unicode may.
fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii() && is_identifier(&format!("x{c}"))
}

fn is_identifier(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_word);
    // No keyword has more letters.
    is_plain && text.len() > "continue".len() || syn::parse_str::<syn::Ident>(text).is_ok()
}

/// The key of an answer in a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// One status.
    Code(u16),
    /// `4XX`, by its first digit.
    Range(u16),
    /// Every other status.
    Default,
}

impl Status {
    pub(crate) fn parse(key: &str) -> Option<Self> {
        match key.as_bytes() {
            b"default" => Some(Self::Default),
            [digit @ b'1'..=b'5', b'X', b'X'] => Some(Self::Range(u16::from(digit - b'0'))),
            [b'1'..=b'5', _, _] => key.parse().ok().map(Self::Code),
            _ => None,
        }
    }

    pub(crate) fn is_success(self) -> bool {
        matches!(self, Self::Code(200..300) | Self::Range(2))
    }

    /// Whether its answers have no body, whatever is declared (RFC 9110, section 6.4.1). A 205 may
    /// not have one either.
    pub(crate) fn is_empty(self) -> bool {
        matches!(
            self,
            Self::Code(100..200 | 204 | 205 | 304) | Self::Range(1)
        )
    }

    /// The name of an enum's variant: `NotFound`, `Status499`, `Status5xx`, `Default`.
    pub(crate) fn variant(self) -> String {
        match self {
            Self::Code(code) => {
                let status = StatusCode::from_u16(code).ok();
                match status.and_then(|status| status.canonical_reason()) {
                    Some(reason) => pascal(reason),
                    None => format!("Status{code}"),
                }
            }
            Self::Range(digit) => format!("Status{digit}xx"),
            Self::Default => "Default".into(),
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(code) => write!(f, "{code}"),
            Self::Range(digit) => write!(f, "{digit}XX"),
            Self::Default => write!(f, "default"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_identifiers() {
        for (name, type_, function) in [
            ("reset_token", "ResetToken", "reset_token"),
            (
                "apps/create-for-user",
                "AppsCreateForUser",
                "apps_create_for_user",
            ),
            ("type", "Type", "type_"),
            ("+1", "Plus1", "plus1"),
            ("3d", "X3d", "x3d"),
            ("...", "X", "x"),
            ("don't", "Dont", "dont"),
            ("gen", "Gen", "gen_"),
            ("½", "X", "x"),
            ("größe²", "Größe", "größe"),
        ] {
            assert_eq!((pascal(name), snake(name)), (type_.into(), function.into()));
        }
    }

    #[test]
    fn every_status_has_a_name() {
        for (key, name) in [
            ("200", "Ok"),
            ("204", "NoContent"),
            ("404", "NotFound"),
            ("418", "ImATeapot"),
            ("499", "Status499"),
            ("5XX", "Status5xx"),
            ("default", "Default"),
        ] {
            assert_eq!(Status::parse(key).map(Status::variant), Some(name.into()));
        }
        for key in ["", "20", "2xx", "6XX", "600", "abc", "4é"] {
            assert_eq!(Status::parse(key), None, "{key}");
        }
    }
}
