//! Opening a vault.

use anyhow::{Context, Result, bail};
use tokenturn_vault::{Key, StoreError, Vault, VaultBuilder};

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
    let key = match is_new {
        true => key_place.read_or_create()?,
        // A new key could not open it.
        false => key_place.read()?,
    };
    let vault = match connect(&place, &key, builder.clone()).await {
        Err(error) if error.is_wrong_key() => next_key(&place, &key_place, builder, error).await?,
        opened => opened?,
    };
    Ok(Opened {
        vault,
        place,
        key: key_place,
    })
}

/// Somebody who gave the vault another key did not live to put it in its place.
async fn next_key(
    place: &Place,
    key_place: &KeyPlace,
    builder: VaultBuilder,
    wrong: StoreError,
) -> Result<Vault> {
    let Some(next) = key_place.read_next()? else {
        return Err(wrong).with_context(|| format!("the key in {key_place}"));
    };
    let vault = connect(place, &next, builder).await?;
    key_place.adopt_next()?;
    Ok(vault)
}

async fn connect(place: &Place, key: &Key, builder: VaultBuilder) -> Result<Vault, StoreError> {
    match place {
        Place::File(path) => builder.sqlite(path, key).await,
        Place::Postgres(url) => builder.postgres(url.expose(), key).await,
    }
}
