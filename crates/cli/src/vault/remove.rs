//! `tokenturn vault remove`

use std::io::{self, Write};

use anyhow::{Result, bail};

use super::open::{Missing, open};
use crate::args::VaultPlace;

pub(super) async fn run(args: &VaultPlace, id: &str) -> Result<()> {
    let vault = open(args, Missing::Refuse).await?;
    let row = vault.get(id).await?;
    if !vault.remove(id).await? {
        bail!("there is no token named {id:?}");
    }
    let lost_with_it = match row.is_some_and(|row| !row.tokens.kept.is_empty()) {
        true => ", and with it an answer that may have its new token in it",
        false => "",
    };
    writeln!(io::stdout(), "removed {id}{lost_with_it}")?;
    Ok(())
}
