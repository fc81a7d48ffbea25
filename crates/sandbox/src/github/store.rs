//! What GitHub remembers about one app and its one user, octocat.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;

use super::SecondaryLimit;
use super::authorize::Code;
use super::device::Device;
use super::limit::{DOCUMENTED, Limit};
use crate::clock::Moment;
use crate::random;

/// How long what expires works.
#[derive(Clone, Copy)]
pub(crate) struct Lifetimes {
    pub(crate) token: TimeDelta,
    pub(crate) refresh_token: TimeDelta,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            token: TimeDelta::seconds(28_800),
            // One of the documents says 15811200; recordings say this.
            refresh_token: TimeDelta::seconds(15_897_600),
        }
    }
}

pub(crate) struct GitHub {
    /// Where the sandbox is.
    pub(super) url: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// Both, as the header `authorization` has them.
    pub(super) basic: String,
    pub(crate) settings: Settings,
    /// By the tokens themselves: there may be a million.
    pub(super) tokens: HashMap<Box<str>, Token>,
    /// By the refresh tokens themselves.
    pub(super) refresh_tokens: HashMap<Box<str>, RefreshToken>,
    pub(super) codes: Vec<Code>,
    pub(super) devices: Vec<Device>,
    pub(crate) limit: Limit,
    last_id: usize,
}

/// What tests switch.
pub(crate) struct Settings {
    pub(crate) expiring_tokens: bool,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) device_flow: bool,
    pub(crate) device_interval: u32,
    pub(crate) email_verified: bool,
    pub(crate) suspended: bool,
    pub(crate) secondary_limit: Option<SecondaryLimit>,
}

/// What a token stands for. A reset changes the token, this stays.
pub(super) struct Token {
    pub(super) id: usize,
    pub(super) scopes: Arc<[String]>,
    pub(super) created_at: Moment,
    pub(super) updated_at: Moment,
    pub(super) expires_at: Option<Moment>,
    /// The refresh token that it came with.
    pub(super) refresh: Option<Box<str>>,
}

/// What an expiring token is replaced with.
pub(super) struct RefreshToken {
    /// The token that it came with.
    pub(super) token: Box<str>,
    pub(super) scopes: Arc<[String]>,
    /// Then no client secret is asked for.
    pub(super) by_device: bool,
    pub(super) expires_at: Moment,
}

/// What a grant brings.
pub(super) struct Issued {
    pub(super) token: String,
    pub(super) scopes: Arc<[String]>,
    /// If the token expires.
    pub(super) refresh_token: Option<String>,
    pub(super) lifetimes: Lifetimes,
}

impl Token {
    pub(super) fn is_alive(&self, now: Moment) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

impl GitHub {
    pub(crate) fn new(url: String) -> Self {
        let (client_id, client_secret) = (random::hex(20), random::hex(40));
        let pair = STANDARD.encode(format!("{client_id}:{client_secret}"));
        Self {
            url,
            client_id,
            client_secret,
            basic: format!("Basic {pair}"),
            settings: Settings {
                expiring_tokens: false,
                lifetimes: Lifetimes::default(),
                device_flow: true,
                device_interval: 5,
                email_verified: true,
                suspended: false,
                secondary_limit: None,
            },
            tokens: HashMap::new(),
            refresh_tokens: HashMap::new(),
            codes: Vec::new(),
            devices: Vec::new(),
            limit: Limit::new(Some(DOCUMENTED)),
            last_id: 0,
        }
    }

    pub(crate) fn new_token(&mut self, now: Moment) -> String {
        self.new_tokens(1, now).remove(0)
    }

    /// Tokens with the scope of the documented example.
    pub(crate) fn new_tokens(&mut self, count: usize, now: Moment) -> Vec<String> {
        let expiring = self.settings.expiring_tokens;
        let expires_at = expiring.then(|| now + self.settings.lifetimes.token);
        let scopes = example_scopes();
        self.tokens.reserve(count);
        let new = (0..count).map(|_| {
            let value = new_value(expiring);
            self.add(&value, Arc::clone(&scopes), expires_at, now);
            value
        });
        new.collect()
    }

    pub(crate) fn is_alive(&self, token: &str, now: Moment) -> bool {
        let is_token = self.find(token, now).is_some();
        is_token || self.find_refresh(token, now).is_some()
    }

    /// A living token.
    pub(super) fn find(&self, token: &str, now: Moment) -> Option<&Token> {
        let found = self.tokens.get(token)?;
        found.is_alive(now).then_some(found)
    }

    /// A living refresh token.
    pub(super) fn find_refresh(&self, token: &str, now: Moment) -> Option<&RefreshToken> {
        let found = self.refresh_tokens.get(token)?;
        (now < found.expires_at).then_some(found)
    }

    pub(super) fn add(
        &mut self,
        value: &str,
        scopes: Arc<[String]>,
        expires_at: Option<Moment>,
        now: Moment,
    ) -> &mut Token {
        self.last_id += 1;
        let token = Token {
            id: self.last_id,
            scopes,
            created_at: now,
            updated_at: now,
            expires_at,
            refresh: None,
        };
        self.tokens
            .entry(value.into())
            .insert_entry(token)
            .into_mut()
    }

    /// Puts the same kind of token in the place of a known one. The expiry stays, as all else does
    /// in recordings. What becomes of the refresh token is not documented: here it dies, so that
    /// nobody counts on it.
    pub(super) fn replace(&mut self, old: &str, now: Moment) -> Option<String> {
        let mut token = self.tokens.remove(old)?;
        if let Some(refresh) = token.refresh.take() {
            self.refresh_tokens.remove(&refresh);
        }
        token.updated_at = now;
        let new = new_value(token.expires_at.is_some());
        self.tokens.insert(new.as_str().into(), token);
        Some(new)
    }

    /// A token, and a refresh token if it expires.
    pub(super) fn issue(
        &mut self,
        scopes: impl Into<Arc<[String]>>,
        expiring: bool,
        by_device: bool,
        now: Moment,
    ) -> Issued {
        let scopes = scopes.into();
        let token = new_value(expiring);
        let lifetimes = self.settings.lifetimes;
        let expires_at = expiring.then(|| now + lifetimes.token);
        let added = self.add(&token, Arc::clone(&scopes), expires_at, now);
        let refresh_token = expiring.then(|| format!("ghr_{}", random::token(76)));
        if let Some(value) = &refresh_token {
            added.refresh = Some(value.as_str().into());
            let refresh = RefreshToken {
                token: token.as_str().into(),
                scopes: Arc::clone(&scopes),
                by_device,
                expires_at: now + lifetimes.refresh_token,
            };
            self.refresh_tokens.insert(value.as_str().into(), refresh);
        }
        Issued {
            token,
            scopes,
            refresh_token,
            lifetimes,
        }
    }
}

/// That of the documented example.
pub(super) fn example_scopes() -> Arc<[String]> {
    Arc::new(["public_repo".into()])
}

/// A token of a GitHub App if it expires, and of an OAuth app if not.
pub(super) fn new_value(expiring: bool) -> String {
    let prefix = if expiring { "ghu" } else { "gho" };
    format!("{prefix}_{}", random::token(36))
}
