//! `tokenturn history prune`

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use super::open::{Access, open};
use crate::args::VaultPlace;
use crate::output::output;

pub(super) async fn run(args: &VaultPlace, older_than: Duration, json: bool) -> Result<()> {
    let vault = open(args, Access::Write).await?;
    let pruned = vault.prune_history(older_than).await?;
    let mut out = output();
    match json {
        true => writeln!(out, "{}", json!({ "pruned": pruned }))?,
        false if pruned == 1 => writeln!(out, "1 event forgotten")?,
        false => writeln!(out, "{pruned} events forgotten")?,
    }
    Ok(())
}
