//! Whose tokens they are.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Who issues a token, as one word: [`GITHUB`](Self::GITHUB), [`OHMYGPT`](Self::OHMYGPT), or that of a
/// [`VaultProvider`](crate::VaultProvider) of one's own.
///
/// ```
/// use tokenturn_vault::Provider;
///
/// assert_eq!("github".parse::<Provider>()?, Provider::GITHUB);
/// assert_eq!("gitlab".parse::<Provider>()?.as_str(), "gitlab");
/// assert!("GitLab, Inc.".parse::<Provider>().is_err());
/// # Ok::<(), tokenturn_vault::NotAProvider>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Provider(Cow<'static, str>);

/// The app that a token was issued to: a token can only be replaced by a client of this app.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct App {
    /// Who issues its tokens.
    pub provider: Provider,
    /// The base URL of the API as [`normal_base_url`](tokenturn::normal_base_url) makes it, such as
    /// `https://api.github.com`.
    pub server: String,
    /// The client ID. Where the token itself is all that authorizes a call, as at OhMyGPT, it is empty.
    pub client_id: String,
}

impl Provider {
    /// GitHub: github.com, Enterprise Server or data residency.
    pub const GITHUB: Self = Self::from_static("github");
    /// OhMyGPT.
    pub const OHMYGPT: Self = Self::from_static("ohmygpt");

    /// The provider with this word: at most 64 of a-z, 0-9, `-` and `_`.
    ///
    /// ```
    /// use tokenturn_vault::Provider;
    ///
    /// const GITLAB: Provider = Provider::from_static("gitlab");
    /// ```
    ///
    /// # Panics
    ///
    /// When it is no such word; in a constant, that is an error of the compiler's.
    pub const fn from_static(word: &'static str) -> Self {
        assert!(is_word(word.as_bytes()), "it is no word for a provider");
        Self(Cow::Borrowed(word))
    }

    /// The provider as one word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_word(mut bytes: &[u8]) -> bool {
    let is_short = !bytes.is_empty() && bytes.len() <= 64;
    while let [b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_', rest @ ..] = bytes {
        bytes = rest;
    }
    is_short && bytes.is_empty()
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The text is no word for a provider.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "not a provider; it is one word such as `github` or `ohmygpt`: at most 64 of a-z, 0-9, `-` and `_`"
)]
pub struct NotAProvider;

impl TryFrom<String> for Provider {
    type Error = NotAProvider;

    fn try_from(word: String) -> Result<Self, NotAProvider> {
        match is_word(word.as_bytes()) {
            true => Ok(Self(Cow::Owned(word))),
            false => Err(NotAProvider),
        }
    }
}

impl FromStr for Provider {
    type Err = NotAProvider;

    fn from_str(word: &str) -> Result<Self, NotAProvider> {
        word.to_owned().try_into()
    }
}

impl From<Provider> for String {
    fn from(provider: Provider) -> Self {
        provider.0.into_owned()
    }
}

impl fmt::Display for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.client_id.as_str() {
            "" => write!(f, "{} at {}", self.provider, self.server),
            id => write!(f, "{} app {id} at {}", self.provider, self.server),
        }
    }
}
