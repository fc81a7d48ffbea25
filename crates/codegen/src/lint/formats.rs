//! Formats: what is one letter from one that is known is taken for a mistake.

use super::Lint;
use crate::report::quoted;
use crate::tree::Node;

/// The formats of OpenAPI's registry, of progenitor and of ours, and others that are in use and
/// look like one of them.
const KNOWN: [&str; 53] = [
    "base64url",
    "binary",
    "byte",
    "char",
    "color",
    "cuid",
    "date",
    "date-time",
    "date-time-local",
    "decimal",
    "decimal128",
    "double",
    "double-int",
    "duration",
    "email",
    "float",
    "float32",
    "float64",
    "guid",
    "hostname",
    "html",
    "http-date",
    "idn-email",
    "idn-hostname",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "ip",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "password",
    "regex",
    "relative-json-pointer",
    "seconds",
    "time",
    "time-local",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "ulid",
    "unixtime",
    "uri",
    "uri-reference",
    "uri-template",
    "url",
    "uuid",
];

impl<'a> Lint<'a> {
    pub(super) fn format_name(&mut self, node: Node<'a>) {
        let (Some(at), Some(format)) = (node.get("format"), node.text("format")) else {
            return;
        };
        if let Some(meant) = meant(format) {
            let message = format!(
                "{} is not a format that is known, and has no effect",
                quoted(format)
            );
            let help = format!("write `{meant}`, if that is meant");
            self.warn("format-unknown", at, message, &help);
        }
    }
}

/// The known format of which a word is a misspelling.
pub(super) fn meant(format: &str) -> Option<&'static str> {
    if KNOWN.contains(&format) {
        return None;
    }
    let lower = format.to_ascii_lowercase();
    let meant = KNOWN.into_iter().find(|known| *known == lower);
    meant.or_else(|| KNOWN.into_iter().find(|known| is_near(known, &lower)))
}

/// Whether one letter is missing, too many, or another one, or two stand in the wrong order.
fn is_near(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    while let ([a, one_rest @ ..], [b, other_rest @ ..]) = (one, other)
        && a == b
    {
        (one, other) = (one_rest, other_rest);
    }
    match (one, other) {
        ([a, b, one @ ..], [c, d, other @ ..]) if a == d && b == c && one == other => true,
        ([_, one_rest @ ..], [_, other_rest @ ..]) => {
            one_rest == other_rest || one_rest == other || one == other_rest
        }
        (one, other) => one.len() + other.len() == 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_one_letter_from_a_known_format_is_a_mistake() {
        for (format, expected) in [
            ("password", None),
            ("pasword", Some("password")),
            ("passwrod", Some("password")),
            ("passwordd", Some("password")),
            ("passward", Some("password")),
            ("Password", Some("password")),
            ("datetime", Some("date-time")),
            ("DateTime", Some("date-time")),
            ("date_time", Some("date-time")),
            ("date-tme", Some("date-time")),
            ("dat-etime", Some("date-time")),
            ("uuidd", Some("uuid")),
            ("in64", Some("int64")),
            ("decimel", Some("decimal")),
            ("url", None),
            ("timestamp", None),
            ("money", None),
            ("é", None),
            ("", None),
        ] {
            assert_eq!(meant(format), expected, "{format}");
        }
    }
}
