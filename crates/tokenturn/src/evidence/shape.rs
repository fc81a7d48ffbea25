//! What tokens look like, by their prefix and their alphabet; never by their length, which has
//! changed before.
//!
//! Source: <https://github.blog/changelog/2021-03-31-authentication-token-format-updates-are-generally-available/>;
//! tokens from before that are hexadecimal digits. OhMyGPT's pages show `omg-oat-v1-` and `sk-`.

use tokenturn_client::Secret;

const GITHUB: [&str; 6] = ["github_pat_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"];

/// Whether `new` can be what GitHub makes of `old`.
pub(crate) fn is_of_the_same_kind(new: &Secret, old: &Secret) -> bool {
    let (new_prefix, old_prefix) = (prefix(new), prefix(old));
    let is_upgrade = old_prefix.is_none() && is_user_token(new);
    is_alphabet(new) && (new_prefix == old_prefix || is_upgrade)
}

/// Whether it begins as a user's token of an OAuth app or a GitHub App does.
pub(crate) fn is_user_token(token: &Secret) -> bool {
    let prefix = prefix(token).filter(|prefix| token.expose().len() > prefix.len());
    matches!(prefix, Some("gho_" | "ghu_")) && is_alphabet(token)
}

/// Whether it can be a user's token of an app, also one from before prefixes. Neither a token of another
/// kind, nor two tokens, nor a token with something around it can.
pub(crate) fn can_be_a_users(token: &Secret) -> bool {
    match prefix(token) {
        Some(prefix) => {
            let rest = &token.expose()[prefix.len()..];
            is_user_token(token) && !GITHUB.iter().any(|prefix| rest.contains(prefix))
        }
        // Hexadecimal digits, or what the example of the documents consists of.
        None => {
            let mut bytes = token.expose().bytes();
            bytes.all(|byte| byte.is_ascii_hexdigit() || byte.is_ascii_lowercase())
        }
    }
}

/// Whether it is a token of OhMyGPT's that begins with `prefix`. Neither half a token nor a masked one is.
pub(crate) fn is_ohmygpts(token: &Secret, prefix: &str) -> bool {
    let is_of_one = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let rest = token.expose().strip_prefix(prefix);
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_of_one))
}

/// Whether GitHub's tokens consist of such characters. An installation's token has a JWT in it.
pub(crate) fn is_alphabet(token: &Secret) -> bool {
    let has_jwt = prefix(token) == Some("ghs_");
    let mut bytes = token.expose().bytes();
    bytes.all(|byte| {
        byte.is_ascii_alphanumeric() || byte == b'_' || has_jwt && b".-".contains(&byte)
    })
}

/// Whether it looks like a token from before prefixes, and what it was made of may be from then, too.
pub(crate) fn is_before_prefixes(new: &Secret, old: &Secret) -> bool {
    is_hexadecimal(new) && prefix(old).is_none()
}

fn is_hexadecimal(token: &Secret) -> bool {
    let mut bytes = token.expose().bytes();
    bytes.all(|byte| byte.is_ascii_hexdigit())
}

fn prefix(token: &Secret) -> Option<&'static str> {
    let mut known = GITHUB.into_iter();
    known.find(|prefix| token.expose().starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_keeps_the_kind() {
        let long = "x".repeat(600);
        for (old, new, is_same) in [
            ("gho_a", "gho_b", true),
            ("gho_a", &*format!("gho_{long}"), true),
            ("ghs_1", "ghs_1_eyJ-a.b.c", true),
            ("gho_a", "ghu_b", false),
            ("gho_a", "csrf-b", false),
            ("gho_a", "abc", false),
            ("gho_a", "gho_b-c", false),
            // Tokens from before prefixes.
            ("e72e16c7", "abcdefgh", true),
            ("e72e16c7", "gho_b", true),
            ("e72e16c7", "ghr_b", false),
            ("e72e16c7", "csrf-b", false),
        ] {
            let (old, new) = (Secret::new(old), Secret::new(new));
            assert_eq!(is_of_the_same_kind(&new, &old), is_same, "{new:?}");
        }
        assert!(is_user_token(&"ghu_a".into()) && !is_user_token(&"ghr_a".into()));
        assert!(!is_user_token(&"ghu_".into()));
        for (token, can_be) in [
            ("gho_a1", true),
            ("ghu_a1", true),
            ("e72e16c7", true),
            ("abcdefgh12345678", true),
            ("gho_", false),
            ("ghp_a1", false),
            ("github_pat_a1", false),
            ("ghs_a1", false),
            ("ghr_a1", false),
            ("glpat-a1", false),
            ("sk-a1", false),
            ("AKIA1", false),
            ("\"gho_a1\",", false),
            ("GITHUB_TOKEN=gho_a1", false),
            ("<gho_a1>", false),
            ("xgho_a1", false),
            ("gho_a1gho_b2", false),
        ] {
            assert_eq!(can_be_a_users(&token.into()), can_be, "{token}");
        }
        for (token, is_one) in [
            ("sk-aWuZ0_8-3", true),
            ("sk-", false),
            ("sk-...", false),
            ("sk-aWuZ****833", false),
            ("sk-a b", false),
            ("omg-a", false),
        ] {
            assert_eq!(is_ohmygpts(&token.into(), "sk-"), is_one, "{token}");
        }
        assert!(is_before_prefixes(&"e72e16c7".into(), &"code".into()));
        assert!(!is_before_prefixes(&"e72e16c7".into(), &"ghr_1".into()));
        assert!(!is_before_prefixes(&"csrf".into(), &"code".into()));
    }
}
