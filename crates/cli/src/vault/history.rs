//! `tokenturn history`

use std::io::{BufWriter, Write};

use anyhow::Result;
use serde_json::json;
use tokenturn_vault::Filter;

use super::open::{Access, open};
use super::shown::{no_token, second, short};
use super::table::Table;
use crate::args::History;
use crate::output::output;

pub(super) async fn run(args: &History, json: bool) -> Result<()> {
    let vault = open(&args.place, Access::Read).await?;
    let mut events = vault.history(args.id.as_deref());
    if let Some(since) = args.since {
        events = events.since(since);
    }
    if let Some(last) = args.last {
        events = events.last(last);
    }
    let mut out = BufWriter::new(output());
    let mut table = Table::new([
        "AT",
        "ID",
        "WHAT",
        "OLD FINGERPRINT",
        "NEW FINGERPRINT",
        "WHO",
        "REQUEST",
    ]);
    let mut is_known = false;
    while let Some(event) = events.next().await {
        let event = event?;
        is_known = true;
        if json {
            writeln!(out, "{}", json!(event))?;
            continue;
        }
        let what = match &event.reason {
            Some(reason) => format!("{} ({reason})", event.what),
            None => event.what.to_string(),
        };
        let cells = [
            second(event.at),
            event.id,
            what,
            short(event.old.as_deref()),
            short(event.new.as_deref()),
            event.actor,
            event.request_id.unwrap_or_else(|| "-".to_owned()),
        ];
        table.row(cells, &mut out)?;
    }
    if let Some(id) = args.id.as_deref().filter(|_| !is_known) {
        // It may have been there for longer, or have left nothing but events.
        let is_there = vault.count(&Filter::new().id(id)).await? > 0;
        if !is_there && vault.history(Some(id)).next().await.is_none() {
            return Err(no_token(id));
        }
    }
    if !json {
        table.flush(&mut out)?;
    }
    out.flush()?;
    Ok(())
}
