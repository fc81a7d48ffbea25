//! `tokenturn vault list`

use std::io::{BufWriter, Write};

use anyhow::Result;
use serde_json::json;

use super::damage::Damage;
use super::open::{Access, open};
use super::shown::{Shown, ended, second, short};
use super::table::Table;
use crate::args::{Filters, VaultPlace};
use crate::output::output;

pub(super) async fn run(place: &VaultPlace, filters: &Filters, json: bool) -> Result<()> {
    let vault = open(place, Access::Read).await?;
    let mut rows = vault.list(filters.filter());
    let mut out = BufWriter::new(output());
    let mut table = Table::new([
        "ID",
        "PROVIDER",
        "CLIENT ID",
        "LABEL",
        "STATE",
        "FINGERPRINT",
        "CHANGED",
        "EXPIRES",
        "ENDED",
    ]);
    let (mut count, mut damage) = (0, Damage::default());
    while let Some(row) = rows.next().await {
        let Some(entry) = damage.pass(row)? else {
            continue;
        };
        count += 1;
        let shown = Shown::of(&entry);
        if json {
            writeln!(out, "{}", json!(shown))?;
            continue;
        }
        let cells = [
            shown.id.to_owned(),
            shown.provider.to_string(),
            shown.client_id.unwrap_or("-").to_owned(),
            shown.label.unwrap_or("-").to_owned(),
            shown.state.to_string(),
            short(shown.fingerprint.as_deref()),
            second(shown.changed_at),
            shown.expires_at.map_or_else(none, second),
            shown.ended.map_or_else(String::new, |ended| {
                format!("{} {}", second(ended.at), ended.why.as_str())
            }),
        ];
        table.row(cells, &mut out)?;
    }
    if !json {
        table.flush(&mut out)?;
    }
    out.flush()?;
    ended(count, &damage, filters)
}

fn none() -> String {
    "-".to_owned()
}
