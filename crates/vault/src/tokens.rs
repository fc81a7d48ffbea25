//! What a row keeps secret.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Deserialize;
use tokenturn::{Candidates, Fingerprint, Secret, Timestamp};
use zeroize::Zeroizing;

use crate::kept::Kept;

/// The secrets of one row.
///
/// At GitHub the token is what is replaced and also what authorizes that. At OhMyGPT the OAuth token
/// authorizes the rotation, stays, and what is replaced is the admin token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Tokens {
    /// The token that a rotation replaces. `None` when nobody knows it yet, as an OhMyGPT user's
    /// admin token before the first rotation.
    pub token: Option<Secret>,
    /// What authorizes the rotation, where that is another token: OhMyGPT's OAuth token.
    pub oauth_token: Option<Secret>,
    /// When the token dies, where that is known.
    pub expires_at: Option<Timestamp>,
    /// What the token can be replaced with when it has died.
    pub refresh_token: Option<Secret>,
    /// When the refresh token dies, where that is known.
    pub refresh_token_expires_at: Option<Timestamp>,
    /// How long the token lives in all, in seconds, where the provider has said so; 0 where it was asked and
    /// has not.
    #[serde(default)]
    pub lifetime: Option<u64>,
    /// How far the provider's clock was ahead of the store's when the token came, in milliseconds. The times
    /// are those of the provider's clock.
    #[serde(default)]
    pub clock_ahead: i64,
    /// The number of the user whose token it is, where the provider has said so.
    #[serde(default)]
    pub user_id: Option<i64>,
    /// Answers that may have the new token in them. They stay until there is a new token: whoever says
    /// that the old one is valid, or a candidate is not, may be wrong.
    #[serde(default)]
    pub kept: Vec<Kept>,
}

impl Tokens {
    /// A token that a rotation replaces, and that authorizes the rotation, as at GitHub.
    pub fn new(token: impl Into<Secret>) -> Self {
        Self {
            token: Some(token.into()),
            ..Self::default()
        }
    }

    /// A GitHub token.
    pub fn github(token: impl Into<Secret>) -> Self {
        Self::new(token)
    }

    /// An OhMyGPT user's OAuth token and, where it is known, the admin token that it replaces.
    pub fn ohmygpt(oauth_token: impl Into<Secret>, admin_token: Option<Secret>) -> Self {
        Self {
            token: admin_token,
            oauth_token: Some(oauth_token.into()),
            ..Self::default()
        }
    }

    /// Whether what authorizes a rotation outlives it. So calls that are under way together have an order
    /// that only the provider knows, and another one settles that.
    pub(crate) fn can_repeat(&self) -> bool {
        self.oauth_token.is_some()
    }

    /// The token to call the provider with.
    pub(crate) fn authorizing(&self) -> Option<&Secret> {
        self.oauth_token.as_ref().or(self.token.as_ref())
    }

    /// Whether a provider can be called with them: they are printable ASCII without spaces.
    pub(crate) fn are_sendable(&self) -> bool {
        let secrets = [&self.token, &self.oauth_token, &self.refresh_token];
        secrets.into_iter().flatten().all(is_sendable)
    }

    /// Whether they can be those of a user with this number, as far as that is known.
    pub(crate) fn are_of(&self, user_id: Option<i64>) -> bool {
        self.user_id.is_none() || user_id.is_none() || user_id == self.user_id
    }

    /// What may be the new token in each of the answers that were kept, but for those that other rows have.
    pub(crate) fn candidates(&self, taken: &[Secret]) -> Vec<Candidates> {
        let in_answer = |kept: &Kept| {
            let mut candidates = Candidates::in_body(kept.body());
            for token in taken {
                candidates = candidates.without(token);
            }
            match self.user_id {
                Some(user_id) => candidates.of_user(user_id),
                None => candidates,
            }
        };
        self.kept.iter().map(in_answer).collect()
    }

    /// Keeps an answer until there is a new token.
    pub(crate) fn keep(&mut self, kept: &Kept) {
        // A page that comes again and again is one.
        if !self.kept.contains(kept) {
            self.kept.push(kept.clone());
        }
    }

