//! The literal parts of a path, as they stand in a URL.

use std::fmt::Write as _;

/// The path itself, and the literal query that is part of it. What tells operations of one path apart comes
/// after a `#`, and is never sent.
fn parts(path: &str) -> (&str, &str) {
    let path = path.split('#').next().unwrap_or_default();
    path.split_once('?').unwrap_or((path, ""))
}

/// The pairs that are always sent in the query.
pub(crate) fn query(path: &str) -> Vec<(String, String)> {
    let pairs = parts(path).1.split('&').filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    };
    pairs.map(pair).collect()
}

/// A text of a URL without its escapes. What does not say a text stays as it is.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let escape = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escape.filter(|_| byte == b'%') {
            Some(escaped) => {
                bytes.push(escaped);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The path of a spec with its literal parts as RFC 3986 writes them: what may not stand there is
/// escaped once, and segments such as `..` are resolved. Parameters stay in their braces.
pub(crate) fn on_the_wire(path: &str) -> String {
    let (path, _) = parts(path);
    let mut escaped = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        escape(before, &mut escaped);
        let _ = write!(escaped, "{{{name}}}");
        rest = after;
    }
    escape(rest, &mut escaped);
    without_dots(&escaped)
}

/// Whether a URL would not keep this segment: every URL parser resolves it.
pub(crate) fn is_dots(segment: &str) -> bool {
    let dots = segment.to_ascii_lowercase().replace("%2e", ".");
    matches!(dots.as_str(), "." | "..")
}

fn escape(text: &str, escaped: &mut String) {
    for (at, byte) in text.bytes().enumerate() {
        let is_escape = byte == b'%'
            && matches!(text.as_bytes().get(at + 1..at + 3), Some(digits) if digits.iter().all(u8::is_ascii_hexdigit));
        if is_escape || byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) {
            escaped.push(byte.into());
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
}

fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        if !is_dots(segment) {
            kept.push(segment);
            continue;
        }
        // What stands before the first slash is not a segment.
        if segment.len() != 1 && !segment.eq_ignore_ascii_case("%2e") && kept.len() > 1 {
            kept.pop();
        }
        if segments.peek().is_none() {
            kept.push("");
        }
    }
    kept.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_query_is_read_as_it_is_meant() {
        let pairs = [("a", "1 2"), ("b", ""), ("ü%", "=")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(query("/x?a=1%202&b&&%C3%BC%=%3d#c?d=1"), pairs);
        assert_eq!(query("/x#a?b=1"), []);
    }

    #[test]
    fn a_path_is_escaped_once() {
        for (path, wire) in [
            ("/a/{b}/c.d", "/a/{b}/c.d"),
            ("/größe/{größe}", "/gr%C3%B6%C3%9Fe/{größe}"),
            ("/task lists", "/task%20lists"),
            ("/task%20lists", "/task%20lists"),
            ("/100%/%zz/%4", "/100%25/%25zz/%254"),
            ("/a%2fb", "/a%2fb"),
            (
                "/a\\b|c^d`e\"f<g>h[i]",
                "/a%5Cb%7Cc%5Ed%60e%22f%3Cg%3Eh%5Bi%5D",
            ),
            ("/~a-b_c!$&'()*+,;=:@d", "/~a-b_c!$&'()*+,;=:@d"),
            ("/a b{c}d e{f}", "/a%20b{c}d%20e{f}"),
            ("//double//", "//double//"),
            ("/", "/"),
            ("/a?b={c}#{d}", "/a"),
            ("/x/../y", "/y"),
            ("/x/./y", "/x/y"),
            ("/x/%2E%2e/y/%2e", "/y/"),
            ("/../../x/..", "/"),
            ("/a...b/.../{c}..", "/a...b/.../{c}.."),
        ] {
            assert_eq!(on_the_wire(path), wire, "{path}");
        }
    }
}
