//! `tokenturn vault export`

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::json;
use tempfile::{Builder, NamedTempFile};
use tokenturn_vault::{Listing, Vault};

use super::damage::Damage;
use super::open::{Access, open};
use super::rows::{self, Writer};
use super::shown::{ended, tokens};
use crate::args::{Filters, Format, VaultPlace};
use crate::patience;
use crate::progress::{Counter, watch};

pub(super) async fn run(
    path: &Path,
    format: Option<Format>,
    place: &VaultPlace,
    filters: &Filters,
    json: bool,
) -> Result<()> {
    let format = rows::format(format, path)?;
    if path == Path::new("-") {
        if json {
            bail!(
                "standard output is for the tokens, so there is no place for --json; name a file"
            );
        }
        if io::stdout().is_terminal() {
            bail!("this would show the tokens; send them to a file or a program");
        }
        let vault = open(place, Access::Read).await?;
        let out = BufWriter::new(io::stdout().lock());
        let (count, damage, _) = write(&vault, filters, format, out).await?;
        return ended(count, &damage, filters);
    }
    if path.symlink_metadata().is_ok() {
        bail!("{} is there already, and is not replaced", path.display());
    }
    let vault = open(place, Access::Read).await?;
    let (count, damage) = to_file(&vault, filters, format, path).await?;
    let (mut out, name) = (io::stdout(), path.display());
    match json {
        true => {
            let line = json!({ "tokens": count, "file": name.to_string() });
            writeln!(out, "{line}")?;
        }
        false => writeln!(out, "{} in {name}", tokens(count))?,
    }
    damage.end()
}

/// Nothing stays of a file that does not become whole, and it has its name only then.
async fn to_file(
    vault: &Vault,
    filters: &Filters,
    format: Format,
    path: &Path,
) -> Result<(u64, Damage)> {
    let cannot = || format!("cannot write {}", path.display());
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // It has mode 0600 from the beginning.
    let file = Builder::new().prefix(".tokenturn-").tempfile_in(folder);
    let file = file.with_context(cannot)?;
    let written = write(vault, filters, format, BufWriter::new(file));
    let (count, damage, file) = tokio::select! {
        written = written => written?,
        () = patience::asked_to_stop() => bail!("stopped, and nothing is written"),
    };
    if count == 0 {
        ended(count, &damage, filters)?;
    }
    let file: NamedTempFile = file.into_inner().with_context(cannot)?;
    file.as_file().sync_all().with_context(cannot)?;
    file.persist_noclobber(path).with_context(cannot)?;
    if cfg!(unix) {
        // A name is durable when its folder is.
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .with_context(cannot)?;
    }
    Ok((count, damage))
}

/// How many tokens were written, and what could not be.
async fn write<W: Write>(
    vault: &Vault,
    filters: &Filters,
    format: Format,
    to: W,
) -> Result<(u64, Damage, W)> {
    let (filter, done) = (filters.filter(), Counter::default());
    let length = vault.count(&filter).await?;
    let written = write_all(vault.list(filter), format, to, &done);
    watch("exporting", &done, Some(length), written).await
}

async fn write_all<W: Write>(
    mut rows: Listing,
    format: Format,
    to: W,
    done: &Counter,
) -> Result<(u64, Damage, W)> {
    let mut writer = Writer::new(format, to);
    let (mut count, mut damage) = (0, Damage::default());
    while let Some(row) = rows.next().await {
        if let Some(entry) = damage.pass(row)? {
            writer.write(&entry)?;
            count += 1;
        }
        done.add();
    }
    Ok((count, damage, writer.finish()?))
}
