//! `tokenturn config`

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Result;
use serde_json::{Map, json};

use super::file::File;
use super::{SETTINGS, Setting};
use crate::output::output;
use crate::vault::Table;

/// Where what is in force comes from.
#[derive(serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum From {
    Environment,
    File,
    Default,
}

/// Shows what is in force for commands on a vault that are given no options.
pub(crate) fn run(named: Option<&Path>, json: bool) -> Result<()> {
    let file = File::find(named)?;
    let mut out = BufWriter::new(output());
    let path = file.as_ref().map(|file| file.path.display().to_string());
    let mut settings = Map::new();
    let mut table = Table::new(["SETTING", "VALUE", "FROM"]);
    for setting in SETTINGS {
        let entry = file.as_ref().and_then(|file| file.entry(setting.name));
        let (value, from, place) = match (setting.set_variable(), entry) {
            // It may be a secret.
            (Some(variable), _) => (None, From::Environment, variable.to_owned()),
            (None, Some(entry)) => {
                let path = path.as_deref().unwrap_or_default();
                let place = format!("{path}, line {}", entry.line);
                (Some(entry.values.join(" ")), From::File, place)
            }
            (None, None) => (None, From::Default, "default".to_owned()),
        };
        if json {
            let place = (!matches!(from, From::Default)).then_some(place);
            let line = json!({ "value": value, "from": from, "place": place });
            settings.insert(setting.name.to_owned(), line);
            continue;
        }
        let shown = value.unwrap_or_else(|| of_none(setting, &from).to_owned());
        table.row([setting.name.to_owned(), shown, place], &mut out)?;
    }
    if json {
        writeln!(out, "{}", json!({ "file": path, "settings": settings }))?;
    } else {
        let path = path.as_deref().unwrap_or("none");
        writeln!(out, "config file: {path}\n")?;
        table.flush(&mut out)?;
    }
    out.flush()?;
    Ok(())
}

fn of_none(setting: &Setting, from: &From) -> &'static str {
    match from {
        From::Default => setting.default,
        _ => "(not shown)",
    }
}