    /// The name under which the token may appear in logs and reports.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.token.as_ref().map(Secret::fingerprint)
    }

    /// Tells them from others, within one process.
    pub(crate) fn hash(&self) -> u64 {
        let secrets = [&self.token, &self.oauth_token, &self.refresh_token];
        let mut hasher = DefaultHasher::new();
        secrets
            .map(|secret| secret.as_ref().map(Secret::expose))
            .hash(&mut hasher);
        hasher.finish()
    }

    /// One object of JSON, which [`Deserialize`] reads. It holds the secrets in the clear.
    pub fn to_json(&self) -> Zeroizing<String> {
        // In one piece: a buffer that grows leaves its old content behind in freed memory.
        let secrets = [&self.token, &self.oauth_token, &self.refresh_token];
        let length: usize = secrets
            .into_iter()
            .flatten()
            .map(|s| 6 * s.expose().len())
            .sum();
        let kept: Vec<_> = self.kept.iter().map(Kept::to_base64).collect();
        let kept_length: usize = kept.iter().map(|text| text.len() + 3).sum();
        let mut json = Zeroizing::new(String::with_capacity(length + kept_length + 256));
        let times =
            [self.expires_at, self.refresh_token_expires_at].map(|t| t.map(|t| t.to_string()));
        json.push('{');
        for (name, value) in [
            ("token", self.token.as_ref().map(Secret::expose)),
            ("oauth_token", self.oauth_token.as_ref().map(Secret::expose)),
            ("expires_at", times[0].as_deref()),
            (
                "refresh_token",
                self.refresh_token.as_ref().map(Secret::expose),
            ),
            ("refresh_token_expires_at", times[1].as_deref()),
        ] {
            let Some(value) = value else { continue };
            comma(&mut json);
            json.push('"');
            json.push_str(name);
            json.push_str("\":");
            json.push_str(&Zeroizing::new(serde_json::Value::from(value).to_string()));
        }
        for (name, value) in [
            ("lifetime", self.lifetime.map(i128::from)),
            (
                "clock_ahead",
                (self.clock_ahead != 0).then_some(self.clock_ahead.into()),
            ),
            ("user_id", self.user_id.map(i128::from)),
        ] {
            let Some(value) = value else { continue };
            comma(&mut json);
            json.push_str(&format!("\"{name}\":{value}"));
        }
        if !kept.is_empty() {
            comma(&mut json);
            json.push_str("\"kept\":[");
            for (number, text) in kept.iter().enumerate() {
                json.push_str(if number > 0 { ",\"" } else { "\"" });
                json.push_str(text);
                json.push('"');
            }
            json.push(']');
        }
        json.push('}');
        json
    }
}

/// Whether it is printable ASCII without spaces.
pub(crate) fn is_sendable(secret: &Secret) -> bool {
    let secret = secret.expose();
    !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Before each member of an object but the first.
fn comma(json: &mut String) {
    if json.len() > 1 {
        json.push(',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_back() {
        let mut tokens = Tokens::ohmygpt("omg\"\u{1F600}\\", Some(Secret::new("sk-1")));
        tokens.expires_at = Some("2026-11-22T10:00:00Z".parse().unwrap());
        tokens.refresh_token = Some(Secret::new("ghr_1"));
        let read: Tokens = serde_json::from_str(&tokens.to_json()).unwrap();
        assert_eq!(read, tokens);
        tokens.user_id = Some(7);
        (tokens.lifetime, tokens.clock_ahead) = (Some(28_800), -3_600_000);
        for body in [&b"{}"[..], b"{}", b"\xFF"] {
            tokens.keep(&Kept::new(body));
        }
        assert_eq!(tokens.kept.len(), 2);
        let read: Tokens = serde_json::from_str(&tokens.to_json()).unwrap();
        assert_eq!(read, tokens);
        let tokens = Tokens::github("gho_1");
        assert_eq!(*tokens.to_json(), r#"{"token":"gho_1"}"#);
    }
}
