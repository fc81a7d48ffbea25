//! Opening a vault.

use std::io::{self, Write};

use anyhow::{Context, Error, Result, bail};
use tokenturn_vault::{KEY_VARIABLE, Key, StoreError, Vault, VaultBuilder};

use super::key::KeyPlace;
use super::place::Place;
use crate::args::VaultPlace;

/// What is to be done with a vault that is there. None is made by opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing changes, not even beside it.
    Read,
    Write,
}

impl Access {
    fn allowed(self, builder: VaultBuilder) -> VaultBuilder {
        match self {
            Self::Read => builder.read_only(),
            Self::Write => builder.existing(),
        }
    }
}

/// Opens the vault that the arguments mean.
pub(crate) async fn open(args: &VaultPlace, access: Access) -> Result<Vault> {
    open_with(args, access, Vault::builder()).await
}

/// The same, set up like this.
pub(crate) async fn open_with(
    args: &VaultPlace,
    access: Access,
    builder: VaultBuilder,
) -> Result<Vault> {
    Ok(opened_with(args, access, builder).await?.vault)
}

/// A vault, and where it and its key are.
pub(super) struct Opened {
    pub(super) vault: Vault,
    pub(super) place: Place,
    pub(super) key: KeyPlace,
}

pub(super) async fn opened(args: &VaultPlace, access: Access) -> Result<Opened> {
    opened_with(args, access, Vault::builder()).await
}

async fn opened_with(args: &VaultPlace, access: Access, builder: VaultBuilder) -> Result<Opened> {
    let place = Place::of(args)?;
    let key = KeyPlace::of(args, &place);
    if !place.may_be_there() {
        bail!(none_at(&place));
    }
    let vault = with_key(&place, &key, access.allowed(builder)).await?;
    tracing::info!(vault = %place, %key, "the vault is open");
    Ok(Opened { vault, place, key })
}

async fn with_key(place: &Place, key: &KeyPlace, builder: VaultBuilder) -> Result<Vault> {
    let found = key.read();
    // What cannot be read has been named.
    let is_read = found.is_ok();
    let refused = match fits(place, found, builder.clone()).await {
        Ok(Some(vault)) => return Ok(vault),
        Ok(None) => None,
        Err(why) if why.is_wrong_key() => Some(why),
        Err(why) => return Err(of_place(place, why)),
    };
    if let Some(vault) = interrupted(place, key, builder).await? {
        return Ok(vault);
    }
    match refused {
        Some(why) if is_read => Err(Error::new(why).context(format!("the key in {key}"))),
        Some(why) => Err(why.into()),
        None if is_vault(place).await? => bail!(
            "there is no key in {key}: the vault's key has to be there, in {KEY_VARIABLE}, or in a \
             file for --key-file"
        ),
        None => bail!(none_at(place)),
    }
}

fn none_at(place: &Place) -> String {
    format!(
        "there is no vault at {place}; say where it is by --vault, or make one with: tokenturn vault \
         init"
    )
}

/// Names the place, where something is wrong with that.
fn of_place(place: &Place, why: StoreError) -> Error {
    match () {
        () if why.is_no_vault() => Error::new(why).context(none_at(place)),
        () if why.is_damaged() => Error::new(why).context(format!(
            "{place} cannot be used; say where the vault is by --vault, or take it from a backup"
        )),
        () => why.into(),
    }
}

/// Whether there is a vault, whatever its key is. Nothing is changed.
pub(super) async fn is_vault(place: &Place) -> Result<bool, StoreError> {
    if !place.may_be_there() {
        return Ok(false);
    }
    // No vault has this one.
    let key = Key::generate()?;
    match connect(place, &key, Vault::builder().read_only()).await {
        Ok(_) => Ok(true),
        Err(why) if why.is_wrong_key() || why.is_newer_version() => Ok(true),
        Err(why) if why.is_no_vault() => Ok(false),
        Err(why) => Err(why),
    }
}

/// Opens a vault whose key is not the one in `key_place`: somebody who gave it another one did not
/// live to put that in its place, or could not.
async fn interrupted(
    place: &Place,
    key_place: &KeyPlace,
    builder: VaultBuilder,
) -> Result<Option<Vault>> {
    let next = key_place.next();
    match fits(place, key_place.read_next(), builder.clone()).await {
        Ok(Some(vault)) => {
            let place = match key_place.adopt_next().await {
                Ok(_) => format!("it is in {key_place} from now on"),
                Err(why) => format!("it is not in {key_place}: {why:#}"),
            };
            let note = format!("note: the vault's key is the one in {next}, and {place}");
            // Not `eprintln!`, which panics when nobody reads it.
            let _ = writeln!(io::stderr(), "{note}");
            Ok(Some(vault))
        }
        Err(why) if !why.is_wrong_key() => {
            Err(of_place(place, why)).with_context(|| format!("the key in {next}"))
        }
        // It was being put there just now.
        _ => Ok(fits(place, key_place.read(), builder).await.unwrap_or(None)),
    }
}

/// Opens a vault with a key, if there is one.
async fn fits(
    place: &Place,
    key: Result<Option<Key>, StoreError>,
    builder: VaultBuilder,
) -> Result<Option<Vault>, StoreError> {
    match key? {
        Some(key) => connect(place, &key, builder).await.map(Some),
        None => Ok(None),
    }
}

pub(super) async fn connect(
    place: &Place,
    key: &Key,
    builder: VaultBuilder,
) -> Result<Vault, StoreError> {
    match place {
        Place::File(path) => builder.sqlite(path, key).await,
        Place::Postgres(url) => builder.postgres(url.expose(), key).await,
    }
}
