//! Which row git is answered from.

use anyhow::{Result, ensure};
use tokenturn_vault::{Entry, Filter, Provider, Vault};

use super::host::Takes;
use super::request::Request;
use crate::args::{GitCredential, VaultPlace};
use crate::exit::Exit;
use crate::vault::{Access, VAULT_VARIABLE, open_with};

/// What there is for the host.
pub(super) enum Row {
    /// Nothing of ours: git goes on to the next helper.
    NotOurs,
    /// The vault has no row of the name that is given.
    Missing(Vault, Takes),
    Found(Vault, Box<Entry>),
}

/// Looks for the row that is named, or the only one that is for the host.
pub(super) async fn find(args: &GitCredential, request: &Request) -> Result<Row> {
    let Some(takes) = Takes::of(args, request) else {
        return Ok(Row::NotOurs);
    };
    check_place(&args.place)?;
    let mut builder = Vault::builder();
    if let Some(time) = args.claims.lease {
        builder = builder.lease(time);
    }
    if let Some(time) = args.claims.leave_alone {
        builder = builder.leave_alone(time);
    }
    let vault = open_with(&args.place, Access::Write, builder).await?;
    match &args.id {
        Some(id) => named(vault, takes, id).await,
        None => only(vault, &takes).await,
    }
}

/// git starts its helpers in the folder of a repository, and what lies there may be somebody else's.
fn check_place(place: &VaultPlace) -> Result<()> {
    let is_given = place.vault.is_some() || place.vault_file.is_some();
    let is_set = std::env::var_os(VAULT_VARIABLE).is_some_and(|place| !place.is_empty());
    ensure!(
        is_given || is_set,
        "say which vault: by --vault with an absolute path, {VAULT_VARIABLE} or the config file; git starts \
         this in the folder of a repository"
    );
    Ok(())
}

async fn named(vault: Vault, takes: Takes, id: &str) -> Result<Row> {
    let Some(entry) = vault.get(id).await? else {
        return Ok(Row::Missing(vault, takes));
    };
    let app = &entry.app;
    if !takes.of_server(&app.server) {
        tracing::info!(id, %app, "the host is not the one that the token is for");
        return Ok(Row::NotOurs);
    }
    ensure!(
        app.provider == Provider::GITHUB,
        "the token {id:?} is of {app}, and git hosts take those of GitHub's"
    );
    Ok(Row::Found(vault, Box::new(entry)))
}

async fn only(vault: Vault, takes: &Takes) -> Result<Row> {
    let Takes::Servers(servers) = takes else {
        return Ok(Row::NotOurs);
    };
    let mut found = None;
    for server in servers {
        let filter = Filter::new().provider(Provider::GITHUB).server(server);
        let mut rows = vault.list(filter);
        while let Some(row) = rows.next().await {
            let row = row?;
            if let Some(one) = &found {
                let one: &Entry = one;
                return Err(Exit::BadInput.because(format!(
                    "the vault has more than one token of {server}, such as {:?} and {:?}: say which \
                     one git is to have, with --id",
                    one.id, row.id
                )));
            }
            found = Some(row);
        }
    }
    Ok(match found {
        Some(entry) => Row::Found(vault, Box::new(entry)),
        None => Row::NotOurs,
    })
}
