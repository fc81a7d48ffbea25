//! `tokenturn vault verify`

use std::io::{BufWriter, Write};

use anyhow::Result;
use serde_json::json;

use super::open::{Access, open};
use super::shown::tokens;
use super::table::visible;
use crate::args::VaultPlace;
use crate::exit::Exit;
use crate::output::output;

pub(super) async fn run(place: &VaultPlace, json: bool) -> Result<()> {
    let vault = open(place, Access::Read).await?;
    let verified = vault.verify().await?;
    let mut out = BufWriter::new(output());
    if json {
        let line = json!({ "tokens": verified.rows, "faults": verified.faults });
        writeln!(out, "{line}")?;
    } else {
        for fault in &verified.faults {
            writeln!(out, "{}", visible(fault.to_string()))?;
        }
        if verified.faults.is_empty() {
            writeln!(out, "{} read, and nothing is wrong", tokens(verified.rows))?;
        }
    }
    out.flush()?;
    let advice = match verified.faults.iter().any(|fault| fault.id.is_none()) {
        true => {
            "The database itself is damaged: take out what can be read by vault backup or, if that fails, by \
             vault export, and go on with that; or restore it from a backup, and run tokenturn check --all"
        }
        false => {
            "Rows that cannot be read stay as they are: put their tokens in again if you have them, take them \
             from a backup if they were not replaced since, or let their users authorize the app again. \
             Events that cannot be read stay until history prune takes them out"
        }
    };
    match verified.faults.len() {
        0 => Ok(()),
        faults => Err(Exit::Damaged.because(format!(
            "{faults} {} wrong with the vault, of {}. {advice}",
            match faults {
                1 => "thing is",
                _ => "things are",
            },
            tokens(verified.rows),
        ))),
    }
}
