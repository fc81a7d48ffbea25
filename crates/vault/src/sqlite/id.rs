//! The names of rows, which need not be UTF-8 in a damaged file, and have to be exact all the same: by
//! its name such a row is told of, passed over and taken out.

use std::borrow::Cow;

/// What stands before a byte that is not part of any character, or is 0, as two digits and a `>`.
const MARK: &str = "\u{FFFD}<";

/// A name as text.
pub(super) fn read(id: &[u8]) -> String {
    match str::from_utf8(id) {
        Ok(text) if !id.contains(&0) => text.to_owned(),
        _ => marked(id),
    }
}

fn marked(id: &[u8]) -> String {
    let mut text = String::new();
    for part in id.utf8_chunks() {
        let valid = part.valid().replace('\0', &format!("{MARK}00>"));
        text.push_str(&valid);
        let bytes = part.invalid().iter();
        text.extend(bytes.map(|byte| format!("{MARK}{byte:02X}>")));
    }
    text
}

/// The name that this is the text of.
pub(super) fn write(text: &str) -> Cow<'_, [u8]> {
    match text.contains(char::REPLACEMENT_CHARACTER) {
        true => Some(unmarked(text)).filter(|id| read(id) == text),
        false => None,
    }
    .map_or(text.as_bytes().into(), Cow::from)
}

fn unmarked(text: &str) -> Vec<u8> {
    let mut parts = text.split(MARK);
    let mut id = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let marked = part.split_once('>').and_then(|(digits, rest)| {
            let byte = u8::from_str_radix(digits, 16).ok()?;
            (digits.len() == 2 && (byte == 0 || !byte.is_ascii())).then_some((byte, rest))
        });
        let rest = match marked {
            Some((byte, rest)) => {
                id.push(byte);
                rest
            }
            None => {
                id.extend(MARK.bytes());
                part
            }
        };
        id.extend(rest.bytes());
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_itself_again() {
        for id in [
            &b""[..],
            b"user-1",
            "M\u{fc}ller \u{FFFD} \u{FFFD}< \u{FFFD}<41> \u{FFFD}<E".as_bytes(),
            b"us\xe5r",
            b"a\0b\0",
            b"\xff\xc3\x28\xf0\x9f\x98",
        ] {
            assert_eq!(*write(&read(id)), *id);
        }
        // No two have the same bytes.
        for text in [
            "x\u{FFFD}<C3>\u{FFFD}<BC>",
            "caf\u{FFFD}<e9>",
            "caf\u{FFFD}<E9>",
        ] {
            assert_eq!(read(&write(text)), text);
        }
        assert_eq!(read("M\u{fc}ller".as_bytes()), "M\u{fc}ller");
        assert_eq!(read(b"us\xe5r"), "us\u{FFFD}<E5>r");
    }
}
