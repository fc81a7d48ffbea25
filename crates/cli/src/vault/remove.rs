//! `tokenturn vault remove`

use std::io::{self, Write};

use anyhow::Result;

use super::open::{Access, open};
use super::shown::no_token;
use crate::args::VaultPlace;

pub(super) async fn run(args: &VaultPlace, id: &str) -> Result<()> {
    let vault = open(args, Access::Write).await?;
    let row = match vault.get(id).await {
        // What cannot be read goes, too.
        Err(why) if why.is_damaged() && why.id().is_some() => None,
        row => row?,
    };
    if !vault.remove(id).await? {
        return Err(no_token(id));
    }
    let lost_with_it = match row.is_some_and(|row| !row.tokens.kept.is_empty()) {
        true => ", and with it an answer that may have its new token in it",
        false => "",
    };
    writeln!(io::stdout(), "removed {id}{lost_with_it}")?;
    Ok(())
}
