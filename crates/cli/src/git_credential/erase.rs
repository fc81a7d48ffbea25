//! A server did not take a credential.

use std::io::{self, Write};

use anyhow::Result;
use tokenturn_vault::{Client, VaultError};

use super::request::Request;
use super::row::{Row, find};
use super::trouble;
use crate::args::GitCredential;
use crate::fleet::github_of;

/// Takes nothing out. The server may have refused a token that was replaced meanwhile, or refuse for a reason
/// of its own: whether the one in the vault lives, the provider says.
pub(super) async fn run(args: &GitCredential, request: &Request) -> Result<()> {
    // Without one, git means whatever is stored.
    let Some(refused) = &request.password else {
        return Ok(());
    };
    let Row::Found(vault, entry) = find(args, request).await? else {
        return Ok(());
    };
    if entry.tokens.token.as_ref() != Some(refused) {
        return Ok(());
    }
    let id = &entry.id;
    let github = github_of(&entry.app, &args.providers)?;
    if github.is_public() {
        let note = format!(
            "note: the server does not take the token {id:?}; without the client secret, nobody can ask \
             whether it lives. If it goes on: {}",
            trouble::sign_in(id, &entry.app)
        );
        // Not `eprintln!`, which panics when nobody reads it.
        let _ = writeln!(io::stderr(), "{note}");
        return Ok(());
    }
    match vault.check(&Client::from(github), id).await {
        Ok(_) => Ok(()),
        // It is being replaced, so the next one that is asked for is another.
        Err(VaultError::Store(why)) if why.is_busy() => Ok(()),
        Err(why) => Err(trouble::told(why, args, &entry)),
    }
}
