//! What OhMyGPT remembers about one app and its users.

use std::collections::HashMap;
use std::fmt;
use std::mem;
use std::sync::Arc;

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
    users: Vec<User>,
    /// Whose a token or a key is: there may be a million.
    owners: HashMap<Arc<str>, Owner>,
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
    pub(super) admin_token: Arc<str>,
    /// When the admin token was made.
    pub(super) rotated_at: Moment,
    pub(super) keys: Vec<Key>,
}

#[derive(Clone, Copy)]
struct Owner {
    /// Where the user stands.
    user: usize,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    OAuthToken,
    AdminToken,
    Key,
}

pub(super) struct Key {
    pub(super) value: Arc<str>,
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
            owners: HashMap::new(),
            codes: Vec::new(),
        }
    }
}

impl OhMyGpt {
    pub(crate) fn new_users(&mut self, count: usize, now: Moment) -> Vec<OhMyGptUser> {
        self.users.reserve(count);
        self.owners.reserve(2 * count);
        (0..count).map(|_| self.new_user(now)).collect()
    }

    pub(crate) fn new_user(&mut self, now: Moment) -> OhMyGptUser {
        let (at, admin_token) = (self.users.len(), new_key());
        self.own(&admin_token, at, What::AdminToken);
        let seen = OhMyGptUser {
            id: FIRST_USER + at,
            oauth_token: self.new_oauth_token(at),
            admin_token: admin_token.to_string(),
        };
        self.users.push(User {
            id: seen.id,
            admin_token,
            rotated_at: now,
            keys: Vec::new(),
        });
        seen
    }

    /// Where the last user stands.
    pub(super) fn last_user(&self) -> Option<usize> {
        self.users.len().checked_sub(1)
    }

    pub(super) fn user(&mut self, at: usize) -> &mut User {
        &mut self.users[at]
    }

    /// One more, in the form of the provider's example.
    pub(super) fn new_oauth_token(&mut self, user: usize) -> String {
        let token = format!("omg-oat-v1-{}", random::token(24));
        self.own(&token.as_str().into(), user, What::OAuthToken);
        token
    }

    /// Puts another admin token in the place of the user's, which it returns.
    pub(super) fn rotate(&mut self, at: usize, now: Moment) -> Arc<str> {
        let new = new_key();
        self.own(&new, at, What::AdminToken);
        let user = &mut self.users[at];
        user.rotated_at = now;
        let old = mem::replace(&mut user.admin_token, new);
        self.owners.remove(&old);
        old
    }

    pub(super) fn add_key(&mut self, user: usize, key: Key) {
        self.own(&key.value, user, What::Key);
        self.users[user].keys.push(key);
    }

    pub(super) fn remove_key(&mut self, user: usize, key: usize) {
        let key = self.users[user].keys.remove(key);
        self.owners.remove(&key.value);
    }

    fn own(&mut self, value: &Arc<str>, user: usize, what: What) {
        self.owners.insert(Arc::clone(value), Owner { user, what });
    }

    pub(crate) fn is_alive(&self, token: &str, now: Moment) -> bool {
        self.owners.get(token).is_some_and(|owner| {
            let mut keys = self.users[owner.user].keys.iter();
            owner.what != What::Key || keys.any(|key| key.opens_with(token, now))
        })
    }

    /// Where the user of the OAuth token stands that a call is made with.
    pub(super) fn caller(&self, token: Option<&str>) -> Result<usize, OAuthRefusal> {
        let user = self.owner(token, What::OAuthToken);
        match user.ok_or(OAuthRefusal::InvalidToken)? {
            user if self.sufficient_balance => Ok(user),
            _ => Err(OAuthRefusal::InsufficientBalance),
        }
    }

    /// Where the user of an admin token stands.
    pub(super) fn admin_of(&self, token: Option<&str>) -> Option<usize> {
        self.owner(token, What::AdminToken)
    }

    fn owner(&self, token: Option<&str>, what: What) -> Option<usize> {
        let owner = self.owners.get(token?)?;
        (owner.what == what).then_some(owner.user)
    }
}

impl Key {
    pub(super) fn new(terms: Terms, now: Moment) -> Self {
        Self {
            value: new_key(),
            created_at: now,
            terms,
        }
    }

    fn opens_with(&self, token: &str, now: Moment) -> bool {
        &*self.value == token && !self.terms.is_disabled && now < self.terms.expired_at
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

/// In the form and length of the provider's example.
fn new_key() -> Arc<str> {
    format!("sk-{}", random::token(48)).into()
}
