//! What is shown of a token.

use anyhow::{Error, Result};
use serde::Serialize;
use tokenturn::{Fingerprint, Timestamp};
use tokenturn_vault::{Ended, Entry, Filter, Provider, State};

use super::damage::Damage;
use crate::args::Filters;
use crate::exit::Exit;

/// Everything but its secrets.
#[derive(Debug, Serialize)]
pub(super) struct Shown<'a> {
    pub(super) id: &'a str,
    pub(super) provider: Provider,
    pub(super) server: &'a str,
    pub(super) client_id: Option<&'a str>,
    pub(super) label: Option<&'a str>,
    pub(super) state: State,
    /// Of the token that a rotation replaces.
    pub(super) fingerprint: Option<String>,
    pub(super) generation: u64,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) has_refresh_token: bool,
    pub(super) refresh_token_expires_at: Option<Timestamp>,
    /// Since when its user has to authorize the app again, and why. Of an active one, that it cannot be
    /// refreshed.
    pub(super) ended: Option<Ended>,
    pub(super) undelivered: bool,
    /// How many answers that may have the new token in them.
    pub(super) kept: usize,
    pub(super) created_at: Timestamp,
    pub(super) changed_at: Timestamp,
}

impl<'a> Shown<'a> {
    pub(super) fn of(entry: &'a Entry) -> Self {
        let client_id = Some(entry.app.client_id.as_str());
        let fingerprint = entry.tokens.fingerprint();
        Self {
            id: &entry.id,
            provider: entry.app.provider.clone(),
            server: &entry.app.server,
            client_id: client_id.filter(|id| !id.is_empty()),
            label: entry.label.as_deref(),
            state: entry.state(),
            fingerprint: fingerprint.as_ref().map(Fingerprint::to_string),
            generation: entry.generation,
            expires_at: entry.tokens.expires_at,
            has_refresh_token: entry.tokens.refresh_token.is_some(),
            refresh_token_expires_at: entry.tokens.refresh_token_expires_at,
            ended: entry.progress.ended,
            undelivered: entry.progress.undelivered,
            kept: entry.tokens.kept.len(),
            created_at: entry.created_at,
            changed_at: entry.changed_at,
        }
    }
}

/// The first eight digits of a fingerprint: enough to tell tokens apart by eye.
pub(super) fn short(fingerprint: Option<&str>) -> String {
    let digits = fingerprint.and_then(|digits| digits.get(..8));
    digits.unwrap_or("-").to_owned()
}

/// Without the parts of a second.
pub(super) fn second(time: Timestamp) -> String {
    let text = time.to_string();
    match text.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => text,
    }
}

/// How a command ends that has found so many tokens.
pub(super) fn ended(count: u64, damage: &Damage, filters: &Filters) -> Result<()> {
    // A vault may be empty, and that is what it shows.
    if count == 0 && damage.is_none() && filters.filter() != Filter::new() {
        let why = "no token is what the options name; `tokenturn vault list` shows them all";
        return Err(Exit::NoToken.because(why));
    }
    damage.end()
}

/// There is none of this name.
pub(crate) fn no_token(id: &str) -> Error {
    Exit::NoToken.because(format!("there is no token named {id:?}"))
}

/// So many tokens.
pub(crate) fn tokens(count: u64) -> String {
    match count {
        1 => "1 token".to_owned(),
        _ => format!("{count} tokens"),
    }
}
