//! Tokens in answers that are not believed.

use std::fmt;

use tokenturn_client::github::types::Authorization;
use tokenturn_client::{Secret, decoded};

use super::Text;

/// More than any answer has that is one.
pub(super) const MOST: usize = 64;

/// What may be the new token in an answer whose outcome is unknown.
///
/// `recover_with` asks the provider about each of them: one that it calls valid, for the same app,
/// is the token.
#[derive(Clone, Default)]
pub struct Candidates {
    tokens: Vec<Secret>,
    refresh_tokens: Vec<Secret>,
    user_id: Option<i64>,
}

impl Candidates {
    /// Looks for them in the body of an answer, such as one that was kept in a file.
    ///
    /// ```
    /// use tokenturn::Candidates;
    ///
    /// let found = Candidates::in_body(br#"<script>{"token":"gho_a"}</script>"#);
    /// assert_eq!(found.tokens()[0].expose(), "gho_a");
    /// ```
    pub fn in_body(body: &[u8]) -> Self {
        let body = &decoded(body);
        let text = Text::of(body);
        let mut tokens = Vec::new();
        // What looks like one first, so that no decoys take all the places.
        let named = ["token", "access_token"].map(|name| text.strings(name));
        let named = named.into_iter().flatten();
        for token in text
            .user_tokens()
            .into_iter()
            .chain(named)
            .chain(in_form(body, "access_token"))
        {
            if tokens.len() < MOST && !tokens.contains(&token) {
                tokens.push(token);
            }
        }
        let mut refresh_tokens = text.others("refresh_token", &Secret::new(""));
        for token in in_form(body, "refresh_token") {
            if refresh_tokens.len() < MOST && !refresh_tokens.contains(&token) {
                refresh_tokens.push(token);
            }
        }
        Self {
            tokens,
            refresh_tokens,
            user_id: None,
        }
    }

    /// Takes no token but of the user with this number, where GitHub says whose it is. Whoever knows
    /// the user of the old token should say so: an answer may have been meant for somebody else.
    pub fn of_user(mut self, user_id: i64) -> Self {
        self.user_id = Some(user_id);
        self
    }

    /// The same without a token that is known not to be it.
    pub fn without(mut self, token: &Secret) -> Self {
        self.tokens.retain(|found| found != token);
        self
    }

    /// The tokens, in the order in which they stand there.
    pub fn tokens(&self) -> &[Secret] {
        &self.tokens
    }

    /// What may be the new refresh token. No call tells about one without using it up: it is taken with a
    /// token that turns out to be valid, where there is no other one beside it.
    pub fn refresh_tokens(&self) -> &[Secret] {
        &self.refresh_tokens
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The refresh token that belongs to the token.
    pub(crate) fn refresh_token(&self) -> Option<&Secret> {
        match &self.refresh_tokens[..] {
            [token] => Some(token),
            _ => None,
        }
    }

    /// Whether a valid token is of the right user, as far as that is known.
    pub(crate) fn fits(&self, found: Option<&Authorization>) -> bool {
        let user_id = found.and_then(|found| found.user.as_ref()?.id);
        self.user_id.is_none() || user_id.is_none() || user_id == self.user_id
    }
}

impl FromIterator<Secret> for Candidates {
    fn from_iter<T: IntoIterator<Item = Secret>>(tokens: T) -> Self {
        Self {
            tokens: tokens.into_iter().collect(),
            ..Self::default()
        }
    }
}

/// Not even their fingerprints: they are not known to be tokens.
impl fmt::Debug for Candidates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Candidates({})", self.tokens.len())
    }
}

fn in_form<'a>(body: &'a [u8], wanted: &'a str) -> impl Iterator<Item = Secret> + 'a {
    let is_form = body.is_ascii() && !body.contains(&b'<');
    let pairs = form_urlencoded::parse(if is_form { body } else { b"" });
    pairs
        .filter(move |(name, value)| name == wanted && !value.is_empty())
        .map(|(_, value)| Secret::new(value))
}
