//! `tokenturn vault remove`

use std::io::{self, Write};

use anyhow::{Result, bail};

use super::open::{Missing, open};
use crate::args::VaultPlace;

pub(super) async fn run(args: &VaultPlace, id: &str) -> Result<()> {
    let vault = open(args, Missing::Refuse).await?;
    if !vault.remove(id).await? {
        bail!("there is no token named {id:?}");
    }
    writeln!(io::stdout(), "removed {id}")?;
    Ok(())
}
