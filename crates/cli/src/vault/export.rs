//! `tokenturn vault export`

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::Path;

use anyhow::{Error, Result, bail};
use serde_json::json;
use tempfile::{Builder, NamedTempFile};
use tokenturn_vault::{Listing, Vault};

use super::damage::Damage;
use super::open::{Access, open};
use super::rows::{self, Writer};
use super::shown::{ended, tokens};
use crate::args::{Filters, Format, VaultPlace};
use crate::exit::Exit;
use crate::output::output;
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
        let written = write(&vault, filters, format, out, "standard output").await;
        let (count, damage, _) = written?;
        return ended(count, &damage, filters);
    }
    if path.symlink_metadata().is_ok() {
        bail!("{} is there already, and is not replaced", path.display());
    }
    let vault = open(place, Access::Read).await?;
    let (count, damage) = to_file(&vault, filters, format, path).await?;
    let (mut out, name) = (output(), path.display());
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
    let name = path.display().to_string();
    let cannot = |why| cannot_write(&name, why);
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // It has mode 0600 from the beginning.
    let file = Builder::new().prefix(".tokenturn-").tempfile_in(folder);
    let file = file.map_err(cannot)?;
    let written = write(vault, filters, format, BufWriter::new(file), &name);
    let (count, damage, file) = tokio::select! {
        written = written => written?,
        () = patience::asked_to_stop() => bail!("stopped, and nothing is written"),
    };
    if count == 0 {
        ended(count, &damage, filters)?;
    }
    let file: NamedTempFile = file.into_inner().map_err(|e| cannot(e.into_error()))?;
    file.as_file().sync_all().map_err(cannot)?;
    let named = file.persist_noclobber(path);
    named.map_err(|e| cannot(e.error))?;
    if cfg!(unix) {
        // A name is durable when its folder is.
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(cannot)?;
    }
    Ok((count, damage))
}

/// How many tokens were written, and what could not be.
async fn write<W: Write>(
    vault: &Vault,
    filters: &Filters,
    format: Format,
    to: W,
    name: &str,
) -> Result<(u64, Damage, W)> {
    let (filter, done) = (filters.filter(), Counter::default());
    let length = vault.count(&filter).await?;
    let written = write_all(vault.list(filter), format, to, name, &done);
    watch("exporting", &done, Some(length), written).await
}

async fn write_all<W: Write>(
    mut rows: Listing,
    format: Format,
    to: W,
    name: &str,
    done: &Counter,
) -> Result<(u64, Damage, W)> {
    let mut writer = Writer::new(format, to);
    let (mut count, mut damage) = (0, Damage::default());
    while let Some(row) = rows.next().await {
        if let Some(entry) = damage.pass(row)? {
            let written = writer.write(&entry);
            written.map_err(|why| cannot_write(name, why))?;
            count += 1;
        }
        done.add();
    }
    let to = writer.finish().map_err(|why| cannot_write(name, why))?;
    Ok((count, damage, to))
}

/// What is wrong with the path stays wrong. A disk that is full, and whoever reads no more, may not.
fn cannot_write(name: &str, why: io::Error) -> Error {
    let exit = match why.kind() {
        ErrorKind::NotFound
        | ErrorKind::PermissionDenied
        | ErrorKind::AlreadyExists
        | ErrorKind::NotADirectory
        | ErrorKind::InvalidFilename
        | ErrorKind::ReadOnlyFilesystem => Exit::BadInput,
        _ => Exit::NotDone,
    };
    exit.because(format!("cannot write {name}: {why}"))
}
