//! `tokenturn vault remove`

use std::io::Write;

use anyhow::Result;
use serde_json::json;

use super::open::{Access, open};
use super::shown::no_token;
use crate::args::VaultPlace;
use crate::output::output;

pub(super) async fn run(args: &VaultPlace, id: &str, json: bool) -> Result<()> {
    let vault = open(args, Access::Write).await?;
    let row = match vault.get(id).await {
        // What cannot be read goes, too.
        Err(why) if why.is_damaged() && why.id().is_some() => None,
        row => row?,
    };
    if !vault.remove(id).await? {
        return Err(no_token(id));
    }
    let kept = row.map_or(0, |row| row.tokens.kept.len());
    if json {
        writeln!(output(), "{}", json!({ "removed": id, "kept": kept }))?;
        return Ok(());
    }
    let lost_with_it = match kept {
        0 => "",
        _ => ", and with it an answer that may have its new token in it",
    };
    writeln!(output(), "removed {id}{lost_with_it}")?;
    Ok(())
}
