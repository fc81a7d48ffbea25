//! What OhMyGPT remembers about one app and its users.

use std::fmt;

use chrono::TimeDelta;

use super::envelope::OAuthRefusal;
use super::oauth::Code;
use crate::clock::Moment;
use crate::random;

/// The first number is that of the provider's example.
const FIRST_USER: usize = 2286;

pub(crate) struct OhMyGpt {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// What the app is configured with.
    pub(crate) scope: String,
    pub(crate) sufficient_balance: bool,
    pub(super) users: Vec<User>,
    pub(super) codes: Vec<Code>,
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

pub(super) struct User {
    pub(super) id: usize,
    pub(super) oauth_tokens: Vec<String>,
    /// The admin token.
    pub(super) admin: Key,
    pub(super) keys: Vec<Key>,
}

pub(super) struct Key {
    pub(super) value: String,
    pub(super) created_at: Moment,
    pub(super) terms: Terms,
}

/// What a user decides about a key.
pub(super) struct Terms {
    pub(super) remark: String,
    pub(super) expired_at: Moment,
    /// With two decimals.
    pub(super) max_fee: String,
    pub(super) permissions: Vec<String>,
    pub(super) is_disabled: bool,
}

impl fmt::Debug for OhMyGptUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OhMyGptUser")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Default for OhMyGpt {
    fn default() -> Self {
        Self {
            client_id: random::hex(24),
            client_secret: random::alphanumeric(32),
            scope: "trusted_full_access".into(),
            sufficient_balance: true,
            users: Vec::new(),
            codes: Vec::new(),
        }
    }
}

impl OhMyGpt {
    pub(crate) fn new_user(&mut self, now: Moment) -> OhMyGptUser {
        let user = User {
            id: FIRST_USER + self.users.len(),
            oauth_tokens: vec![new_oauth_token()],
            admin: Key::new(Terms::unlimited(now), now),
            keys: Vec::new(),
        };
        let seen = OhMyGptUser {
            id: user.id,
            oauth_token: user.oauth_tokens[0].clone(),
            admin_token: user.admin.value.clone(),
        };
        self.users.push(user);
        seen
    }

    pub(crate) fn is_alive(&self, token: &str, now: Moment) -> bool {
        self.users.iter().any(|user| {
            user.oauth_tokens.iter().any(|found| found == token)
                || user.admin.value == token
                || user.keys.iter().any(|key| key.opens_with(token, now))
        })
    }

    /// The user of the OAuth token that a call is made with.
    pub(super) fn caller(&mut self, token: Option<&str>) -> Result<&mut User, OAuthRefusal> {
        let token = token.ok_or(OAuthRefusal::InvalidToken)?;
        let owns = |user: &&mut User| user.oauth_tokens.iter().any(|found| found == token);
        let user = self.users.iter_mut().find(owns);
        match user.ok_or(OAuthRefusal::InvalidToken)? {
            user if self.sufficient_balance => Ok(user),
            _ => Err(OAuthRefusal::InsufficientBalance),
        }
    }

    /// The user of an admin token.
    pub(super) fn admin_of(&mut self, token: Option<&str>) -> Option<&mut User> {
        let token = token?;
        self.users.iter_mut().find(|user| user.admin.value == token)
    }
}

impl Key {
    /// In the form and length of the provider's example.
    pub(super) fn new(terms: Terms, now: Moment) -> Self {
        Self {
            value: format!("sk-{}", random::alphanumeric(48)),
            created_at: now,
            terms,
        }
    }

    fn opens_with(&self, token: &str, now: Moment) -> bool {
        self.value == token && !self.terms.is_disabled && now < self.terms.expired_at
    }
}

impl Terms {
    /// Those of the admin token, which is made at the web site. How long it lives there is not
    /// documented: here it is a century.
    pub(super) fn unlimited(now: Moment) -> Self {
        Self {
            remark: String::new(),
            expired_at: now + TimeDelta::days(36_525),
            max_fee: "0.00".into(),
            permissions: Vec::new(),
            is_disabled: false,
        }
    }
}

/// In the form of the provider's example.
pub(super) fn new_oauth_token() -> String {
    format!("omg-oat-v1-{}", random::alphanumeric(24))
}
