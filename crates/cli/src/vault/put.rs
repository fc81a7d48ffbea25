//! `tokenturn vault put`, and the rule for secrets that take the place of others.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Error, Result, bail, ensure};
use serde_json::json;
use tokenturn_vault::{Entry, Provider, Vault, What};

use super::open::{Access, open};
use super::rows;
use super::shown::second;
use crate::args::{Defaults, VaultPlace};
use crate::input;
use crate::output::output;

pub(super) async fn run(
    place: &VaultPlace,
    id: &str,
    token_file: &Path,
    mut defaults: Defaults,
    json: bool,
) -> Result<()> {
    rows::check_name("the name", id)?;
    let vault = open(place, Access::Write).await?;
    // One that cannot be read is given other secrets, too.
    let before = vault.get(id).await;
    let before = match before {
        Err(why) if !why.is_damaged() => return Err(why.into()),
        before => before.unwrap_or_default(),
    };
    if let Some(before) = &before {
        fill(&mut defaults, before);
    }
    let stored = match defaults.provider == Some(Provider::OHMYGPT) {
        true => input::stored(token_file)?,
        false => input::stored_for_github(token_file)?,
    };
    if let Some(name) = stored.odd_time() {
        let file = token_file.display();
        bail!("{name} in {file} does not look like 2026-11-22T10:00:00Z: mend it, or take it out");
    }
    let entry = rows::of_token_file(id, stored, &defaults).map_err(Error::msg)?;
    put(&vault, entry).await.with_context(|| match before {
        Some(_) => format!("{id:?} is as it was"),
        None => "nothing is put in".to_owned(),
    })?;
    let mut out = output();
    match json {
        true => writeln!(out, "{}", json!({ "id": id, "replaced": before.is_some() }))?,
        false if before.is_some() => writeln!(out, "{id:?} has these tokens now")?,
        false => writeln!(out, "{id:?} put in")?,
    }
    Ok(())
}

/// What is not given is as it is in the row that is there.
fn fill(defaults: &mut Defaults, before: &Entry) {
    let app = &before.app;
    defaults
        .provider
        .get_or_insert_with(|| app.provider.clone());
    defaults.server.get_or_insert_with(|| app.server.clone());
    let is_github = defaults.provider == Some(Provider::GITHUB);
    if is_github && defaults.client_id.is_none() {
        defaults.client_id = Some(app.client_id.clone());
    }
}

/// Gives a row these secrets, unless its token is one that was replaced: it is dead, and the one that
/// is there may be the only one that lives.
pub(super) async fn put(vault: &Vault, entry: Entry) -> Result<()> {
    let new = entry.tokens.fingerprint().map(|name| name.to_string());
    let mut history = vault.history(Some(&entry.id));
    while let Some(event) = history.next().await {
        let event = event?;
        let is_old = event.what == What::Replaced && event.old.is_some() && event.old == new;
        ensure!(
            !is_old,
            "the token of {:?} was replaced at {}, so it is not put in; take it away from there",
            entry.id,
            second(event.at)
        );
    }
    Ok(vault.put(entry).await?)
}
