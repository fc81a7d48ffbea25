//! `tokenturn vault init`

use std::io::{self, Write};

use anyhow::{Result, bail};
use serde_json::json;

use super::key::KeyPlace;
use super::open::{self, Missing};
use super::place::Place;
use crate::args::VaultPlace;

pub(super) async fn run(args: &VaultPlace, json: bool) -> Result<()> {
    if let Some(path) = Place::of(args)?.existing() {
        bail!("there is a vault at {} already", path.display());
    }
    let opened = open::opened(args, Missing::Make).await?;
    let mut out = io::stdout().lock();
    if json {
        let (vault, key) = (opened.place.to_string(), opened.key.to_string());
        writeln!(out, "{}", json!({ "vault": vault, "key": key }))?;
        return Ok(());
    }
    writeln!(out, "vault  {}", opened.place)?;
    writeln!(out, "key    {}", opened.key)?;
    let advice = match opened.key {
        KeyPlace::Variable => "keep the key",
        _ => "back the key up, apart from the vault",
    };
    writeln!(out, "\n{advice}: without it the tokens are gone")?;
    Ok(())
}
