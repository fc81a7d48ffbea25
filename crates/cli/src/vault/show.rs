//! `tokenturn vault show`

use std::io::Write;

use anyhow::Result;
use serde_json::json;
use tokenturn_vault::{Ended, State, Why};

use super::open::{Access, open};
use super::shown::{Shown, no_token, second};
use super::table::visible;
use crate::args::VaultPlace;
use crate::output::output;

pub(super) async fn run(place: &VaultPlace, id: &str, json: bool) -> Result<()> {
    let vault = open(place, Access::Read).await?;
    let entry = vault.get(id).await?;
    let entry = entry.ok_or_else(|| no_token(id))?;
    let shown = Shown::of(&entry);
    let mut out = output();
    if json {
        writeln!(out, "{}", json!(shown))?;
        return Ok(());
    }
    let also = |yes: bool, what: &str| yes.then(|| what.to_owned());
    for (name, value) in [
        ("id", Some(shown.id.to_owned())),
        ("provider", Some(shown.provider.to_string())),
        ("server", Some(shown.server.to_owned())),
        ("client ID", shown.client_id.map(str::to_owned)),
        ("label", shown.label.map(str::to_owned)),
        ("state", Some(shown.state.to_string())),
        ("fingerprint", shown.fingerprint.clone()),
        ("expires", shown.expires_at.map(second)),
        ("refresh", refresh(&shown)),
        ("ended", shown.ended.map(|ended| told(&ended, shown.state))),
        (
            "deliver",
            also(shown.undelivered, "it still has to be handed on"),
        ),
        (
            "kept",
            also(
                shown.kept > 0,
                "an answer that may have the new token in it; `vault export` shows it",
            ),
        ),
        ("changes", Some((shown.generation - 1).to_string())),
        ("put in", Some(second(shown.created_at))),
        ("changed", Some(second(shown.changed_at))),
    ] {
        if let Some(value) = value {
            writeln!(out, "{name:<11}  {}", visible(value))?;
        }
    }
    Ok(())
}

/// What is known of its refresh token.
fn refresh(shown: &Shown<'_>) -> Option<String> {
    let end = shown.refresh_token_expires_at.map(second);
    shown.has_refresh_token.then(|| match end {
        Some(end) => format!("it has a refresh token, which expires {end}"),
        None => "it has a refresh token".to_owned(),
    })
}

fn told(ended: &Ended, state: State) -> String {
    let (since, why) = (second(ended.at), ended.why);
    match (state, why) {
        (State::Active, Why::Revoked) => {
            format!("it was to be revoked at {since}, and no answer came: tokenturn check tells")
        }
        // It may live for a while.
        (State::Active, _) => format!("it cannot be refreshed since {since}: {why}"),
        _ => format!("since {since}: {why}"),
    }
}
