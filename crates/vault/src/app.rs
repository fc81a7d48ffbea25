//! Whose tokens they are.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Who issues a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Provider {
    /// GitHub: github.com, Enterprise Server or data residency.
    GitHub,
    /// OhMyGPT.
    OhMyGpt,
}

/// The app that a token was issued to: a token can only be replaced by a client of this app.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct App {
    /// Who issues its tokens.
    pub provider: Provider,
    /// The base URL of the API as [`normal_base_url`](tokenturn::normal_base_url) makes it, such as
    /// `https://api.github.com`.
    pub server: String,
    /// The client ID. Rotations at OhMyGPT do without, so it is empty there.
    pub client_id: String,
}

impl Provider {
    /// The provider as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::OhMyGpt => "ohmygpt",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is the word for no provider.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not a provider; it is `github` or `ohmygpt`")]
pub struct NotAProvider;

impl FromStr for Provider {
    type Err = NotAProvider;

    fn from_str(word: &str) -> Result<Self, NotAProvider> {
        let all = [Self::GitHub, Self::OhMyGpt];
        let found = all.into_iter().find(|provider| provider.as_str() == word);
        found.ok_or(NotAProvider)
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
