//! What both providers remember.

use std::fmt;
use std::iter::repeat_with;

use crate::{Fault, LoggedRequest};

/// Everything that the sandbox knows.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) authorizations: Vec<Authorization>,
    /// How many calls GitHub has counted against its limit.
    pub(crate) github_calls: usize,
    pub(crate) users: Vec<OhMyGptUser>,
    pub(crate) requests: Vec<LoggedRequest>,
    pub(crate) fault: Option<Fault>,
}

/// An OAuth app at GitHub.
pub(crate) struct App {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

/// What a GitHub token stands for. The token changes, the rest stays.
#[derive(Clone)]
pub(crate) struct Authorization {
    pub(crate) id: usize,
    pub(crate) token: String,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
}

/// A user of OhMyGPT.
#[derive(Clone)]
pub struct OhMyGptUser {
    /// The user's number.
    pub id: usize,
    /// What an app calls with.
    pub oauth_token: String,
    /// What a rotation replaces.
    pub admin_token: String,
}

impl fmt::Debug for OhMyGptUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OhMyGptUser")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Default for World {
    fn default() -> Self {
        Self {
            app: App {
                client_id: random(20, "0123456789abcdef"),
                client_secret: random(40, "0123456789abcdef"),
            },
            authorizations: Vec::new(),
            github_calls: 0,
            users: Vec::new(),
            requests: Vec::new(),
            fault: None,
        }
    }
}

impl World {
    pub(crate) fn new_github_token(&mut self) -> String {
        let token = github_token();
        self.authorizations.push(Authorization {
            id: self.authorizations.len() + 1,
            token: token.clone(),
            created_at: now(),
            updated_at: now(),
        });
        token
    }

    pub(crate) fn new_ohmygpt_user(&mut self) -> OhMyGptUser {
        /// The first number is that of the provider's example.
        const FIRST: usize = 2286;
        let user = OhMyGptUser {
            id: FIRST + self.users.len(),
            oauth_token: format!("omg-oat-v1-{}", alphanumeric(24)),
            admin_token: ohmygpt_token(),
        };
        self.users.push(user.clone());
        user
    }

    pub(crate) fn is_alive(&self, token: &str) -> bool {
        self.authorizations.iter().any(|a| a.token == token)
            || self
                .users
                .iter()
                .any(|user| user.oauth_token == token || user.admin_token == token)
    }
}

/// A token in the form of an OAuth app's.
pub(crate) fn github_token() -> String {
    format!("gho_{}", alphanumeric(36))
}

/// A token in the form and length of the provider's example.
pub(crate) fn ohmygpt_token() -> String {
    format!("sk-{}", alphanumeric(48))
}

/// This moment as both providers write it.
pub(crate) fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

pub(crate) fn random(length: usize, alphabet: &str) -> String {
    let alphabet = alphabet.as_bytes();
    repeat_with(|| char::from(alphabet[fastrand::usize(..alphabet.len())]))
        .take(length)
        .collect()
}

fn alphanumeric(length: usize) -> String {
    repeat_with(fastrand::alphanumeric).take(length).collect()
}
