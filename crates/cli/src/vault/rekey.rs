//! `tokenturn vault rekey`

use std::io::{self, Write};

use anyhow::{Context, Result};
use tokenturn_vault::{KEY_VARIABLE, StoreError};

use super::key::{KeyPlace, NEW_KEY_VARIABLE};
use super::open::{self, Missing};
use super::shown::tokens;
use crate::args::VaultPlace;
use crate::patience;

pub(super) async fn run(args: &VaultPlace) -> Result<()> {
    let opened = open::opened(args, Missing::Refuse).await?;
    let next = opened.key.prepare_next().await?;
    let rekeyed = async {
        let rekeyed = opened.vault.rekey(&next).await?;
        Ok::<_, StoreError>((rekeyed, opened.key.adopt_next().await))
    };
    let rekeyed = patience::through("encrypting to the end first", rekeyed);
    let (rekeyed, adopted) = rekeyed.await?;
    let mut out = io::stdout().lock();
    writeln!(out, "{} encrypted with the new key", tokens(rekeyed.rows))?;
    match &opened.key {
        KeyPlace::Variable => writeln!(
            out,
            "set {KEY_VARIABLE} to what is in {NEW_KEY_VARIABLE} from now on"
        )?,
        key => {
            adopted
                .with_context(|| format!("the new key is in {}, and not in {key}", key.next()))?;
            writeln!(out, "it is in {key}: back it up, apart from the vault")?;
        }
    }
    Ok(())
}
