//! Opening a vault.

use std::io::{self, Write};

use anyhow::{Context, Result, bail};
use tokenturn_vault::{KEY_VARIABLE, Key, StoreError, Vault, VaultBuilder};

use super::key::KeyPlace;
use super::place::Place;
use crate::args::VaultPlace;

/// What is done where there is no vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Make,
    Refuse,
}

/// Opens the vault that the arguments mean.
pub(crate) async fn open(args: &VaultPlace, missing: Missing) -> Result<Vault> {
    open_with(args, missing, Vault::builder()).await
}

/// The same, set up like this.
pub(crate) async fn open_with(
    args: &VaultPlace,
    missing: Missing,
    builder: VaultBuilder,
) -> Result<Vault> {
    Ok(opened_with(args, missing, builder).await?.vault)
}

/// A vault, and where it and its key are.
pub(super) struct Opened {
    pub(super) vault: Vault,
    pub(super) place: Place,
    pub(super) key: KeyPlace,
}

pub(super) async fn opened(args: &VaultPlace, missing: Missing) -> Result<Opened> {
    opened_with(args, missing, Vault::builder()).await
}

async fn opened_with(args: &VaultPlace, missing: Missing, builder: VaultBuilder) -> Result<Opened> {
    let place = Place::of(args)?;
    let key_place = KeyPlace::of(args, &place);
    let is_new = match &place {
        Place::File(path) => !path.exists(),
        Place::Postgres(_) => missing == Missing::Make,
    };
    if is_new && missing == Missing::Refuse {
        bail!("there is no vault at {place}; make one with: tokenturn vault init");
    }
    let found = match is_new {
        true => key_place.read_or_create(),
        // A new key could not open it.
        false => key_place.read(),
    };
    let is_made = is_new && matches!(place, Place::File(_));
    // What cannot be read has been named.
    let is_read = found.is_ok();
    let of_key = |why: StoreError| match is_read && why.is_wrong_key() {
        true => anyhow::Error::new(why).context(format!("the key in {key_place}")),
        false => why.into(),
    };
    let first = fits(&place, found, builder.clone()).await;
    let vault = match first {
        Ok(Some(vault)) => vault,
        Err(why) if !why.is_wrong_key() || is_made => return Err(of_key(why)),
        first => match interrupted(&place, &key_place, builder).await? {
            Some(vault) => vault,
            None => match first {
                Err(why) => return Err(of_key(why)),
                Ok(_) => bail!(
                    "there is no key in {key_place}: the vault's key has to be there, in \
                     {KEY_VARIABLE}, or in a file for --key-file"
                ),
            },
        },
    };
    tracing::info!(vault = %place, key = %key_place, "the vault is open");
    Ok(Opened {
        vault,
        place,
        key: key_place,
    })
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
                Ok(()) => format!("it is in {key_place} from now on"),
                Err(why) => format!("it is not in {key_place}: {why:#}"),
            };
            let note = format!("note: the vault's key is the one in {next}, and {place}");
            // Not `eprintln!`, which panics when nobody reads it.
            let _ = writeln!(io::stderr(), "{note}");
            Ok(Some(vault))
        }
        Err(why) if !why.is_wrong_key() => Err(why).with_context(|| format!("the key in {next}")),
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

async fn connect(place: &Place, key: &Key, builder: VaultBuilder) -> Result<Vault, StoreError> {
    match place {
        Place::File(path) => builder.sqlite(path, key).await,
        Place::Postgres(url) => builder.postgres(url.expose(), key).await,
    }
}
