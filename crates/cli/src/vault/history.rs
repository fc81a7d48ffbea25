//! `tokenturn history`

use std::io::{self, BufWriter, Write};

use anyhow::Result;
use serde_json::json;

use super::open::{Access, open};
use super::shown::{second, short};
use super::table::Table;
use crate::args::History;

pub(super) async fn run(args: &History, json: bool) -> Result<()> {
    let vault = open(&args.place, Access::Read).await?;
    let mut events = vault.history(args.id.as_deref());
    if let Some(since) = args.since {
        events = events.since(since);
    }
    if let Some(last) = args.last {
        events = events.last(last);
    }
    let mut out = BufWriter::new(io::stdout());
    let mut table = Table::new([
        "AT",
        "ID",
        "WHAT",
        "OLD FINGERPRINT",
        "NEW FINGERPRINT",
        "WHO",
        "REQUEST",
    ]);
    while let Some(event) = events.next().await {
        let event = event?;
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
    if !json {
        table.flush(&mut out)?;
    }
    out.flush()?;
    Ok(())
}
