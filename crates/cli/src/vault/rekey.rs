//! `tokenturn vault rekey`

use std::io::Write;

use anyhow::{Context, Result};
use serde_json::json;
use tokenturn_vault::{Filter, KEY_VARIABLE, StoreError};

use super::damage::Damage;
use super::key::{KeyPlace, NEW_KEY_VARIABLE};
use super::open::{self, Access};
use super::shown::tokens;
use crate::args::VaultPlace;
use crate::output::output;
use crate::patience;
use crate::progress::{Counter, watch};

pub(super) async fn run(args: &VaultPlace, json: bool) -> Result<()> {
    let opened = open::opened(args, Access::Write).await?;
    let next = opened.key.prepare_next().await?;
    let rekeyed = async {
        let rekeyed = opened.vault.rekey(&next).await?;
        Ok::<_, StoreError>((rekeyed, opened.key.adopt_next().await))
    };
    let count = opened.vault.count(&Filter::new()).await?;
    let doing = format!("encrypting {}", tokens(count));
    let uncounted = Counter::default();
    let rekeyed = watch(&doing, &uncounted, None, rekeyed);
    let rekeyed = patience::through("encrypting to the end first", rekeyed);
    let (rekeyed, adopted) = rekeyed.await.with_context(|| match &opened.key {
        KeyPlace::Variable => "the vault could not be given the new key".to_owned(),
        key => format!(
            "the vault could not be given the new key, which stays in {} for the next vault rekey",
            key.next()
        ),
    })?;
    let mut out = output();
    if !json {
        // Where the key is has to be said whatever becomes of this.
        let _ = writeln!(out, "{} encrypted with the new key", tokens(rekeyed.rows));
    }
    let (key, old_key) = match &opened.key {
        KeyPlace::Variable => (NEW_KEY_VARIABLE.to_owned(), None),
        key => {
            let old = adopted
                .with_context(|| format!("the new key is in {}, and not in {key}", key.next()))?;
            (key.to_string(), old.map(|path| path.display().to_string()))
        }
    };
    match (&opened.key, &old_key) {
        _ if json => {
            let line = json!({
                "tokens": rekeyed.rows,
                "damaged": rekeyed.damaged,
                "key": key,
                "old_key": old_key,
            });
            writeln!(out, "{line}")?;
        }
        (KeyPlace::Variable, _) => {
            writeln!(out, "set {KEY_VARIABLE} to what is in {key} from now on")?;
        }
        (_, old) => {
            writeln!(out, "it is in {key}: back it up, apart from the vault")?;
            if let Some(old) = old {
                writeln!(
                    out,
                    "the one before is in {old}: delete it when nothing has it any more, as older backups \
                     have, another vault with this key file, and rows that cannot be read"
                )?;
            }
        }
    }
    let mut damage = Damage::default();
    for id in &rekeyed.damaged {
        damage.add(id);
    }
    damage.end()
}
