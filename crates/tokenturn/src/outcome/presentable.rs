//! Words of somebody else's that are shown.

use tokenturn_client::Secret;

/// A provider's message as one line that can be shown: without control characters, of bounded
/// length, and without the secrets that the call carried, should the provider repeat them.
pub(crate) fn presentable(message: &str, sent: &[&Secret]) -> String {
    const LONGEST: usize = 300;
    let mut message = message.to_owned();
    for secret in sent.iter().filter(|secret| !secret.is_empty()) {
        message = message.replace(secret.expose(), REDACTED);
    }
    let mut line = String::new();
    for word in message.split_inclusive(|c| !is_token_character(c)) {
        let bare = word.trim_end_matches(|c| !is_token_character(c));
        if looks_secret(bare) {
            line.push_str(REDACTED);
        } else {
            line.push_str(bare);
        }
        line.push_str(&word[bare.len()..]);
    }
    let line = line.chars().map(|c| if is_shown(c) { c } else { ' ' });
    line.take(LONGEST).collect()
}

/// Not what moves a terminal's cursor, or turns text around.
fn is_shown(c: char) -> bool {
    let is_format = matches!(
        c,
        '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
    );
    !c.is_control() && !is_format
}

const REDACTED: &str = "[redacted]";

/// Tokens of both providers consist of these.
fn is_token_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Whether a word could be a token or a client secret: longer than words are, and with a digit.
fn looks_secret(word: &str) -> bool {
    word.len() >= 16 && word.contains(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_fit_to_be_shown() {
        let sent = Secret::new("sent");
        for (message, shown) in [
            ("no sent\x1b[2J\n", "no [redacted] [2J "),
            ("a\u{202e}b\u{feff}\u{9b}", "a b  "),
            ("abcdefgh12345678!", "[redacted]!"),
            ("a 0123456789abcdef0123, b", "a [redacted], b"),
            ("gho_abcdefg-1234567", "[redacted]"),
            (
                "recharge in time at https://www.ohmygpt.com/pay .",
                "recharge in time at https://www.ohmygpt.com/pay .",
            ),
            (
                "OAuthAccess is internationalization",
                "OAuthAccess is internationalization",
            ),
        ] {
            assert_eq!(presentable(message, &[&sent]), shown);
        }
        assert_eq!(presentable("no", &[&Secret::new("")]), "no");
        assert_eq!(presentable(&"x ".repeat(1000), &[]).len(), 300);
    }
}
