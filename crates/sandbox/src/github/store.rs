//! What GitHub remembers about one app and its one user, octocat.

use chrono::TimeDelta;

use super::SecondaryLimit;
use super::authorize::Code;
use super::device::Device;
use crate::clock::Moment;
use crate::random;

/// How long an expiring token works.
pub(super) const TOKEN_LIFETIME: TimeDelta = TimeDelta::seconds(28_800);
/// How long its refresh token works. One of the documents says 15811200; recordings say this.
pub(super) const REFRESH_LIFETIME: TimeDelta = TimeDelta::seconds(15_897_600);

pub(crate) struct GitHub {
    /// Where the sandbox is.
    pub(super) url: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) settings: Settings,
    pub(super) tokens: Vec<Token>,
    pub(super) refreshes: Vec<Refresh>,
    pub(super) codes: Vec<Code>,
    pub(super) devices: Vec<Device>,
    /// How many calls were counted against the limit.
    pub(super) calls: usize,
    last_id: usize,
}

/// What tests switch.
pub(crate) struct Settings {
    pub(crate) expiring_tokens: bool,
    pub(crate) device_flow: bool,
    pub(crate) device_interval: u32,
    pub(crate) email_verified: bool,
    pub(crate) suspended: bool,
    pub(crate) secondary_limit: Option<SecondaryLimit>,
}

/// A token and what it stands for. A reset changes the token, the rest stays.
pub(super) struct Token {
    pub(super) id: usize,
    pub(super) value: String,
    pub(super) scopes: Vec<String>,
    pub(super) created_at: Moment,
    pub(super) updated_at: Moment,
    pub(super) expires_at: Option<Moment>,
}

/// What an expiring token is replaced with.
pub(super) struct Refresh {
    pub(super) value: String,
    /// The token that it came with.
    pub(super) token: String,
    pub(super) scopes: Vec<String>,
    /// Then no client secret is asked for.
    pub(super) by_device: bool,
    pub(super) expires_at: Moment,
}

/// What a grant brings.
pub(super) struct Issued {
    pub(super) token: String,
    pub(super) scopes: Vec<String>,
    pub(super) refresh_token: Option<String>,
}

impl Token {
    pub(super) fn is_alive(&self, now: Moment) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// The same kind of token, and another one.
    pub(super) fn replace(&mut self, now: Moment) {
        self.value = new_value(self.expires_at.is_some());
        self.updated_at = now;
    }
}

impl GitHub {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            client_id: random::hex(20),
            client_secret: random::hex(40),
            settings: Settings {
                expiring_tokens: false,
                device_flow: true,
                device_interval: 5,
                email_verified: true,
                suspended: false,
                secondary_limit: None,
            },
            tokens: Vec::new(),
            refreshes: Vec::new(),
            codes: Vec::new(),
            devices: Vec::new(),
            calls: 0,
            last_id: 0,
        }
    }

    /// A token with the scope of the documented example.
    pub(crate) fn new_token(&mut self, now: Moment) -> String {
        let expires_at = self.settings.expiring_tokens.then(|| now + TOKEN_LIFETIME);
        let value = new_value(self.settings.expiring_tokens);
        self.add(value.clone(), vec!["public_repo".into()], expires_at, now);
        value
    }

    pub(crate) fn is_alive(&self, token: &str, now: Moment) -> bool {
        let is_token = self.find(token, now).is_some();
        is_token || self.find_refresh(token, now).is_some()
    }

    /// Where a living token stands.
    pub(super) fn find(&self, token: &str, now: Moment) -> Option<usize> {
        let found = self.tokens.iter().position(|found| found.value == token)?;
        self.tokens[found].is_alive(now).then_some(found)
    }

    /// Where a living refresh token stands.
    pub(super) fn find_refresh(&self, token: &str, now: Moment) -> Option<usize> {
        let is_it = |found: &Refresh| found.value == token && now < found.expires_at;
        self.refreshes.iter().position(is_it)
    }

    pub(super) fn add(
        &mut self,
        value: String,
        scopes: Vec<String>,
        expires_at: Option<Moment>,
        now: Moment,
    ) -> &Token {
        self.last_id += 1;
        self.tokens.push(Token {
            id: self.last_id,
            value,
            scopes,
            created_at: now,
            updated_at: now,
            expires_at,
        });
        &self.tokens[self.tokens.len() - 1]
    }

    /// A token, and a refresh token if it expires.
    pub(super) fn issue(
        &mut self,
        scopes: Vec<String>,
        expiring: bool,
        by_device: bool,
        now: Moment,
    ) -> Issued {
        let token = new_value(expiring);
        let expires_at = expiring.then(|| now + TOKEN_LIFETIME);
        self.add(token.clone(), scopes.clone(), expires_at, now);
        let refresh_token = expiring.then(|| format!("ghr_{}", random::alphanumeric(76)));
        if let Some(value) = &refresh_token {
            self.refreshes.push(Refresh {
                value: value.clone(),
                token: token.clone(),
                scopes: scopes.clone(),
                by_device,
                expires_at: now + REFRESH_LIFETIME,
            });
        }
        Issued {
            token,
            scopes,
            refresh_token,
        }
    }
}

/// A token of a GitHub App if it expires, and of an OAuth app if not.
pub(super) fn new_value(expiring: bool) -> String {
    let prefix = if expiring { "ghu" } else { "gho" };
    format!("{prefix}_{}", random::alphanumeric(36))
}
