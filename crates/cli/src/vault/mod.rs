//! `tokenturn vault` and `tokenturn history`

mod backup;
mod copy;
mod damage;
mod export;
mod get;
mod history;
mod import;
mod init;
mod key;
mod list;
mod open;
mod place;
mod prune;
mod put;
mod rekey;
mod remove;
mod rows;
mod show;
mod shown;
mod status;
mod table;
mod verify;

use anyhow::Result;

use crate::args::{History, HistoryTarget, VaultTarget};
use crate::fleet;

pub(crate) use get::{may_show, not_known, print};
pub(crate) use open::{Access, open_with};
pub(crate) use place::{VAULT_VARIABLE, check as check_place, file};
pub(crate) use rows::{check_name, line};
pub(crate) use shown::{no_token, tokens};
pub(crate) use table::{Table, visible, word_of};

/// `tokenturn vault`
pub(crate) async fn run(target: VaultTarget, json: bool) -> Result<()> {
    match target {
        VaultTarget::Init { place } => init::run(&place, json).await,
        VaultTarget::Import {
            file,
            format,
            place,
            defaults,
            replace,
            init,
        } => {
            let how = import::How { replace, init };
            import::run(&file, format, &place, defaults, how, json).await
        }
        VaultTarget::Put {
            id,
            token_file,
            place,
            defaults,
        } => put::run(&place, &id, &token_file, defaults, json).await,
        VaultTarget::Export {
            file,
            format,
            place,
            filters,
        } => export::run(&file, format, &place, &filters, json).await,
        VaultTarget::List { place, filters } => list::run(&place, &filters, json).await,
        VaultTarget::Show { id, place } => show::run(&place, &id, json).await,
        VaultTarget::Backup { file, place } => backup::run(&place, &file, json).await,
        VaultTarget::Copy { to, place } => copy::run(&place, &to, json).await,
        VaultTarget::Get {
            id,
            to_terminal,
            place,
        } => get::run(&place, &id, json, to_terminal).await,
        VaultTarget::Status { place } => status::run(&place, json).await,
        VaultTarget::Verify { place } => verify::run(&place, json).await,
        VaultTarget::Rekey { place } => rekey::run(&place, json).await,
        VaultTarget::Keep(args) => fleet::keep(&args).await,
        VaultTarget::Remove { id, place } => remove::run(&place, &id, json).await,
    }
}

/// `tokenturn history`
pub(crate) async fn history(args: &History, json: bool) -> Result<()> {
    match &args.target {
        Some(HistoryTarget::Prune { older_than, place }) => {
            prune::run(place, *older_than, json).await
        }
        None => history::run(args, json).await,
    }
}
