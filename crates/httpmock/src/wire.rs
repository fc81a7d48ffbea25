//! What is on the wire, decoded as far as its meaning stays the same.

use percent_encoding::percent_decode;

/// Decodes a text, but for the escapes of `kept`: where these stand between the items of a list, an escaped
/// one is part of an item. So is the escape of `%` kept, or else a text could look like an escape.
pub(crate) fn decoded(text: &[u8], kept: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let escape = rest.get(..3).filter(|_| *first == b'%');
        let byte = escape.and_then(
            |escape| match &*percent_decode(escape).collect::<Vec<_>>() {
                [byte] => Some(*byte),
                _ => None,
            },
        );
        rest = if byte.is_some() { &rest[3..] } else { after };
        match byte {
            Some(byte) if byte == b'%' || kept.contains(&byte) => {
                decoded.extend(format!("%{byte:02X}").into_bytes());
            }
            // It is none, and reads as the escape of itself.
            None if *first == b'%' => decoded.extend(b"%25"),
            byte => decoded.push(byte.unwrap_or(*first)),
        }
    }
    decoded
}

/// The pairs of a query or of a form. `is_list` says which names have a list between commas.
pub(crate) fn pairs(text: &[u8], is_list: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let raw = text
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty());
    let pairs = form_urlencoded::parse(text).into_owned().zip(raw);
    let pairs = pairs.map(|((name, value), raw)| {
        if !is_list(&name) {
            return (name, value);
        }
        let raw = raw
            .splitn(2, |byte| *byte == b'=')
            .nth(1)
            .unwrap_or_default();
        let raw: Vec<u8> = raw
            .iter()
            .map(|byte| if *byte == b'+' { b' ' } else { *byte })
            .collect();
        let value = String::from_utf8_lossy(&decoded(&raw, b",")).into_owned();
        (name, value)
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_is_told_from_what_is_escaped() {
        for (text, expected) in [
            ("a,b", "a,b"),
            ("a%2cb", "a%2Cb"),
            ("a%252Cb", "a%252Cb"),
            ("100%", "100%25"),
            ("100%25", "100%25"),
            ("%zz%é%41", "%25zz%25éA"),
        ] {
            let found = decoded(text.as_bytes(), b",");
            assert_eq!(String::from_utf8(found).unwrap(), expected);
        }
        let found = pairs(b"l=a%2Cb,c+d&&l=&s=a%2Cb&l", |name| name == "l");
        let expected = [("l", "a%2Cb,c d"), ("l", ""), ("s", "a,b"), ("l", "")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(found, expected);
    }
}
