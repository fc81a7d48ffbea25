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
    let mut bytes = new.expose().bytes();
    bytes.all(|byte| byte.is_ascii_hexdigit()) && prefix(old).is_none()
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
        assert!(is_before_prefixes(&"e72e16c7".into(), &"code".into()));
        assert!(!is_before_prefixes(&"e72e16c7".into(), &"ghr_1".into()));
        assert!(!is_before_prefixes(&"csrf".into(), &"code".into()));
    }
}
