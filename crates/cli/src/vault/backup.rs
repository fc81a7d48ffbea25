//! `tokenturn vault backup`

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use serde_json::json;

use super::copy::being_replaced;
use super::open::{Access, open};
use super::shown::tokens;
use crate::args::VaultPlace;
use crate::output::output;
use crate::patience;
use crate::progress::{Counter, watch};

pub(super) async fn run(args: &VaultPlace, path: &Path, json: bool) -> Result<()> {
    let vault = open(args, Access::Read).await?;
    let uncounted = Counter::default();
    let backup = watch("backing up", &uncounted, None, vault.backup(path));
    let copied = patience::through("writing to the end first", backup).await?;
    let (mut out, name) = (output(), path.display());
    if json {
        let (rows, rotating) = (copied.rows, copied.rotating);
        let line = json!({ "tokens": rows, "file": name.to_string(), "rotating": rotating });
        writeln!(out, "{line}")?;
        return Ok(());
    }
    writeln!(
        out,
        "{} in {name}, which opens with the same key",
        tokens(copied.rows)
    )?;
    being_replaced(&mut out, &copied)?;
    writeln!(
        out,
        "it is as old as its tokens: whatever is replaced from now on is dead in it"
    )?;
    Ok(())
}
