//! `tokenturn vault init`, and making a vault.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Error, Result, bail};
use serde_json::json;
use tokenturn_vault::{KEY_VARIABLE, StoreError, Vault};

use super::key::KeyPlace;
use super::open::{Opened, connect, is_vault};
use super::place::Place;
use crate::args::VaultPlace;
use crate::output::output;

pub(super) async fn run(args: &VaultPlace, json: bool) -> Result<()> {
    let place = Place::of(args)?;
    if is_vault(&place)
        .await
        .map_err(|why| unusable(&place, why))?
    {
        bail!("there is a vault at {place} already");
    }
    let opened = make(args).await?;
    let mut out = output();
    if json {
        let (vault, key) = (opened.place.to_string(), opened.key.to_string());
        writeln!(out, "{}", json!({ "vault": vault, "key": key }))?;
        return Ok(());
    }
    writeln!(out, "vault  {}", opened.place)?;
    writeln!(out, "key    {}", opened.key)?;
    writeln!(out, "\n{}", advice(&opened.key))?;
    Ok(())
}

/// Makes a vault for what is put in then, and tells where it is and its key, whatever becomes of that.
pub(super) async fn make_and_tell(args: &VaultPlace) -> Result<Opened> {
    let opened = make(args).await?;
    // Whether anybody reads it or not.
    let _ = writeln!(
        io::stderr(),
        "note: there is a new vault at {}, with its key in {}; {}",
        opened.place,
        opened.key,
        advice(&opened.key)
    );
    Ok(opened)
}

/// What is to be done with the key of a new vault.
fn advice(key: &KeyPlace) -> String {
    let advice = match key {
        KeyPlace::Variable => "keep the key",
        _ => "back the key up, apart from the vault",
    };
    format!("{advice}: without it the tokens are gone")
}

/// Whether a vault is to be made here: there is none, and nothing else.
pub(super) async fn is_missing(args: &VaultPlace) -> Result<bool> {
    let place = Place::of(args)?;
    match is_vault(&place).await {
        Ok(is_vault) => Ok(!is_vault),
        Err(why) => Err(unusable(&place, why)),
    }
}

/// Makes a vault, and a key where there is none. Nothing stays of one that does not become whole.
pub(super) async fn make(args: &VaultPlace) -> Result<Opened> {
    let place = Place::of(args)?;
    if let Some(path) = place.existing() {
        bail!(
            "{path} is there and is no vault; name another file by --vault, or take it away",
            path = path.display()
        );
    }
    if let Place::File(path) = &place {
        no_log_beside(path)?;
    }
    let key_place = KeyPlace::of(args, &place);
    let is_kept = key_place.read()?.is_some();
    if let KeyPlace::File(path) = &key_place
        && is_kept
        && args.key_file.is_none()
    {
        let path = path.display();
        bail!(
            "{path} is there and holds the key of another vault, or of one that is gone: name another \
             file by --key-file (for a copy, --to-key-file), or name this one if both are to have one \
             key, or take it away if nothing has it; nothing was made"
        );
    }
    let Some(key) = key_place.read_or_create()? else {
        bail!("there is no key in {key_place}; {KEY_VARIABLE} has to hold one");
    };
    match connect(&place, &key, Vault::builder()).await {
        Ok(vault) => Ok(Opened {
            vault,
            place,
            key: key_place,
        }),
        Err(why) => {
            // Whether it was made may not be known, and then the key stays.
            if let Ok(false) = is_vault(&place).await {
                if let Place::File(path) = &place {
                    for suffix in ["", "-wal", "-shm", "-reserve"] {
                        let _ = fs::remove_file(beside(path, suffix));
                    }
                }
                if !is_kept {
                    key_place.remove()?;
                }
            }
            Err(why.into())
        }
    }
}

/// What is in the log of a vault is nowhere else, and making a vault would empty it.
fn no_log_beside(path: &Path) -> Result<()> {
    let log = beside(path, "-wal");
    if fs::metadata(&log).is_ok_and(|found| found.len() > 0) {
        bail!(
            "{log} is there, and {path} is not: tokens of that vault may be in its log alone; put {path} \
             back beside it, or take the log away if nobody needs it; nothing was made",
            log = log.display(),
            path = path.display()
        );
    }
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn unusable(place: &Place, why: StoreError) -> Error {
    Error::new(why).context(format!("no vault is made at {place}"))
}
